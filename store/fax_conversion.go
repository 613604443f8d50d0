package store

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

func faxClaimed() error { return fault.New(fault.Conflict, "fax_claimed") }

func faxNone() error { return fault.New(fault.NotFound, "fax_none") }

// ClaimConversion implements fax.DeliveryStore.
func (db *DB) ClaimConversion(ctx context.Context, node string, now, leaseUntil time.Time) (c fax.Conversion, err error) {
	const waiting = "state = 'waiting' AND claimed_until <= $1"
	var some bool
	if err := db.get(ctx, "SELECT EXISTS (SELECT 1 FROM fax_documents WHERE "+waiting+")", []any{ms(now)}, &some); err != nil {
		return c, err
	}
	if !some { // a look costs no write
		return c, faxNone()
	}
	err = db.write(ctx, func(t *tx) error {
		c = fax.Conversion{}
		var id string
		err := t.get(`UPDATE fax_documents SET claimed_by = $2, claimed_until = $3, tries = tries + 1,
				converting_at = CASE WHEN converting_at = 0 THEN $1 ELSE converting_at END
			WHERE id = (SELECT id FROM fax_documents WHERE `+waiting+` ORDER BY created_at, id LIMIT 1`+db.skipLocked+`)
			RETURNING id`, []any{ms(now), node, ms(leaseUntil)}, &id)
		if err != nil {
			return orNotFound(err, "fax_none")
		}
		err = t.get("SELECT d.tries, "+documentColumns+" FROM fax_documents d WHERE d.id = $1", []any{id},
			append([]any{&c.Tries}, documentFields(&c.Document)...)...)
		if err != nil {
			return err
		}
		fields := func(s *fax.Source) []any { return []any{&s.Blob, &s.Name} }
		c.Sources, err = list(t.ctx, t.conn, fields,
			"SELECT blob, name FROM fax_document_sources WHERE document_id = $1 ORDER BY position", c.ID)
		return err
	})
	return c, err
}

// FinishConversion implements fax.DeliveryStore.
func (db *DB) FinishConversion(ctx context.Context, node string, d fax.Document, now time.Time) error {
	return db.write(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE fax_documents SET state = 'ready', blob = $3, pages = $4, size = $5, ready_at = $6,
			claimed_by = '', claimed_until = 0 WHERE id = $1 AND claimed_by = $2 AND state = 'waiting'`,
			d.ID, node, d.Blob, d.Pages, d.Size, ms(now))
		if err != nil {
			return err
		}
		if n == 0 {
			return faxClaimed()
		}
		if err := t.adoptBlob(d.Blob); err != nil {
			return err
		}
		if err := t.run("DELETE FROM fax_document_sources WHERE document_id = $1", d.ID); err != nil {
			return err
		}
		return t.run(`UPDATE fax_jobs SET due_at = CASE WHEN scheduled_at > $2 THEN scheduled_at ELSE $2 END
			WHERE document_id = $1`, d.ID, ms(now))
	})
}

// FailConversion implements fax.DeliveryStore.
func (db *DB) FailConversion(ctx context.Context, node, documentID string, s fax.Status, why *fault.Error, now time.Time) error {
	refusal, err := faultText(why)
	if err != nil {
		return err
	}
	return db.write(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE fax_documents SET state = $3, refusal = $4, claimed_by = '', claimed_until = 0
			WHERE id = $1 AND claimed_by = $2 AND state = 'waiting'`, documentID, node, documentFailed, refusal)
		if err != nil {
			return err
		}
		if n == 0 {
			return faxClaimed()
		}
		for _, step := range []struct {
			text string
			args []any
		}{
			{`INSERT INTO faxes
				(id, organization_id, account_id, direction, folder, status, from_number, to_number, pages, document_id,
				 comment, tags, is_read, retry_count, retry_delay, submitted_at, scheduled_at, started_at, updated_at, duration, attempts,
				 return_at)
				SELECT id, organization_id, account_id, 'outgoing', 'sent', CAST($2 AS TEXT), from_number, to_number, 0, document_id,
				 comment, tags, TRUE, retry_count, retry_delay, submitted_at, scheduled_at, CAST($3 AS BIGINT), CAST($3 AS BIGINT), 0, '[]', 0
				FROM fax_jobs WHERE document_id = $1`, []any{documentID, string(s), ms(now)}},
			{`INSERT INTO fax_events (id, kind, fax_id, attempt_id, at, due_at)
				SELECT id, 'fax_sent', id, id, CAST($2 AS BIGINT), CAST($2 AS BIGINT)
				FROM fax_jobs WHERE document_id = $1`, []any{documentID, ms(now)}},
			{"DELETE FROM fax_jobs WHERE document_id = $1", []any{documentID}},
			{"DELETE FROM fax_document_sources WHERE document_id = $1", []any{documentID}},
		} {
			if err := t.run(step.text, step.args...); err != nil {
				return err
			}
		}
		return nil
	})
}
