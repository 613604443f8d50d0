package fax

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/phone"
)

// ReceiverStore is what calls that come in need of the database.
type ReceiverStore interface {
	// NumberCalled finds a number of any organization, or fault.NotFound
	// "number_unknown".
	NumberCalled(ctx context.Context, number string) (Number, error)
	// DoomBlob notes that a blob, which is about to be written, is to be deleted at that
	// time unless a row adopts it before.
	DoomBlob(ctx context.Context, blob string, due time.Time) error
	// PutReceived stores the faxes that one call brought, all of one document, with what
	// was recorded of it: each has a Trace.Of its own, nil is none. It adopts the blobs of both.
	PutReceived(ctx context.Context, faxes []Fax, recorded *Trace, now time.Time) error
	// PutReturned is PutReceived for a fax that is sent back, and from then on it is
	// that no more. If it is not to be sent back, because another call has brought it or
	// the fax that was sent is deleted, nothing is stored: fault.Conflict "fax_claimed".
	PutReturned(ctx context.Context, sentID string, faxes []Fax, recorded *Trace, now time.Time) error
}

// Receiver takes the calls that come in: it is a line.Inbound. All exported fields are
// required.
type Receiver struct {
	Store ReceiverStore
	Blobs Blobs
	Now   func() time.Time
	NewID func() string
	Log   *slog.Logger

	returned string // takes the call that sends this fax back; empty: any other
}

// Accept answers calls to the numbers of organizations.
func (x *Receiver) Accept(ctx context.Context, in line.Incoming) (line.Reception, line.Outcome) {
	number, err := x.Store.NumberCalled(ctx, in.To)
	switch {
	case errors.Is(err, fault.NotFound):
		return nil, line.InvalidNumber
	case err != nil:
		x.Log.Error("fax call", "to", in.To, "error", err)
		return nil, line.TrunkUnavailable
	}
	if in.Trunk != "" && !slices.Contains(number.TrunkIDs, in.Trunk) {
		return nil, line.InvalidNumber // it is another organization's, or of another trunk
	}
	in.From = callerNumber(in.From, number.Number)
	return &reception{x, number, in, x.Now().Truncate(time.Millisecond)}, line.OK
}

// callerNumber is the caller's number as E.164. A network may write it as in the country of
// the number that was called. Empty: withheld, or no number.
func callerNumber(text, called string) string {
	if text == "" || line.IsE164(text) {
		return text
	}
	home, _ := phone.Parse(called, "")
	number, err := ParseNumber(text, home.Country())
	if err != nil || !line.IsE164(number) {
		return ""
	}
	return number
}

// reception is a call that came in.
type reception struct {
	*Receiver
	number  Number
	call    line.Incoming
	started time.Time
}

// Page is told of each confirmed page. They are kept all together, with Done.
func (r *reception) Page(int, line.Page) {}

// The sender believes that the pages have arrived. They are held on to for a while when
// the database or the disk cannot take them.
const (
	keepTries = 10
	keepPause = 3 * time.Second
)

// Done stores what the call brought.
func (r *reception) Done(result line.Result, document *os.File) {
	r.Log.Info("fax received", "to", r.call.To, "from", r.call.From, "outcome", result.Outcome, "transport", result.Transport,
		"t30", result.T30.String(), "rate", result.Rate, "ecm", result.ECM, "pages", len(result.Pages),
		"station_id", result.StationID, "duration", result.Time, "detail", result.Detail)
	defer result.Trace.Close()
	if document == nil || len(result.Pages) == 0 || r.returned != "" && result.Outcome != line.OK {
		return // what is sent back comes again until it is whole
	}
	recorded := captures{r.Store.DoomBlob, r.Blobs, r.Now, r.NewID, r.Log}.keep(context.Background(), result.Trace)
	for try := 1; ; try++ {
		err := r.keep(context.Background(), result, document, recorded)
		if err == nil || r.returned != "" && errors.Is(err, fault.Conflict) {
			return
		}
		r.Log.Error("fax received", "to", r.call.To, "from", r.call.From, "try", try, "error", err)
		if try == keepTries {
			return
		}
		time.Sleep(keepPause)
	}
}

// keep stores the pages, and a fax for each account that has the number.
func (r *reception) keep(ctx context.Context, result line.Result, document *os.File, recorded *Trace) error {
	now := r.Now().Truncate(time.Millisecond)
	d := Document{ID: r.NewID(), Blob: r.NewID(), Pages: len(result.Pages), HeaderAt: r.started}
	if err := r.Store.DoomBlob(ctx, d.Blob, now.Add(doomFor)); err != nil {
		return err
	}
	if _, err := document.Seek(0, 0); err != nil {
		return err
	}
	var err error
	if d.Size, err = r.Blobs.Put(ctx, d.Blob, document); err != nil {
		return err
	}
	holders := r.number.AssignedTo
	if len(holders) == 0 {
		holders = []string{r.number.OwnerID}
	}
	faxes := make([]Fax, len(holders))
	for i, account := range holders {
		faxes[i] = r.fax(account, d, result, now)
	}
	if r.returned != "" {
		return r.Store.PutReturned(ctx, r.returned, faxes, recorded, now)
	}
	return r.Store.PutReceived(ctx, faxes, recorded, now)
}

// fax is the record for one account.
func (r *reception) fax(account string, d Document, result line.Result, now time.Time) Fax {
	id := r.NewID()
	status := statusOf(result.Outcome, Incoming)
	if status != Success {
		status = PartiallyReceived // some pages there are
	}
	return Fax{
		ID: id, OrganizationID: r.number.OrganizationID, AccountID: account, Direction: Incoming, Status: status,
		From: r.call.From, To: r.number.Number, Pages: d.Pages, Document: d, Started: r.started, Updated: now,
		Duration: result.Time, Attempts: []Attempt{newAttempt(id, r.started, now, result)},
	}
}
