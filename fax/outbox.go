package fax

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/page"
)

// OutboxStore is what the outbox needs of the database. An account that has no such job
// gets fault.NotFound "fax_unknown".
type OutboxStore interface {
	// UploadsByID finds those of the account's uploads that are alive, in any order.
	UploadsByID(ctx context.Context, accountID string, ids []string, now time.Time) ([]Upload, error)
	// FaxByID finds a fax of an account.
	FaxByID(ctx context.Context, accountID, id string) (Fax, error)
	// NumbersOf lists the numbers that are assigned to an account, the oldest first.
	NumbersOf(ctx context.Context, accountID string) ([]Number, error)
	// PagesSent counts the pages that the account sent in the month that begins then.
	PagesSent(ctx context.Context, accountID string, month time.Time) (int, error)
	// EarlierReceipt gives the answer to a request that was made within the last 24
	// hours, with another body fault.Conflict "idempotency_key_used". The first time:
	// found is false.
	EarlierReceipt(ctx context.Context, accountID string, r Request, now time.Time) (receipt Receipt, found bool, err error)
	// PutJobs stores jobs of one document. A request that was made before gives its
	// receipt, with another body fault.Conflict "idempotency_key_used"; in both cases
	// nothing is stored. A source that is gone meanwhile is fault.Invalid
	// "document_gone".
	PutJobs(ctx context.Context, s NewJobs) (Receipt, error)
	// Jobs lists the account's jobs, the newest first.
	Jobs(ctx context.Context, accountID string) ([]Job, error)
	JobByID(ctx context.Context, accountID, id string) (Job, error)
	// CommentJob replaces the text of a job's comment. A job under a call is
	// fault.Conflict "fax_sending".
	CommentJob(ctx context.Context, accountID, id, text string, now time.Time) error
	// CancelJob removes a job, and its document with the last one. A job under a call
	// is fault.Conflict "fax_sending".
	CancelJob(ctx context.Context, accountID, id string, now time.Time) error
}

// NewJobs are the jobs of one submission, as they are stored.
type NewJobs struct {
	Jobs     []Job
	Document Document
	Sources  []Source // of the document, in their order
	Request  Request
	Receipt  Receipt
	At       time.Time
}

// Source is a part of a document that is still to be made.
type Source struct {
	Blob string
	Name string // for sentences; it decides nothing
	// Document is that of an earlier fax whose pages are taken. Empty: an upload.
	Document string
}

// Outbox is what is to be sent.
type Outbox struct {
	Store   OutboxStore
	Numbers *Numbers
	// Wake is called when there is something to do; nil: nobody waits.
	Wake  func()
	Now   func() time.Time
	NewID func() string
}

// Submit takes a fax to one or many destinations, and answers once it is stored. It may
// fail with fault.Invalid and the field at fault, fault.TooLarge "files_too_large",
// fault.Forbidden "quota_used" and fault.Conflict "idempotency_key_used".
func (x *Outbox) Submit(ctx context.Context, by Actor, in Submission) (Receipt, error) {
	now := x.Now().Truncate(time.Millisecond)
	if err := cmp.Or(by.Whole(), in.Request.check()); err != nil {
		return Receipt{}, err
	}
	// The answer stays the same, whatever has run out or been used up meanwhile.
	if earlier, found, err := x.Store.EarlierReceipt(ctx, by.AccountID, in.Request, now); err != nil || found {
		return earlier, err
	}
	at, err := in.check(now)
	if err != nil {
		return Receipt{}, err
	}
	destinations, given, err := parseDestinations(in.To, by.Country)
	if err != nil {
		return Receipt{}, err
	}
	from, err := x.senders(ctx, by, in.From)
	if err != nil {
		return Receipt{}, err
	}
	if err := x.checkQuota(ctx, by, now); err != nil {
		return Receipt{}, err
	}
	n := NewJobs{Request: in.Request, At: now}
	if n.Document, n.Sources, err = x.document(ctx, by, in, now, at); err != nil {
		return Receipt{}, err
	}
	n.Document.CoverPage = in.CoverPage.numbered(by, from, destinations)
	ids := make(map[string]string, len(destinations))
	for i, to := range destinations {
		job := Job{
			ID: x.NewID(), OrganizationID: by.OrganizationID, AccountID: by.AccountID, From: from[i%len(from)], To: to,
			Comment: in.Comment, Document: n.Document, Retry: in.Retry, Submitted: now, Scheduled: at,
			SubmittedBy: by.Name, Address: by.Address,
		}
		ids[to] = job.ID
		n.Jobs = append(n.Jobs, job)
	}
	n.Receipt.IDs = make(map[string]string, len(given))
	for text, to := range given {
		n.Receipt.IDs[text] = ids[to]
	}
	receipt, err := x.Store.PutJobs(ctx, n)
	if err == nil && x.Wake != nil {
		x.Wake()
	}
	return receipt, err
}

