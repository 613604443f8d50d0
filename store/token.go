package store

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// A token under an ended grant is revoked by the grant's row: one write ends all of
// them, and none can slip in while it happens.
const (
	tokenColumns = `t.id, t.hash, t.hint, t.organization_id, t.account_id, t.client_id, t.grant_id, t.name,
	t.scopes, t.created_at, t.expires_at, t.last_used_at, t.last_used_from,
	CASE WHEN t.revoked_at = 0 THEN COALESCE(g.revoked_at, 0) ELSE t.revoked_at END,
	CASE WHEN t.revoked_at = 0 THEN COALESCE(g.revoked_reason, '') ELSE t.revoked_by END,
	COALESCE(c.client_header, FALSE), t.cnf, t.resource`
	fromTokens = ` FROM tokens t
	LEFT JOIN grants g ON g.id = t.grant_id
	LEFT JOIN clients c ON c.id = t.client_id `
)

func tokenFields(t *auth.Token) []any {
	return []any{
		&t.ID, &t.Hash, &t.Hint, &t.OrganizationID, &t.AccountID,
		(*optional)(&t.ClientID), (*optional)(&t.GrantID), &t.Name, (*scopeNames)(&t.Scopes),
		(*millis)(&t.CreatedAt), (*millis)(&t.ExpiresAt), (*millis)(&t.LastUsedAt), &t.LastUsedFrom,
		(*millis)(&t.RevokedAt), &t.RevokedBy, &t.ClientHeader, &t.Confirmation, &t.Resource,
	}
}

// bearerColumns are what the bearer check needs of a token. It is read at each call
// with a token that is new to the node, and every column costs.
const bearerColumns = `t.id, t.organization_id, t.account_id, t.client_id, t.grant_id, t.scopes, t.created_at, t.expires_at,
	CASE WHEN t.revoked_at = 0 THEN COALESCE(g.revoked_at, 0) ELSE t.revoked_at END,
	CASE WHEN t.revoked_at = 0 THEN COALESCE(g.revoked_reason, '') ELSE t.revoked_by END,
	COALESCE(c.client_header, FALSE), t.cnf, t.resource`

// TokenByHash implements auth.CheckStore.
func (db *DB) TokenByHash(ctx context.Context, h auth.Hash) (auth.Token, error) {
	t := auth.Token{Hash: h}
	err := db.get(ctx, "SELECT "+bearerColumns+fromTokens+"WHERE t.hash = $1", []any{h[:]},
		&t.ID, &t.OrganizationID, &t.AccountID, (*optional)(&t.ClientID), (*optional)(&t.GrantID), (*scopeNames)(&t.Scopes),
		(*millis)(&t.CreatedAt), (*millis)(&t.ExpiresAt), (*millis)(&t.RevokedAt), &t.RevokedBy, &t.ClientHeader, &t.Confirmation, &t.Resource)
	return t, orNotFound(err, "token_unknown")
}

// TokenByID implements auth.TokenStore.
func (db *DB) TokenByID(ctx context.Context, organizationID, id string) (t auth.Token, err error) {
	err = db.get(ctx, "SELECT "+tokenColumns+fromTokens+"WHERE t.id = $1 AND t.organization_id = $2 AND t.client_id IS NULL",
		[]any{id, organizationID}, tokenFields(&t)...)
	return t, orNotFound(err, "token_unknown")
}

