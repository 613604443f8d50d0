package store

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
)

// CodeByHash implements oauth.TokenStore.
func (db *DB) CodeByHash(ctx context.Context, h auth.Hash) (c oauth.AuthorizationCode, err error) {
	fields := []any{
		&c.Hash, &c.RedirectURI, &c.Challenge, (*millis)(&c.CreatedAt), (*millis)(&c.ExpiresAt), (*millis)(&c.RedeemedAt),
	}
	err = db.get(ctx, "SELECT r.hash, r.redirect_uri, r.challenge, r.created_at, r.expires_at, r.redeemed_at, "+grantColumns+`
		FROM authorization_codes r JOIN grants g ON g.id = r.grant_id WHERE r.hash = $1`,
		[]any{h[:]}, append(fields, grantFields(&c.Grant)...)...)
	return c, orNotFound(err, "code_unknown")
}

// The statements of RedeemCode. The first one says in the code's row which access
// token it bought; only that one's statements find anything to insert.
const (
	redeemCode = `UPDATE authorization_codes SET redeemed_at = $2, token_id = $3
	WHERE hash = $1 AND redeemed_at = 0
	AND EXISTS (SELECT 1 FROM grants g WHERE g.id = authorization_codes.grant_id AND g.revoked_at = 0)`
	insertFirstRefreshToken = `INSERT INTO refresh_tokens (hash, grant_id, hint, issued_at, rotated_at)
	SELECT ` + hashParameter + `, r.grant_id, $2, CAST($3 AS BIGINT), 0
	FROM authorization_codes r WHERE r.hash = $4 AND r.token_id = $5`
)

// RedeemCode implements oauth.TokenStore.
func (db *DB) RedeemCode(ctx context.Context, h auth.Hash, at time.Time, access auth.Token, refresh oauth.RefreshToken) error {
	rows, err := db.writes.batch(ctx, []statement{
		{redeemCode, []any{h[:], ms(at), access.ID}},
		{insertFirstRefreshToken, []any{refresh.Hash[:], refresh.Hint, ms(refresh.IssuedAt), h[:], access.ID}},
		{insertAccessToken + ofRedeemedCode, accessTokenArgs(access, h[:])},
	})
	if err != nil {
		return err
	}
	if rows[0] == 0 {
		return fault.New(fault.Conflict, "code_used")
	}
	return nil
}