// check refuses what needs no look at the database, and finds the time to send at.
func (in Submission) check(now time.Time) (at time.Time, err error) {
	switch {
	case len(in.To) == 0:
		err = fault.New(fault.Invalid, "value_missing", "field", "to").At("to")
	case len(in.To) > MaxDestinations:
		err = fault.New(fault.Invalid, "too_many_destinations", "most", MaxDestinations).At("to")
	case len(in.Files) > MaxFiles:
		err = fault.New(fault.Invalid, "too_many_files", "most", MaxFiles).At("files")
	case len(in.Files) == 0 && in.FromFax == nil:
		err = fault.New(fault.Invalid, "value_missing", "field", "files").At("files")
	case in.Resolution != "" && !slices.Contains(Resolutions(), in.Resolution):
		err = notOneOf("resolution", Resolutions()...)
	}
	for _, check := range []func() error{in.Comment.check, in.Retry.check, in.CoverPage.check} {
		if err == nil {
			err = check()
		}
	}
	if err != nil {
		return time.Time{}, err
	}
	return ParseSendTime(in.SendTime, now)
}

// parseDestinations gives each number once, in the order in which they first came, and
// which number each text means.
func parseDestinations(texts []string, country string) (numbers []string, given map[string]string, err error) {
	given = make(map[string]string, len(texts))
	seen := make(map[string]bool, len(texts))
	for _, text := range texts {
		number, err := ParseNumber(text, country)
		if err != nil {
			return nil, nil, fault.Of(err).At("to")
		}
		given[text] = number
		if !seen[number] {
			seen[number] = true
			numbers = append(numbers, number)
		}
	}
	return numbers, given, nil
}

// senders gives the numbers that are to be sent from, at least one: each is assigned to
// the account. The destinations share them out in turn.
func (x *Outbox) senders(ctx context.Context, by Actor, text string) ([]string, error) {
	if strings.TrimSpace(text) == "" {
		return nil, fault.New(fault.Invalid, "value_missing", "field", "from").At("from")
	}
	if strings.EqualFold(text, NoNumber) {
		return []string{NoNumber}, nil
	}
	if err := x.Numbers.ensure(ctx, by); err != nil {
		return nil, err
	}
	own, err := x.Store.NumbersOf(ctx, by.AccountID)
	if err != nil {
		return nil, err
	}
	var from []string
	for text := range strings.SplitSeq(text, ",") {
		number, err := ParseNumber(text, by.Country)
		if err != nil {
			return nil, fault.Of(err).At("from")
		}
		if !slices.ContainsFunc(own, func(n Number) bool { return n.Number == number }) {
			return nil, fault.New(fault.Invalid, "number_not_assigned", "number", number).At("from")
		}
		from = append(from, number)
	}
	return from, nil
}

// checkQuota refuses when the account has sent its pages of the month. What waits in
// the outbox is counted when it is its turn.
func (x *Outbox) checkQuota(ctx context.Context, by Actor, now time.Time) error {
	if by.Quota == 0 {
		return nil
	}
	sent, err := x.Store.PagesSent(ctx, by.AccountID, Month(now))
	if err == nil && sent >= by.Quota {
		return fault.New(fault.Forbidden, "quota_used", "quota", by.Quota)
	}
	return err
}

// Month is the beginning of the calendar month (UTC) for which pages are counted.
func Month(t time.Time) time.Time {
	year, month, _ := t.UTC().Date()
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
}

