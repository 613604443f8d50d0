package fax

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/page"
)

// FaxStore is what the record of faxes needs of the database. An account that has no
// such fax gets fault.NotFound "fax_unknown".
type FaxStore interface {
	// FaxesOf lists an account's faxes without their attempts. The filter is checked,
	// and says everything.
	FaxesOf(ctx context.Context, accountID string, f Filter) ([]Fax, error)
	// CountUnread counts the account's inbox that is not read yet.
	CountUnread(ctx context.Context, accountID string) (int, error)
	FaxByID(ctx context.Context, accountID, id string) (Fax, error)
	// ChangeFax changes comment and marks of a fax in one step.
	ChangeFax(ctx context.Context, accountID, id string, c Change, now time.Time) error
	// DeleteFax removes a fax, and its pages with the last that has them.
	DeleteFax(ctx context.Context, accountID, id string, now time.Time) error
}

// Change says what is new about a fax. What is nil stays.
type Change struct {
	Comment *string // its text
	IsRead  *bool
	IsSpam  *bool // only a received fax is spam
}

// Faxes are the records of faxes that are over.
type Faxes struct {
	Store FaxStore
	Blobs Blobs
	Stamp Stamp // draws the header line
	Now   func() time.Time
}

// Unread is how many faxes of the inbox are not read yet.
func (x *Faxes) Unread(ctx context.Context, by Actor) (int, error) {
	return x.Store.CountUnread(ctx, by.AccountID)
}

// List gives the account's faxes that pass the filter, without their attempts; all that
// are not spam are those of the inbox where only what was received may be seen. A filter
// that cannot be is fault.Invalid with the field, named as on the wire.
func (x *Faxes) List(ctx context.Context, by Actor, f Filter) ([]Fax, error) {
	f, err := f.complete(by.Country)
	if err == nil {
		f, err = f.within(by)
	}
	if err != nil || f.InProgress != nil && *f.InProgress {
		return nil, err
	}
	return x.Store.FaxesOf(ctx, by.AccountID, f)
}

// maxOffset is how far into a list one may go without a time.
const maxOffset = 1_000_000

// complete checks a filter and fills in what zero stands for.
func (f Filter) complete(country string) (Filter, error) {
	if f.Limit == 0 {
		f.Limit = DefaultLimit
	}
	if f.SortBy == "" {
		f.SortBy = ByDate
	}
	var err error
	switch {
	case f.Limit < 1 || f.Limit > MaxLimit:
		err = outOfRange("limit", 1, MaxLimit)
	case f.Offset < 0 || f.Offset > maxOffset:
		err = outOfRange("offset", 0, maxOffset)
	case f.MinPages < 0:
		err = outOfRange("min_pages", 0, maxOffset)
	case f.MaxPages < 0:
		err = outOfRange("max_pages", 0, maxOffset)
	case f.Category != "" && f.Category != Inbox && f.Category != Sent && f.Category != Spam:
		err = notOneOf("category", string(Inbox), string(Sent), string(Spam))
	case !slices.Contains([]SortBy{ByDate, ByFrom, ByTo, ByComment, ByPages}, f.SortBy):
		err = notOneOf("sort_by", string(ByDate), string(ByFrom), string(ByTo), string(ByComment), string(ByPages))
	case f.Status != "" && !f.Status.Known():
		err = notOneOf("status", statusNames()...)
	}
	for _, n := range []struct {
		field  string
		number *string
	}{{"from_number", &f.From}, {"to_number", &f.To}} {
		if err != nil || *n.number == "" || strings.EqualFold(*n.number, NoNumber) {
			continue
		}
		var parsed string
		if parsed, err = ParseNumber(*n.number, country); err != nil {
			err = fault.Of(err).At(n.field)
		}
		*n.number = parsed
	}
	return f, err
}

func statusNames() (names []string) {
	for _, s := range Statuses() {
		names = append(names, string(s))
	}
	return names
}

