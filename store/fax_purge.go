package store

import (
	"context"
	"time"
)

// uploadGrace is how long an upload stays after its time: a submission that found it
// alive may still be on its way.
const uploadGrace = time.Hour

// purgeUploads deletes uploads that have had their time. Their bytes stay while a
// document is still to be made of them.
func (db *DB) purgeUploads(ctx context.Context, now time.Time, limit int) (full bool, err error) {
	err = db.write(ctx, func(t *tx) error {
		blobs, err := t.texts(`DELETE FROM fax_uploads WHERE id IN (
			SELECT id FROM fax_uploads WHERE expires_at < $1 LIMIT $2) RETURNING blob`, ms(now.Add(-uploadGrace)), limit)
		if err != nil {
			return err
		}
		full = len(blobs) >= limit
		for _, blob := range blobs {
			if err := t.doomBlob(blob, now); err != nil {
				return err
			}
		}
		return nil
	})
	return full, err
}

// faxesPerPurge bounds how many faxes one step deletes: each takes some statements.
const faxesPerPurge = 50

// purgeFaxes deletes faxes that are older than their organization keeps them, and the
// pages of those with them.
func (db *DB) purgeFaxes(ctx context.Context, now time.Time, limit int) (full bool, err error) {
	limit = min(limit, faxesPerPurge)
	const old = ` FROM organizations o JOIN faxes f ON f.organization_id = o.id
		AND f.started_at < $1 - o.retention_days * 86400000 WHERE o.retention_days > 0 LIMIT $2`
	some, err := query(ctx, db, func(id *string) []any { return []any{id} }, "SELECT f.id"+old, ms(now), 1)
	if err != nil || len(some) == 0 {
		return false, err
	}
	err = db.write(ctx, func(t *tx) error {
		deleted, err := list(t.ctx, t.conn, deletedFaxFields,
			"DELETE FROM faxes WHERE id IN (SELECT f.id"+old+") RETURNING id, document_id", ms(now), limit)
		if err != nil {
			return err
		}
		full = len(deleted) >= limit
		for _, f := range deleted {
			if err := t.dropFax(f, now); err != nil {
				return err
			}
		}
		return nil
	})
	return full, err
}

// DeadBlobs implements fax.SweepStore.
func (db *DB) DeadBlobs(ctx context.Context, now time.Time, limit int) ([]string, error) {
	return query(ctx, db, func(id *string) []any { return []any{id} }, `SELECT b.blob FROM fax_dead_blobs b WHERE b.due_at <= $1
		AND NOT EXISTS (SELECT 1 FROM fax_document_sources s WHERE s.blob = b.blob)
		AND NOT EXISTS (SELECT 1 FROM fax_traces t WHERE t.blob = b.blob AND t.blob <> '')
		ORDER BY b.due_at, b.blob LIMIT $2`, ms(now), limit)
}

// ForgetBlob implements fax.SweepStore.
func (db *DB) ForgetBlob(ctx context.Context, blob string) error {
	return db.write(ctx, func(t *tx) error { return t.adoptBlob(blob) })
}
