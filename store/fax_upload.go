package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

const uploadColumns = "u.id, u.organization_id, u.account_id, u.path, u.name, u.type, u.size, u.blob, u.created_at, u.expires_at"

func uploadFields(u *fax.Upload) []any {
	return []any{
		&u.ID, &u.OrganizationID, &u.AccountID, &u.Path, &u.Name, &u.Type, &u.Size, &u.Blob,
		(*millis)(&u.CreatedAt), (*millis)(&u.ExpiresAt),
	}
}

// DoomBlob implements fax.UploadStore.
func (db *DB) DoomBlob(ctx context.Context, blob string, due time.Time) error {
	return db.write(ctx, func(t *tx) error { return t.doomBlob(blob, due) })
}

// PutUpload implements fax.UploadStore.
func (db *DB) PutUpload(ctx context.Context, u fax.Upload, r fax.Request) (stored fax.Upload, err error) {
	err = db.write(ctx, func(t *tx) error {
		stored = u
		earlier, err := t.request(u.AccountID, "files", r, u.CreatedAt, u)
		if err != nil {
			return err
		}
		if earlier != "" {
			return json.Unmarshal([]byte(earlier), &stored)
		}
		err = t.run(`INSERT INTO fax_uploads
			(id, organization_id, account_id, path, name, type, size, blob, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			u.ID, u.OrganizationID, u.AccountID, u.Path, u.Name, u.Type, u.Size, u.Blob, ms(u.CreatedAt), ms(u.ExpiresAt))
		if err != nil {
			return err
		}
		return t.adoptBlob(u.Blob)
	})
	return stored, err
}

// UploadsByID implements fax.OutboxStore.
func (db *DB) UploadsByID(ctx context.Context, accountID string, ids []string, now time.Time) ([]fax.Upload, error) {
	args := make([]any, 0, len(ids)+2)
	for _, id := range ids {
		args = append(args, id)
	}
	in := rowsOf(1, len(ids))
	args = append(args, accountID, ms(now))
	return query(ctx, db, uploadFields, "SELECT "+uploadColumns+" FROM fax_uploads u WHERE u.id IN "+in+
		" AND u.account_id = "+placeholder(len(ids)+1)+" AND u.expires_at > "+placeholder(len(ids)+2), args...)
}

// requestAge is how long a repeated request is known.
const requestAge = 24 * time.Hour

// request remembers the answer to a request that can be repeated. One that was made
// before gives the answer of then, or fault.Conflict when its body was another one.
func (t *tx) request(accountID, call string, r fax.Request, at time.Time, answer any) (earlier string, err error) {
	if r.Key == "" {
		return "", nil
	}
	text, err := jsonText(answer)
	if err != nil {
		return "", err
	}
	n, err := t.exec(`INSERT INTO fax_requests (account_id, call, key, body, answer, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (account_id, call, key) DO UPDATE
		SET body = excluded.body, answer = excluded.answer, created_at = excluded.created_at
		WHERE fax_requests.created_at <= $7`,
		accountID, call, r.Key, r.Body[:], text, ms(at), ms(at.Add(-requestAge)))
	if err != nil || n > 0 {
		return "", err
	}
	var body []byte
	err = t.get(requestAnswer, []any{accountID, call, r.Key}, &body, &earlier)
	if err != nil {
		return "", err
	}
	return earlier, sameBody(body, r)
}

const requestAnswer = "SELECT body, answer FROM fax_requests WHERE account_id = $1 AND call = $2 AND key = $3"

func sameBody(body []byte, r fax.Request) error {
	if string(body) != string(r.Body[:]) {
		return fault.New(fault.Conflict, "idempotency_key_used").At("Idempotency-Key")
	}
	return nil
}
