package fax

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// EventStore is what handing on events needs of the database.
type EventStore interface {
	// ClaimEvents hands out, for as long as the lease, events that nobody holds, the
	// oldest first. Their faxes come with them; an event whose fax is gone is dropped.
	ClaimEvents(ctx context.Context, now, leaseUntil time.Time, limit int) ([]Event, error)
	// EndEvent forgets an event that was handed on.
	EndEvent(ctx context.Context, id string) error
}

// Events hands on what happened, on each node: at least once, and again when it was
// refused.
type Events struct {
	Store EventStore
	// Hand takes an event. After an error it comes again, a minute later.
	Hand func(ctx context.Context, e Event) error
	Poll time.Duration // zero: 1 s
	Now  func() time.Time
	Log  *slog.Logger
}

const (
	eventLease = time.Minute
	eventsOnce = 50
)

// Run hands on events until ctx ends.
func (x *Events) Run(ctx context.Context) {
	tick := time.NewTicker(cmp.Or(x.Poll, defaultPoll))
	defer tick.Stop()
	for ctx.Err() == nil {
		if n, err := x.HandDue(ctx); err != nil && ctx.Err() == nil {
			x.Log.Error("fax events", "error", err)
		} else if n == eventsOnce {
			continue
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// HandDue hands on what there is, up to fifty, and says how many that were.
func (x *Events) HandDue(ctx context.Context) (n int, err error) {
	now := x.Now()
	events, err := x.Store.ClaimEvents(ctx, now, now.Add(eventLease), eventsOnce)
	if errors.Is(err, fault.NotFound) {
		return 0, nil
	}
	for _, e := range events {
		if failure := x.Hand(ctx, e); failure != nil {
			x.Log.Error("fax event", "event", e.Kind, "fax_id", e.Fax.ID, "error", failure)
			continue
		}
		if err := x.Store.EndEvent(ctx, e.ID); err != nil {
			return n, err
		}
	}
	return len(events), err
}
