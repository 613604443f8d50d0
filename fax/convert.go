package fax

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/page"
)

// Converter makes fax pages of documents.
type Converter interface {
	// Convert writes a fax TIFF of all files, in their order, and gives the number of
	// its pages. A document that cannot become pages, whoever tries, is a
	// *page.Refusal; another error is the server's own.
	Convert(ctx context.Context, w io.Writer, files []page.File, o page.Options) (pages int, err error)
}

// Conversion is a document in the hands of a node.
type Conversion struct {
	Document
	Sources []Source
	Tries   int // conversions that began, this one included
}

const (
	// conversionTime bounds one conversion of ten files.
	conversionTime = 5 * time.Minute
	// maxTries is after how many conversions that did not end a document is given up:
	// it may be what brings the node down.
	maxTries = 3
)

// convertNext claims a document and gives the conversion to be done; nil: there is none.
func (x *Dispatcher) convertNext(ctx context.Context) func(context.Context) {
	now := x.Now()
	c, err := x.Store.ClaimConversion(ctx, x.Node, now, now.Add(cmp.Or(x.Lease, defaultLease)))
	if x.nothing(ctx, err) {
		return nil
	}
	return func(ctx context.Context) { x.convert(ctx, c) }
}

// convert makes the pages of a document and stores them, or why there are none.
func (x *Dispatcher) convert(ctx context.Context, c Conversion) {
	d, err := x.pages(ctx, c)
	refusal := new(page.Refusal)
	status, why := FailedUnknownConverter, (*fault.Error)(nil)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return // the lease runs out, and another node goes on
	case errors.As(err, &refusal):
		status, why = Status(refusal.Status), refusal.Fault
		x.Log.Info("fax document", "document_id", c.ID, "refusal", refusal)
	default:
		x.Log.Error("fax document", "document_id", c.ID, "try", c.Tries, "error", err)
		if c.Tries < maxTries {
			return // and tried again when the lease has run out
		}
	}
	if err == nil {
		err = x.Store.FinishConversion(ctx, x.Node, d, x.Now())
	} else {
		err = x.Store.FailConversion(ctx, x.Node, c.ID, status, why, x.Now())
	}
	if err != nil {
		x.Log.Error("fax document", "document_id", c.ID, "error", err)
		return
	}
	x.calls.ring()
}

// pages makes the pages of a document and puts them into the blob store.
func (x *Dispatcher) pages(ctx context.Context, c Conversion) (Document, error) {
	if c.Tries > maxTries {
		return Document{}, errors.New("given up: no conversion came to its end")
	}
	ctx, cancel := context.WithTimeout(ctx, conversionTime)
	defer cancel()
	d := c.Document
	tiff, err := unnamed(x.Dir, func(f *os.File) (err error) {
		d.Pages, err = x.Converter.Convert(ctx, f, x.files(c.Sources), d.options())
		return err
	})
	if err != nil {
		return Document{}, err
	}
	defer tiff.Close()
	if d.Pages == 0 {
		return Document{}, page.Refuse(page.FailedPages, fault.New(fault.Invalid, "fax_without_pages"))
	}
	d.Blob = x.NewID()
	if err := x.Store.DoomBlob(ctx, d.Blob, x.Now().Add(doomFor)); err != nil {
		return Document{}, err
	}
	d.Size, err = x.Blobs.Put(ctx, d.Blob, tiff)
	return d, err
}

func (x *Dispatcher) files(sources []Source) []page.File {
	files := make([]page.File, len(sources))
	for i, s := range sources {
		files[i] = page.File{Name: s.Name, Open: func(ctx context.Context) (io.ReadCloser, error) {
			return x.Blobs.Open(ctx, s.Blob)
		}}
	}
	return files
}

var resolutions = map[string]page.Resolution{"standard": page.Standard, "fine": page.Fine, "superfine": page.Superfine}

// options are what was asked for, in the converter's words.
func (d Document) options() page.Options {
	o := page.Options{Paper: page.PaperNamed(d.Paper), Resolution: resolutions[d.Resolution], Tone: page.Photo}
	if d.Enhance {
		o.Tone = page.Text
	}
	if c := d.CoverPage; c != nil {
		to, from := c.parties()
		o.Cover = &page.Cover{
			Date: in(d.HeaderAt, d.TimeZone), Language: locale.Match(d.Language, ""), To: to, From: from,
			Subject: c.Subject, Message: c.Message,
		}
		for _, flag := range c.Flags {
			o.Cover.Flags = append(o.Cover.Flags, page.Flag(flag))
		}
	}
	return o
}
