package store

import (
	"context"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// accessToken finds the access token of a client. One under an ended grant is revoked by
// the grant's row: one write ends all of them, and none can slip in while it happens.
func (db *DB) accessToken(ctx context.Context, h auth.Hash) (auth.Token, error) {
	t := auth.Token{Hash: h}
	err := db.get(ctx, `SELECT t.id, g.organization_id, g.account_id, g.client_id, g.id, t.scopes, t.created_at, t.expires_at,
		CASE WHEN t.revoked_at = 0 THEN g.revoked_at ELSE t.revoked_at END,
		CASE WHEN t.revoked_at = 0 THEN g.revoked_reason ELSE t.revoked_by END,
		c.client_header, t.cnf, t.resource
		FROM access_tokens t JOIN grants g ON g.id = t.grant_id JOIN clients c ON c.id = g.client_id
		WHERE t.hash = $1`, []any{h[:]},
		&t.ID, &t.OrganizationID, &t.AccountID, &t.ClientID, &t.GrantID, (*scopeNames)(&t.Scopes), (*millis)(&t.CreatedAt),
		(*millis)(&t.ExpiresAt), (*millis)(&t.RevokedAt), &t.RevokedBy, &t.ClientHeader, &t.Confirmation, &t.Resource)
	return t, orNotFound(err, "token_unknown")
}

// The access token of a grant that lives, or of the statement before. What it
// belongs to comes from the grant.
const (
	insertAccessToken = `INSERT INTO access_tokens
	(hash, id, grant_id, scopes, created_at, expires_at, revoked_at, revoked_by, cnf, resource)
	SELECT ` + hashParameter + `, $2, g.id, $3, CAST($4 AS BIGINT), CAST($5 AS BIGINT), 0, '', $6, $7 `
	ofLiveGrant    = "FROM grants g WHERE g.id = $8 AND g.revoked_at = 0"
	ofRedeemedCode = `FROM authorization_codes r JOIN grants g ON g.id = r.grant_id
	WHERE r.hash = $8 AND r.token_id = $2`
	ofRotatedToken = `FROM refresh_tokens r JOIN grants g ON g.id = r.grant_id
	WHERE r.hash = $8 AND r.successor_hash = $9`
)

func accessTokenArgs(t auth.Token, of ...any) []any {
	return append([]any{
		t.Hash[:], t.ID, t.Scopes.String(), ms(t.CreatedAt), ms(t.ExpiresAt), t.Confirmation, t.Resource,
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
