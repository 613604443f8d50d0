package store

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/notify"
)

// PutMail implements notify.Store.
func (db *DB) PutMail(ctx context.Context, m notify.Mail) error {
	return db.write(ctx, func(t *tx) error { return t.putMail(m) })
}

func (t *tx) putMail(m notify.Mail) error {
	return t.run(`INSERT INTO mails
		(id, recipient, kind, sealed, attempts, created_at, next_at, last_reply, claimed_by, claimed_until)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 0)`,
		m.ID, m.To, string(m.Kind), m.Sealed, m.Attempts, ms(m.CreatedAt), ms(m.NextAt), m.LastReply)
}

// ClaimMail implements notify.Store.
func (db *DB) ClaimMail(ctx context.Context, node string, now, leaseUntil time.Time) (m notify.Mail, err error) {
	m.State = notify.Waiting
	fields := []any{
		&m.ID, &m.To, (*string)(&m.Kind), &m.Sealed, &m.Attempts, (*millis)(&m.CreatedAt), (*millis)(&m.NextAt), &m.LastReply,
	}
	err = db.write(ctx, func(t *tx) error {
		return t.get(`UPDATE mails SET claimed_by = $1, claimed_until = $2 WHERE id = (
				SELECT id FROM mails WHERE next_at <= $3 AND claimed_until <= $3
				ORDER BY next_at, id LIMIT 1`+db.skipLocked+`)
			RETURNING id, recipient, kind, sealed, attempts, created_at, next_at, last_reply`,
			[]any{node, ms(leaseUntil), ms(now)}, fields...)
	})
	return m, orNotFound(err, "mail_none")
}

// SettleMail implements notify.Store.
func (db *DB) SettleMail(ctx context.Context, node string, m notify.Mail) error {
	return db.write(ctx, func(t *tx) error {
		n, err := t.settleMail(node, m)
		if err == nil && n == 0 {
			return fault.New(fault.Conflict, "mail_claimed")
		}
		return err
	})
}

func (t *tx) settleMail(node string, m notify.Mail) (int64, error) {
	if m.State != notify.Waiting {
		return t.exec("DELETE FROM mails WHERE id = $1 AND claimed_by = $2", m.ID, node)
	}
	return t.exec(`UPDATE mails SET attempts = $3, next_at = $4, last_reply = $5, claimed_by = '', claimed_until = 0
		WHERE id = $1 AND claimed_by = $2`, m.ID, node, m.Attempts, ms(m.NextAt), m.LastReply)
}