// Fax finds one with its attempts, or fault.NotFound "fax_unknown". Its file name is
// taken for its id.
func (x *Faxes) Fax(ctx context.Context, by Actor, id string) (Fax, error) {
	f, err := x.Store.FaxByID(ctx, by.AccountID, strings.TrimSuffix(id, ".tiff"))
	if err == nil {
		err = by.maySee(f)
	}
	if err != nil {
		return Fax{}, err
	}
	return f, nil
}

// Update changes comment and marks.
func (x *Faxes) Update(ctx context.Context, by Actor, id string, c Change) error {
	if err := by.Whole(); err != nil {
		return err
	}
	if c.Comment != nil {
		if err := checkText("comment", *c.Comment, maxComment); err != nil {
			return err
		}
	}
	return x.Store.ChangeFax(ctx, by.AccountID, id, c, x.Now())
}

// Delete removes a fax, and its pages with the last record that has them.
func (x *Faxes) Delete(ctx context.Context, by Actor, id string) error {
	if err := by.Whole(); err != nil {
		return err
	}
	return x.Store.DeleteFax(ctx, by.AccountID, id, x.Now())
}

// UpdateAll is Update for up to MaxBulk faxes, each with its own result.
func (x *Faxes) UpdateAll(ctx context.Context, by Actor, ids []string, c Change) ([]Result, error) {
	if c.Comment != nil {
		if err := checkText("comment", *c.Comment, maxComment); err != nil {
			return nil, err
		}
	}
	return bulk(ids, func(id string) error { return x.Update(ctx, by, id, c) })
}

// DeleteAll is Delete for up to MaxBulk faxes, each with its own result.
func (x *Faxes) DeleteAll(ctx context.Context, by Actor, ids []string) ([]Result, error) {
	return bulk(ids, func(id string) error { return x.Delete(ctx, by, id) })
}

// withoutPages is the refusal of a fax of which there are no pages.
func withoutPages() error { return fault.New(fault.NotFound, "fax_without_pages") }

// Open opens the pages of a fax. They must be closed. A fax without pages is
// fault.NotFound "fax_without_pages".
func (x *Faxes) Open(ctx context.Context, by Actor, id string) (*Pages, error) {
	f, err := x.Fax(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if f.Document.Blob == "" {
		return nil, withoutPages()
	}
	b, err := x.Blobs.Open(ctx, f.Document.Blob)
	if err != nil {
		return nil, err
	}
	return &Pages{Fax: f, blob: b, stamp: x.Stamp}, nil
}

// Pages are those of one fax as they were sent or received, open for reading by one
// goroutine.
type Pages struct {
	Fax   Fax
	blob  *blob.Blob
	stamp Stamp
}

// Close ends the reading.
func (p *Pages) Close() error { return p.blob.Close() }

// Size is that of the TIFF file in bytes. Zero: it is not known before it is written.
func (p *Pages) Size() int64 {
	if !p.Fax.outgoing(p.stamp).kept() {
		return 0
	}
	return p.blob.Size()
}

// WriteTIFF writes the pages as a fax TIFF.
func (p *Pages) WriteTIFF(w io.Writer) error {
	return p.Fax.outgoing(p.stamp).write(w, p.blob)
}

// open reads the directories of the TIFF.
func (p *Pages) open() (page.Source, error) { return p.Fax.outgoing(p.stamp).pages(p.blob) }

// First is the first page.
func (p *Pages) First() (page.Coded, error) {
	from, err := p.open()
	if err != nil {
		return page.Coded{}, err
	}
	return from.Coded(0)
}

// WritePDF writes the pages as a PDF, their code unchanged.
func (p *Pages) WritePDF(w io.Writer) error {
	from, err := p.open()
	if err != nil {
		return err
	}
	return page.WritePDF(w, from)
}

// WritePNG writes page n, from 1, as a picture. There is none: fault.NotFound
// "fax_page_unknown".
func (p *Pages) WritePNG(w io.Writer, n int) error {
	from, err := p.open()
	if err != nil {
		return err
	}
	if n < 1 || n > from.Pages() {
		return fault.New(fault.NotFound, "fax_page_unknown")
	}
	coded, err := from.Coded(n - 1)
	if err != nil {
		return err
	}
	one, err := coded.Page()
	if err != nil {
		return err
	}
	return page.WritePNG(w, one)
}
