package store

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

const tokenColumns = `t.id, t.hash, t.hint, t.organization_id, t.account_id, t.name, t.scopes, t.created_at,
	t.expires_at, t.last_used_at, t.last_used_from, t.revoked_at, t.revoked_by, t.cnf, t.resource`

func tokenFields(t *auth.Token) []any {
	return []any{
		&t.ID, &t.Hash, &t.Hint, &t.OrganizationID, &t.AccountID, &t.Name, (*scopeNames)(&t.Scopes), (*millis)(&t.CreatedAt),
		(*millis)(&t.ExpiresAt), (*millis)(&t.LastUsedAt), &t.LastUsedFrom, (*millis)(&t.RevokedAt), &t.RevokedBy,
		&t.Confirmation, &t.Resource,
	}
}

// TokenByHash implements auth.CheckStore. It is asked at each call with a token that is
// new to the node, and every column costs.
func (db *DB) TokenByHash(ctx context.Context, kind auth.Prefix, h auth.Hash) (auth.Token, error) {
	if kind == auth.AccessToken {
		return db.accessToken(ctx, h)
	}
	t := auth.Token{Hash: h}
	err := db.get(ctx, `SELECT id, organization_id, account_id, scopes, created_at, expires_at, revoked_at, revoked_by, cnf, resource
		FROM personal_access_tokens WHERE hash = $1`, []any{h[:]},
		&t.ID, &t.OrganizationID, &t.AccountID, (*scopeNames)(&t.Scopes), (*millis)(&t.CreatedAt), (*millis)(&t.ExpiresAt),
		(*millis)(&t.RevokedAt), &t.RevokedBy, &t.Confirmation, &t.Resource)
	return t, orNotFound(err, "token_unknown")
}

// TokenByID implements auth.TokenStore.
func (db *DB) TokenByID(ctx context.Context, organizationID, id string) (t auth.Token, err error) {
	err = db.get(ctx, "SELECT "+tokenColumns+" FROM personal_access_tokens t WHERE t.id = $1 AND t.organization_id = $2",
		[]any{id, organizationID}, tokenFields(&t)...)
	return t, orNotFound(err, "token_unknown")
}

// Tokens implements auth.TokenStore.
func (db *DB) Tokens(ctx context.Context, organizationID, accountID string) ([]auth.Token, error) {
	// The organization's tokens are found through its accounts, which are few.
	return query(ctx, db, tokenFields, "SELECT "+tokenColumns+` FROM accounts a
		JOIN personal_access_tokens t ON t.account_id = a.id
		WHERE a.organization_id = $1 AND ($2 = '' OR a.id = $2)
		ORDER BY t.created_at DESC, t.id`, organizationID, accountID)
}

// PutToken implements auth.TokenStore. The name of a token that has run out is
// free again.
func (db *DB) PutToken(ctx context.Context, t auth.Token, a auth.Audit) error {
	return db.write(ctx, func(x *tx) error {
		if err := x.roomForToken(t); err != nil {
			return err
		}
		err := x.run(`UPDATE personal_access_tokens SET name_held = FALSE
			WHERE account_id = $1 AND name = $2 AND name_held AND expires_at > 0 AND expires_at <= $3`,
			t.AccountID, t.Name, ms(t.CreatedAt))
		if err != nil {
			return err
		}
		n, err := x.exec(`INSERT INTO personal_access_tokens
			(hash, id, hint, organization_id, account_id, name, name_held, scopes, created_at, expires_at,
			 last_used_at, last_used_from, revoked_at, revoked_by, cnf, resource)
			SELECT `+hashParameter+`, $2, $3, a.organization_id, a.id, $4, TRUE, $5, CAST($6 AS BIGINT), CAST($7 AS BIGINT),
			 0, '', 0, '', $8, $9
			FROM accounts a WHERE a.id = $10 AND a.organization_id = $11`,
			t.Hash[:], t.ID, t.Hint, t.Name, t.Scopes.String(), ms(t.CreatedAt), ms(t.ExpiresAt),
			t.Confirmation, t.Resource, t.AccountID, t.OrganizationID)
		if isDuplicate(err) {
			return fault.New(fault.Conflict, "token_name_taken", "name", t.Name).At("name").Because(err)
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "account_unknown")
		}
		return x.audit(a)
	})
}

// roomForToken refuses one token more than an account may have that live. Everybody
// else who makes one for the account waits.
func (t *tx) roomForToken(token auth.Token) error {
	if _, err := t.account(token.OrganizationID, token.AccountID); err != nil {
		return err
	}
	var live int
	err := t.get(`SELECT COUNT(*) FROM personal_access_tokens
		WHERE account_id = $1 AND revoked_at = 0 AND (expires_at = 0 OR expires_at > $2)`,
		[]any{token.AccountID, ms(token.CreatedAt)}, &live)
	if err == nil && live >= auth.MaxTokens {
		return fault.New(fault.Conflict, "tokens_too_many", "most", auth.MaxTokens)
	}
	return err
}

// hashParameter is $1 in the list of a SELECT. There PostgreSQL takes a parameter
// for text unless it stands beside something of another type.
const hashParameter = "COALESCE($1, CAST('' AS BYTEA))"

// The statements of RevokeToken.
const (
	revokePersonalToken = `UPDATE personal_access_tokens SET revoked_at = $2, revoked_by = $3, name_held = FALSE
	WHERE hash = $1 AND revoked_at = 0 AND (expires_at = 0 OR expires_at > $2)`
	revokeAccessToken = `UPDATE access_tokens SET revoked_at = $2, revoked_by = $3
	WHERE hash = $1 AND revoked_at = 0 AND expires_at > $2`
)

// RevokeToken implements auth.TokenStore and oauth.TokenStore.
func (db *DB) RevokeToken(ctx context.Context, t auth.Token, by string, at time.Time, a auth.Audit) error {
	statement := revokeAccessToken
	if t.Personal() {
		statement = revokePersonalToken
	}
	return db.write(ctx, func(x *tx) error {
		n, err := x.exec(statement, t.Hash[:], ms(at), by)
		if err != nil || n == 0 {
			return err
		}
		x.changed(auth.TokenChanged, t.Hash.String())
		return x.audit(a)
	})
}
