package store

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
)

// RefreshTokenByHash implements oauth.TokenStore.
func (db *DB) RefreshTokenByHash(ctx context.Context, h auth.Hash) (r oauth.RefreshToken, err error) {
	fields := []any{&r.Hash, &r.Hint, (*millis)(&r.IssuedAt), (*millis)(&r.RotatedAt), &r.Successor}
	err = db.get(ctx, "SELECT r.hash, r.hint, r.issued_at, r.rotated_at, r.successor, "+grantColumns+`
		FROM refresh_tokens r JOIN grants g ON g.id = r.grant_id WHERE r.hash = $1`,
		[]any{h[:]}, append(fields, grantFields(&r.Grant)...)...)
	return r, orNotFound(err, "refresh_token_unknown")
}

// The statements of RotateRefreshToken. The first one says in the old token's row
// which one follows it; only that one's statements find anything to insert.
const (
	rotateRefreshToken = `UPDATE refresh_tokens SET rotated_at = $2, successor = $3, successor_hash = $4
	WHERE hash = $1 AND rotated_at = 0
	AND EXISTS (SELECT 1 FROM grants g WHERE g.id = refresh_tokens.grant_id AND g.revoked_at = 0)`
	insertSuccessor = `INSERT INTO refresh_tokens (hash, grant_id, hint, issued_at, rotated_at)
	SELECT ` + hashParameter + `, r.grant_id, $2, CAST($3 AS BIGINT), 0
	FROM refresh_tokens r WHERE r.hash = $4 AND r.successor_hash = $5`
)

// RotateRefreshToken implements oauth.TokenStore.
func (db *DB) RotateRefreshToken(ctx context.Context, h auth.Hash, at time.Time, sealed []byte, successor oauth.RefreshToken, access auth.Token) error {
	rows, err := db.writes.batch(ctx, []statement{
		{rotateRefreshToken, []any{h[:], ms(at), sealed, successor.Hash[:]}},
		{insertSuccessor, []any{successor.Hash[:], successor.Hint, ms(successor.IssuedAt), h[:], successor.Hash[:]}},
		{insertAccessToken + ofRotatedToken, accessTokenArgs(access, h[:], successor.Hash[:])},
	})
	if err != nil {
		return err
	}
	if rows[0] == 0 {
		return fault.New(fault.Conflict, "refresh_token_rotated")
	}
	return nil
}