// document says of what a submission's pages are to be made.
func (x *Outbox) document(ctx context.Context, by Actor, in Submission, now, at time.Time) (Document, []Source, error) {
	d := Document{
		ID: x.NewID(), Enhance: in.Enhance, Resolution: in.Resolution,
		Headed: !in.NoHeader, Header: by.Header, HeaderAt: now, Language: by.Language, TimeZone: by.TimeZone, Paper: page.PaperIn(by.Country).String(),
	}
	if d.Resolution == "" {
		d.Resolution = "fine"
	}
	if !at.IsZero() {
		d.HeaderAt = at
	}
	uploads, err := x.uploads(ctx, by, in.Files, now)
	if err != nil {
		return Document{}, nil, err
	}
	var sources []Source
	for _, u := range uploads {
		d.Files = append(d.Files, File{Name: u.Name, Type: u.Type, Size: u.Size, Path: u.Path})
		sources = append(sources, Source{Blob: u.Blob, Name: u.Name})
	}
	if in.FromFax == nil {
		return d, sources, nil
	}
	earlier, err := x.earlier(ctx, by, *in.FromFax)
	if err != nil {
		return Document{}, nil, err
	}
	d.Files = append(d.Files, File{Name: earlier.FileName(), Type: "image/tiff", Size: earlier.Document.Size})
	return d, append(sources, Source{Blob: earlier.Document.Blob, Name: earlier.FileName(), Document: earlier.Document.ID}), nil
}

// uploads finds what paths name, in their order.
func (x *Outbox) uploads(ctx context.Context, by Actor, paths []string, now time.Time) ([]Upload, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	ids := make([]string, len(paths))
	for i, p := range paths {
		ids[i] = uploadID(p)
	}
	found, err := x.Store.UploadsByID(ctx, by.AccountID, ids, now)
	if err != nil {
		return nil, err
	}
	all := make([]Upload, len(paths))
	var size int64
	for i, p := range paths {
		at := slices.IndexFunc(found, func(u Upload) bool { return u.Path == p })
		if at < 0 {
			return nil, fault.New(fault.Invalid, "upload_unknown", "path", cut(p)).At("files")
		}
		all[i] = found[at]
		if size += found[at].Size; size > MaxBytes {
			return nil, tooLarge("files")
		}
	}
	return all, nil
}

// earlier finds the fax whose pages are to be sent again.
func (x *Outbox) earlier(ctx context.Context, by Actor, in FromFax) (Fax, error) {
	of := by
	if in.Of != nil {
		of = *in.Of
	}
	f, err := Fax{}, faxUnknown()
	if isID(in.FaxID) {
		f, err = x.Store.FaxByID(ctx, of.AccountID, in.FaxID)
	}
	if err == nil {
		err = of.maySee(f)
	}
	if err == nil && (f.Document.Blob == "" || f.OrganizationID != by.OrganizationID) {
		err = withoutPages()
	}
	if e := fault.Of(err); e != nil {
		return Fax{}, e.At("from_fax.fax_id")
	}
	return f, err
}

// List gives all jobs of the account, the newest first.
func (x *Outbox) List(ctx context.Context, by Actor) ([]Job, error) {
	if err := by.Whole(); err != nil {
		return nil, err
	}
	return x.Store.Jobs(ctx, by.AccountID)
}

// Job finds one, or fault.NotFound "fax_unknown": also when it has become a Fax.
func (x *Outbox) Job(ctx context.Context, by Actor, id string) (Job, error) {
	if err := by.Whole(); err != nil {
		return Job{}, err
	}
	return x.Store.JobByID(ctx, by.AccountID, id)
}

// Comment replaces the text of a job's comment. During the call it is fault.Conflict
// "fax_sending".
func (x *Outbox) Comment(ctx context.Context, by Actor, id, text string) error {
	if err := by.Whole(); err != nil {
		return err
	}
	if err := checkText("comment", text, maxComment); err != nil {
		return err
	}
	return x.Store.CommentJob(ctx, by.AccountID, id, text, x.Now())
}

// Cancel takes a job out of the outbox before it is dialled. During the call it is
// fault.Conflict "fax_sending".
func (x *Outbox) Cancel(ctx context.Context, by Actor, id string) error {
	if err := by.Whole(); err != nil {
		return err
	}
	return x.Store.CancelJob(ctx, by.AccountID, id, x.Now())
}

// CommentAll is Comment for up to MaxBulk jobs, each with its own result.
func (x *Outbox) CommentAll(ctx context.Context, by Actor, ids []string, text string) ([]Result, error) {
	if err := checkText("comment", text, maxComment); err != nil {
		return nil, err
	}
	return bulk(ids, func(id string) error { return x.Comment(ctx, by, id, text) })
}

// CancelAll is Cancel for up to MaxBulk jobs, each with its own result.
func (x *Outbox) CancelAll(ctx context.Context, by Actor, ids []string) ([]Result, error) {
	return bulk(ids, func(id string) error { return x.Cancel(ctx, by, id) })
}