// Tokens implements auth.TokenStore.
func (db *DB) Tokens(ctx context.Context, organizationID, accountID string) ([]auth.Token, error) {
	// The organization's tokens are found through its accounts, which are few.
	return query(ctx, db, tokenFields, "SELECT "+tokenColumns+` FROM accounts a
		JOIN tokens t ON t.account_id = a.id AND t.client_id IS NULL
		LEFT JOIN grants g ON g.id = t.grant_id
		LEFT JOIN clients c ON c.id = t.client_id
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
		err := x.run(`UPDATE tokens SET name_held = FALSE
			WHERE account_id = $1 AND name = $2 AND name_held AND expires_at > 0 AND expires_at <= $3`,
			t.AccountID, t.Name, ms(t.CreatedAt))
		if err != nil {
			return err
		}
		n, err := x.exec(`INSERT INTO tokens
			(hash, id, hint, organization_id, account_id, client_id, grant_id, name, name_held, scopes, created_at,
			 expires_at, last_used_at, last_used_from, revoked_at, revoked_by, cnf, resource)
			SELECT `+hashParameter+`, $2, $3, a.organization_id, a.id, NULL, NULL, $4, TRUE, $5, CAST($6 AS BIGINT),
			 CAST($7 AS BIGINT), 0, '', 0, '', $8, $9
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
	err := t.get(`SELECT COUNT(*) FROM tokens
		WHERE account_id = $1 AND client_id IS NULL AND revoked_at = 0 AND (expires_at = 0 OR expires_at > $2)`,
		[]any{token.AccountID, ms(token.CreatedAt)}, &live)
	if err == nil && live >= auth.MaxTokens {
		return fault.New(fault.Conflict, "tokens_too_many", "most", auth.MaxTokens)
	}
	return err
}

// hashParameter is $1 in the list of a SELECT. There PostgreSQL takes a parameter
// for text unless it stands beside something of another type.
const hashParameter = "COALESCE($1, CAST('' AS BYTEA))"

// RevokeToken implements auth.TokenStore and oauth.TokenStore.
func (db *DB) RevokeToken(ctx context.Context, t auth.Token, by string, at time.Time, a auth.Audit) error {
	return db.write(ctx, func(x *tx) error {
		n, err := x.exec(`UPDATE tokens SET revoked_at = $2, revoked_by = $3, name_held = FALSE
			WHERE hash = $1 AND revoked_at = 0 AND (expires_at = 0 OR expires_at > $2)`, t.Hash[:], ms(at), by)
		if err != nil || n == 0 {
			return err
		}
		x.changed(auth.TokenChanged, t.Hash.String())
		return x.audit(a)
	})
}

// The access token of a grant that lives, or of the statement before. What it
// belongs to comes from the grant.
const (
	insertAccessToken = `INSERT INTO tokens
	(hash, id, hint, organization_id, account_id, client_id, grant_id, name, name_held, scopes, created_at,
	 expires_at, last_used_at, last_used_from, revoked_at, revoked_by, cnf, resource)
	SELECT ` + hashParameter + `, $2, $3, g.organization_id, g.account_id, g.client_id, g.id, '', FALSE, $4, CAST($5 AS BIGINT),
	 CAST($6 AS BIGINT), 0, '', 0, '', $7, $8 `
	ofLiveGrant    = "FROM grants g WHERE g.id = $9 AND g.revoked_at = 0"
	ofRedeemedCode = `FROM authorization_codes r JOIN grants g ON g.id = r.grant_id
	WHERE r.hash = $9 AND r.token_id = $2`
	ofRotatedToken = `FROM refresh_tokens r JOIN grants g ON g.id = r.grant_id
	WHERE r.hash = $9 AND r.successor_hash = $10`
)

func accessTokenArgs(t auth.Token, of ...any) []any {
	return append([]any{
		t.Hash[:], t.ID, t.Hint, t.Scopes.String(), ms(t.CreatedAt), ms(t.ExpiresAt), t.Confirmation, t.Resource,
	}, of...)
}

// PutAccessToken implements oauth.TokenStore.
func (db *DB) PutAccessToken(ctx context.Context, t auth.Token) error {
	rows, err := db.writes.batch(ctx, []statement{
		{insertAccessToken + ofLiveGrant, accessTokenArgs(t, t.GrantID)},
	})
	if err != nil {
		return err
	}
	if rows[0] == 0 {
		return fault.New(fault.Conflict, "grant_ended")
	}
	return nil
}
