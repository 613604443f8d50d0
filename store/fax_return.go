package store

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/fax"
)

// ClaimReturn implements fax.DeliveryStore. It begins with a look, without a write: there
// is hardly ever anything.
func (db *DB) ClaimReturn(ctx context.Context, now, leaseUntil time.Time) (f fax.Fax, err error) {
	var id string
	err = db.get(ctx, "SELECT id FROM faxes WHERE return_at > 0 AND return_at <= $1 ORDER BY return_at, id LIMIT 1", []any{ms(now)}, &id)
	if err != nil {
		return f, orNotFound(err, "fax_none")
	}
	err = db.write(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE faxes SET return_at = $3 WHERE id = $1 AND return_at > 0 AND return_at <= $2", id, ms(now), ms(leaseUntil))
		if err != nil {
			return err
		}
		if n == 0 { // another node was quicker
			return faxNone()
		}
		f, err = t.wholeFax(id)
		return err
	})
	return f, err
}

// PutReturned implements fax.ReceiverStore.
func (db *DB) PutReturned(ctx context.Context, sentID string, faxes []fax.Fax, recorded *fax.Trace, now time.Time) error {
	return db.write(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE faxes SET return_at = 0 WHERE id = $1 AND return_at > 0", sentID)
		if err != nil {
			return err
		}
		if n == 0 {
			return faxClaimed()
		}
		return t.putReceived(faxes, recorded, now)
	})
}

// EndReturn implements fax.DeliveryStore.
func (db *DB) EndReturn(ctx context.Context, sentID string) error {
	return db.write(ctx, func(t *tx) error {
		return t.run("UPDATE faxes SET return_at = 0 WHERE id = $1", sentID)
	})
}
