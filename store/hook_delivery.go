package store

import (
	"context"
	"fmt"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/notify"
)

const hookDeliveryColumns = "id, hook_id, fax_id, body, state, attempts, tries, created_at, began_at, next_at"

func hookDeliveryFields(d *notify.HookDelivery) []any {
	return []any{
		&d.ID, &d.HookID, &d.FaxID, &d.Body, (*string)(&d.State), &d.Attempts, &d.Tries,
		(*millis)(&d.CreatedAt), (*millis)(&d.BeganAt), (*millis)(&d.NextAt),
	}
}

// PutEvent implements notify.CourierStore.
func (db *DB) PutEvent(ctx context.Context, e notify.Event, now time.Time) error {
	return db.write(ctx, func(t *tx) error { return t.putEvent(e, now) })
}

// putEvent stores one delivery for each hook that wants the event, unless it has heard
// of it already.
func (t *tx) putEvent(e notify.Event, now time.Time) error {
	wanting, err := hooks(t.ctx, t.conn, ofOwner+" AND h.event = $3", e.OrganizationID, e.Fax.AccountID, string(e.Kind))
	if err != nil {
		return err
	}
	for _, h := range wanting {
		if !h.Wants(e) {
			continue
		}
		state := notify.Pending
		if !h.Live() {
			state = notify.Failed // until somebody replays it
		}
		err := t.run(`INSERT INTO hook_deliveries
			(id, hook_id, fax_id, host, body, state, attempts, tries, created_at, began_at, next_at, claimed_by, claimed_until)
			VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8, $8, '', 0) ON CONFLICT (fax_id, hook_id) DO NOTHING`,
			auth.NewID(), h.ID, e.Fax.ID, h.Host(), notify.Payload(h, e), string(state), ms(e.At), ms(now))
		if err != nil {
			return err
		}
	}
	return nil
}

// ClaimHookDelivery implements notify.CourierStore.
func (db *DB) ClaimHookDelivery(ctx context.Context, node string, busy []string, now, leaseUntil time.Time) (d notify.HookDelivery, h notify.Hook, err error) {
	due, args := dueAt(now, busy)
	var some bool // mostly not, and then nobody has to wait for a writer
	if err := db.get(ctx, "SELECT EXISTS (SELECT 1 FROM hook_deliveries WHERE "+due+")", args, &some); err != nil {
		return d, h, err
	}
	if !some {
		return d, h, fault.New(fault.NotFound, "hook_delivery_none")
	}
	args = append(args, node, ms(leaseUntil))
	claim := fmt.Sprintf("claimed_by = $%d, claimed_until = $%d", len(args)-1, len(args))
	err = db.write(ctx, func(t *tx) error {
		err := t.get("UPDATE hook_deliveries SET "+claim+" WHERE id = (SELECT id FROM hook_deliveries WHERE "+due+
			" ORDER BY next_at, id LIMIT 1"+db.skipLocked+") RETURNING "+hookDeliveryColumns, args, hookDeliveryFields(&d)...)
		if err != nil {
			return orNotFound(err, "hook_delivery_none")
		}
		h, err = firstHook(hooks(t.ctx, t.conn, "h.id = $1", d.HookID))
		return err
	})
	return d, h, err
}

// dueAt is the condition for a delivery that may be claimed at now, with its arguments.
func dueAt(now time.Time, busy []string) (where string, args []any) {
	where, args = "state = 'pending' AND next_at <= $1 AND claimed_until <= $1", []any{ms(now)}
	for _, host := range busy {
		args = append(args, host)
		where += fmt.Sprintf(" AND host <> $%d", len(args))
	}
	return where, args
}

// SettleHookDelivery implements notify.CourierStore.
func (db *DB) SettleHookDelivery(ctx context.Context, node string, d notify.HookDelivery, a *notify.HookAttempt, change func(*notify.Hook) (*notify.Mail, error)) error {
	return db.write(ctx, func(t *tx) error {
		// The hook is locked before its delivery, here as everywhere.
		h, err := t.hookToSettle(d.HookID)
		if err != nil {
			return err
		}
		n, err := t.exec(`UPDATE hook_deliveries SET state = $3, attempts = $4, tries = $5, next_at = $6, claimed_by = '', claimed_until = 0
			WHERE id = $1 AND claimed_by = $2`, d.ID, node, string(d.State), d.Attempts, d.Tries, ms(d.NextAt))
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "hook_delivery_claimed")
		}
		if err := t.putHookAttempt(d.ID, a); err != nil || change == nil {
			return err
		}
		return t.changeHookHealth(h, change)
	})
}

