package fax

import (
	"cmp"
	"context"
	"time"

	"github.com/faxgate/faxgate/line"
)

// TestLine makes the calls of line.TestOK, the test number that sends back what it
// receives.
type TestLine interface {
	// SendBack makes one call from a test number into this server, where in takes it. It
	// ends as a line.Line's Send does.
	SendBack(ctx context.Context, out line.Outgoing, in line.Inbound) (line.Result, error)
}

// What is sent back is a mark on the fax that was sent, set in the transaction that
// stores it and taken off in the one that stores the fax that came back. So none is
// lost; and when two nodes send the same one back, as after a lease, one of them stores
// it.

// returnFor is how long after a fax arrived it is tried to send it back.
const returnFor = 10 * time.Minute

// returnAt is Delivery.ReturnAt for a delivery as it is settled.
func (x *Dispatcher) returnAt(d Delivery, now time.Time) time.Time {
	to, _ := dialled(d.To)
	if x.TestLine == nil || to != line.TestOK || d.From == NoNumber || !d.Over || d.Status != Success {
		return time.Time{}
	}
	return now.Add(cmp.Or(x.Lease, defaultLease))
}

// returnNext claims a fax that nobody has sent back in time, and gives the call to be
// made; nil: there is none.
func (x *Dispatcher) returnNext(ctx context.Context) func(context.Context) {
	now := x.Now()
	f, err := x.Store.ClaimReturn(ctx, now, now.Add(cmp.Or(x.Lease, defaultLease)))
	if x.nothing(ctx, err) {
		return nil
	}
	return func(ctx context.Context) { x.sendBack(ctx, f) }
}

// sendBack sends a fax back to whom it came from. What fails is due again when the lease
// ends.
func (x *Dispatcher) sendBack(ctx context.Context, f Fax) {
	r, err := x.callBack(ctx, f)
	r.Trace.Close() // the account sees the other end of the call
	if err == nil && r.Outcome == line.OK || ctx.Err() != nil {
		return
	}
	x.Log.Warn("fax back", "fax_id", f.ID, "outcome", r.Outcome, "detail", r.Detail, "error", err)
	hopeless := r.Outcome == line.InvalidNumber || r.Outcome == line.BadDocument
	if !hopeless && x.Now().Sub(f.LastAttempt().EndedAt) < returnFor {
		return
	}
	if err := x.Store.EndReturn(ctx, f.ID); err != nil {
		x.Log.Error("fax back", "fax_id", f.ID, "error", err)
	}
}

// callBack makes the call. What it brings is stored by its reception.
func (x *Dispatcher) callBack(ctx context.Context, f Fax) (line.Result, error) {
	document, err := x.openPages(ctx, f.Document, f.outgoing(x.Stamp))
	if err != nil {
		return noPages(err)
	}
	defer document.Close()
	in := *x.Receiver
	in.returned = f.ID
	out := line.Outgoing{From: line.TestOK, To: f.From, Document: document, Call: line.Call{StationID: line.TestOK}}
	return x.TestLine.SendBack(ctx, out, &in)
}
