package fax

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/page"
)

// noCallDelay is when a job is due again for which there was no channel.
const noCallDelay = 5 * time.Second

// callNext claims a job and gives the call to be made; nil: there is none.
func (x *Dispatcher) callNext(ctx context.Context) func(context.Context) {
	now := x.Now()
	d, err := x.Store.ClaimJob(ctx, x.Node, now, now.Add(cmp.Or(x.Lease, defaultLease)), cmp.Or(x.PerNumber, defaultPerNumber))
	if x.nothing(ctx, err) {
		return nil
	}
	return func(ctx context.Context) {
		if f, back := x.deliver(ctx, d); back {
			x.sendBack(ctx, f)
		}
	}
}

// deliver makes an attempt and stores how it ended: with a fax, perhaps, that this node
// is to send back.
func (x *Dispatcher) deliver(ctx context.Context, d Delivery) (f Fax, back bool) {
	calling, hangUp := context.WithCancel(ctx)
	defer hangUp()
	x.begin(d.ID, hangUp)
	defer x.end(d.ID)
	defer x.Board.end(d.ID)
	var r line.Result
	var err error
	defer func() { r.Trace.Close() }()
	switch {
	case d.OverQuota:
	case d.Left:
		r = line.Result{Outcome: line.Interrupted, Detail: "the node went away"}
	default:
		r, err = x.call(calling, hangUp, d)
	}
	now := x.Now().Truncate(time.Millisecond)
	refusal := new(page.Refusal)
	switch {
	case err == nil:
		d = Settle(d, r, now, x.NewID())
		if r.Trunk != "" {
			d.Habit, d.Learned = Learn(d.Habit, r, now), true
		}
		d.Trace = captures{x.Store.DoomBlob, x.Blobs, x.Now, x.NewID, x.Log}.keep(ctx, r.Trace)
		x.logAttempt(d, r)
	case errors.As(err, &refusal):
		x.Log.Info("fax", "fax_id", d.ID, "refusal", refusal)
		d.Over, d.Status = true, Status(refusal.Status)
	default: // no call was made, so that there is no attempt either
		x.Log.Error("fax", "fax_id", d.ID, "error", err)
		d.NextAt = now.Add(noCallDelay)
	}
	return x.settle(ctx, d, now)
}

// call makes one call.
func (x *Dispatcher) call(ctx context.Context, hangUp context.CancelFunc, d Delivery) (line.Result, error) {
	seen := Call{Pages: d.Document.Pages}
	x.Board.put(d.ID, seen)
	document, err := x.openPages(ctx, d.Document, d.outgoing(x.Stamp))
	if err != nil {
		return noPages(err)
	}
	defer document.Close()
	out := line.Outgoing{Attempt: len(d.Attempts) + 1, Document: document, Trunks: d.Trunks}
	habit := d.Habit.at(d.Started)
	out.WithoutT38, out.Call.WithoutECM, out.Call.MaxRate = !habit.WithoutT38Until.IsZero(), !habit.WithoutECMUntil.IsZero(), habit.MaxRate
	out.To, out.Extension = dialled(d.To)
	if d.From != NoNumber {
		out.From, out.Call.StationID = d.From, line.CleanStationID(d.From)
	}
	trained := false
	return x.Line.Send(ctx, out, func(p line.Progress) {
		if p.Stage == line.Trained && !trained {
			trained = true
			if err := x.Store.MarkTrained(context.WithoutCancel(ctx), x.Node, d.ID, x.Now()); err != nil {
				x.Log.Error("fax", "fax_id", d.ID, "error", err)
				hangUp() // what is not noted could become a second fax
			}
		}
		seen = seen.after(p)
		x.Board.put(d.ID, seen)
	})
}

// openPages copies the pages as they go to a file that has no name, and so goes with the
// process.
func (x *Dispatcher) openPages(ctx context.Context, d Document, o outgoing) (*os.File, error) {
	b, err := x.Blobs.Open(ctx, d.Blob)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return unnamed(x.Dir, func(f *os.File) error {
		return o.write(f, b)
	})
}

// noPages is how a call ends whose pages could not be opened: those that are gone or
// damaged will not come back.
func noPages(err error) (line.Result, error) {
	if errors.Is(err, blob.ErrMissing) || errors.Is(err, blob.ErrDamaged) || errors.Is(err, page.ErrDamaged) {
		return line.Result{Outcome: line.BadDocument, Detail: err.Error()}, nil
	}
	return line.Result{}, err
}

// unnamed makes a file without a name, lets fill write it, and goes to its beginning.
func unnamed(dir string, fill func(*os.File) error) (*os.File, error) {
	f, err := os.CreateTemp(dir, "faxgate-pages-*")
	if err != nil {
		return nil, err
	}
	err = os.Remove(f.Name())
	if err == nil {
		err = fill(f)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("pages: %w", err)
	}
	return f, nil
}

// settle stores a delivery, also when the server is stopping. What cannot be stored
// stays under its lease, and the next node finds it.
func (x *Dispatcher) settle(ctx context.Context, d Delivery, now time.Time) (f Fax, back bool) {
	d.ReturnAt = x.returnAt(d, now)
	f = d.fax(now)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	if err := x.Store.SettleJob(ctx, x.Node, d, f); err != nil {
		x.Log.Error("fax", "fax_id", d.ID, "error", err)
		return f, false
	}
	return f, !d.ReturnAt.IsZero()
}

func (x *Dispatcher) logAttempt(d Delivery, r line.Result) {
	x.Log.Info("fax attempt", "fax_id", d.ID, "attempt", len(d.Attempts), "outcome", r.Outcome, "transport", r.Transport,
		"t30", r.T30.String(), "sip", r.SIP, "rate", r.Rate, "ecm", r.ECM, "pages", len(r.Pages), "of", d.Document.Pages,
		"station_id", r.StationID, "duration", r.Time, "over", d.Over, "status", d.Status, "detail", r.Detail)
}
