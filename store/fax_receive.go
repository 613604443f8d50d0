package store

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/fax"
)

// PutReceived implements fax.ReceiverStore.
func (db *DB) PutReceived(ctx context.Context, faxes []fax.Fax, recorded *fax.Trace, now time.Time) error {
	return db.write(ctx, func(t *tx) error { return t.putReceived(faxes, recorded, now) })
}

func (t *tx) putReceived(faxes []fax.Fax, recorded *fax.Trace, now time.Time) error {
	d := faxes[0].Document
	if err := t.putDocument(d, documentReady, now); err != nil {
		return err
	}
	if err := t.adoptBlob(d.Blob); err != nil {
		return err
	}
	for _, f := range faxes {
		if err := t.putFax(f, time.Time{}); err != nil {
			return err
		}
		if err := t.putTrace(recorded, f); err != nil {
			return err
		}
	}
	return nil
}