// hookToSettle reads a hook that nobody else may settle at the same time.
func (t *tx) hookToSettle(id string) (notify.Hook, error) {
	var found string
	err := t.get("SELECT h.id FROM hooks h WHERE h.id = $1"+t.db.lock, []any{id}, &found)
	if err != nil {
		return notify.Hook{}, orNotFound(err, "hook_unknown")
	}
	return firstHook(hooks(t.ctx, t.conn, "h.id = $1", id))
}

func (t *tx) putHookAttempt(deliveryID string, a *notify.HookAttempt) error {
	if a == nil {
		return nil
	}
	return t.run(`INSERT INTO hook_attempts (delivery_id, number, at, duration_ms, status, body, failure, error)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		deliveryID, a.Number, ms(a.At), a.Duration.Milliseconds(), a.Status, a.Body, string(a.Failure), a.Error)
}

// changeHookHealth stores what change makes of the hook, and the mail that goes with it.
func (t *tx) changeHookHealth(h notify.Hook, change func(*notify.Hook) (*notify.Mail, error)) error {
	live := h.DisabledAt.IsZero()
	mail, err := change(&h)
	if err != nil {
		return err
	}
	if err := t.putHookHealth(h); err != nil {
		return err
	}
	if live && !h.DisabledAt.IsZero() {
		err := t.run("UPDATE hook_deliveries SET state = 'failed' WHERE hook_id = $1 AND state = 'pending' AND claimed_until <= $2",
			h.ID, ms(h.DisabledAt))
		if err != nil {
			return err
		}
	}
	if mail == nil {
		return nil
	}
	return t.putMail(*mail)
}

// HookDeliveries implements notify.HookStore.
func (db *DB) HookDeliveries(ctx context.Context, hookID string, limit int) ([]notify.HookDelivery, error) {
	all, err := query(ctx, db, hookDeliveryFields, "SELECT "+hookDeliveryColumns+` FROM hook_deliveries
		WHERE hook_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2`, hookID, limit)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	byID := make(map[string]*notify.HookDelivery, len(all))
	for i := range all {
		byID[all[i].ID] = &all[i]
	}
	attempts, err := query(ctx, db, ownedAttemptFields, `SELECT t.delivery_id, t.number, t.at, t.duration_ms, t.status, t.body, t.failure, t.error
		FROM hook_deliveries d JOIN hook_attempts t ON t.delivery_id = d.id
		WHERE d.hook_id = $1 AND d.created_at >= $2 ORDER BY t.delivery_id, t.number`, hookID, ms(all[len(all)-1].CreatedAt))
	for _, a := range attempts {
		if d := byID[a.deliveryID]; d != nil {
			a.Duration = time.Duration(a.milliseconds) * time.Millisecond
			d.Log = append(d.Log, a.HookAttempt)
		}
	}
	return all, err
}

type ownedAttempt struct {
	deliveryID   string
	milliseconds int64
	notify.HookAttempt
}

func ownedAttemptFields(a *ownedAttempt) []any {
	return []any{
		&a.deliveryID, &a.Number, (*millis)(&a.At), &a.milliseconds, &a.Status, &a.Body, (*string)(&a.Failure), &a.Error,
	}
}

// ReplayHookDeliveries implements notify.HookStore.
func (db *DB) ReplayHookDeliveries(ctx context.Context, hookID string, r notify.Replay, a notify.Audit) (n int, err error) {
	err = db.write(ctx, func(t *tx) error {
		h, err := t.hookToSettle(hookID)
		if err != nil {
			return err
		}
		if !h.DisabledAt.IsZero() {
			return fault.New(fault.Conflict, "hook_disabled")
		}
		rows, err := t.exec(`UPDATE hook_deliveries SET state = 'pending', tries = 0, began_at = $2, next_at = $2
			WHERE hook_id = $1 AND claimed_until <= $2 AND created_at >= $3
			AND ($4 = '' OR id = $4) AND (state = 'failed' OR NOT $5)`,
			hookID, ms(a.At), ms(r.Since), r.DeliveryID, r.Failed)
		n = int(rows)
		if err != nil || n == 0 {
			return err
		}
		return t.auditHook(h.OrganizationID, hookID, a)
	})
	return n, err
}
