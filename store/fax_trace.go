package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/faxgate/faxgate/fax"
)

// TracesOf implements fax.TraceStore.
func (db *DB) TracesOf(ctx context.Context, organizationID, faxID string) ([]fax.Trace, error) {
	fields := func(t *fax.Trace) []any {
		return []any{
			&t.FaxID, &t.AttemptID, &t.OrganizationID, (*millis)(&t.At), jsonInto(&t.Events), &t.Missing, &t.Blob, &t.Size,
		}
	}
	return query(ctx, db, fields, `SELECT fax_id, attempt_id, organization_id, at, events, missing, blob, size
		FROM fax_traces WHERE fax_id = $1 AND organization_id = $2 ORDER BY at, attempt_id`, faxID, organizationID)
}

// AttemptsOf implements fax.TraceStore.
func (db *DB) AttemptsOf(ctx context.Context, organizationID, faxID string) (attempts []fax.Attempt, err error) {
	for _, table := range []string{"fax_jobs", "faxes"} { // a job becomes a fax, never the other way round
		err = db.get(ctx, "SELECT attempts FROM "+table+" WHERE id = $1 AND organization_id = $2",
			[]any{faxID, organizationID}, jsonOf[[]fax.Attempt]{&attempts})
		if !errors.Is(err, sql.ErrNoRows) {
			return attempts, err
		}
	}
	return nil, orNotFound(err, "fax_unknown")
}

// putTrace stores what was recorded of the last attempt of a fax, and keeps its capture.
// Nil: nothing was.
func (t *tx) putTrace(recorded *fax.Trace, f fax.Fax) error {
	if recorded == nil {
		return nil
	}
	r := recorded.Of(f)
	events, err := jsonText(r.Events)
	if err != nil {
		return err
	}
	err = t.run(`INSERT INTO fax_traces (fax_id, attempt_id, organization_id, at, events, missing, blob, size)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		r.FaxID, r.AttemptID, r.OrganizationID, ms(r.At), events, r.Missing, r.Blob, r.Size)
	if err != nil || r.Blob == "" {
		return err
	}
	return t.adoptBlob(r.Blob)
}

// dropTraces deletes those of a fax, or of a job that is taken back.
func (t *tx) dropTraces(faxID string, at time.Time) error {
	blobs, err := t.texts("DELETE FROM fax_traces WHERE fax_id = $1 RETURNING blob", faxID)
	if err != nil {
		return err
	}
	return t.doomCaptures(blobs, at)
}

// doomCaptures notes captures that lost a row. Those that other rows still have wait for
// the last of them to go (DeadBlobs).
func (t *tx) doomCaptures(blobs []string, at time.Time) error {
	for _, blob := range blobs {
		if err := t.doomBlob(blob, at); err != nil {
			return err
		}
	}
	return nil
}

// purgeTraces deletes traces that have had their time.
func (db *DB) purgeTraces(ctx context.Context, now time.Time, limit int) (full bool, err error) {
	limit = min(limit, faxesPerPurge)
	err = db.write(ctx, func(t *tx) error {
		blobs, err := t.texts(`DELETE FROM fax_traces WHERE (fax_id, attempt_id) IN (
			SELECT fax_id, attempt_id FROM fax_traces WHERE at < $1 LIMIT $2) RETURNING blob`, ms(now.Add(-fax.TraceAge)), limit)
		if err != nil {
			return err
		}
		full = len(blobs) >= limit
		return t.doomCaptures(blobs, now)
	})
	return full, err
}
