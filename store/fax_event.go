package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/faxgate/faxgate/fax"
)

func eventFields(e *fax.Event) []any {
	return []any{&e.ID, (*string)(&e.Kind), &e.Fax.ID, &e.AttemptID, (*millis)(&e.At)}
}

// ClaimEvents implements fax.EventStore.
func (db *DB) ClaimEvents(ctx context.Context, now, leaseUntil time.Time, limit int) (events []fax.Event, err error) {
	var some bool
	if err := db.get(ctx, "SELECT EXISTS (SELECT 1 FROM fax_events WHERE due_at <= $1)", []any{ms(now)}, &some); err != nil {
		return nil, err
	}
	if !some {
		return nil, faxNone()
	}
	err = db.write(ctx, func(t *tx) error {
		claimed, err := list(t.ctx, t.conn, eventFields, `UPDATE fax_events SET due_at = $2 WHERE id IN (
				SELECT id FROM fax_events WHERE due_at <= $1 ORDER BY due_at, id LIMIT $3`+db.skipLocked+`)
			RETURNING id, kind, fax_id, attempt_id, at`, ms(now), ms(leaseUntil), limit)
		if err != nil {
			return err
		}
		events, err = t.eventFaxes(claimed)
		return err
	})
	return events, err
}

// eventFaxes reads the faxes of events, and drops those that have none any more.
func (t *tx) eventFaxes(claimed []fax.Event) (events []fax.Event, err error) {
	for _, e := range claimed {
		f, err := t.wholeFax(e.Fax.ID)
		if errors.Is(err, sql.ErrNoRows) {
			if err := t.run("DELETE FROM fax_events WHERE id = $1", e.ID); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		e.Fax = f
		events = append(events, e)
	}
	return events, nil
}

// EndEvent implements fax.EventStore.
func (db *DB) EndEvent(ctx context.Context, id string) error {
	return db.write(ctx, func(t *tx) error { return t.run("DELETE FROM fax_events WHERE id = $1", id) })
}
