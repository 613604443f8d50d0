package store

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

const (
	day = 24 * time.Hour
	// purgeEvery is the time between two runs of the purge; purgePause the one
	// between its steps, in which everybody else has the database.
	purgeEvery = time.Minute
	purgePause = 20 * time.Millisecond
	purgeRows  = 500
	// expiredFor is how long a grant that expired, and was not used, still stands as
	// if it lived.
	expiredFor = 7 * day
)

// purge is one kind of rows that have had their time: those that the text finds
// with the time before now that age is. $1 is the time, $2 the most rows.
type purge struct {
	age  time.Duration
	text string
}

// purges are all kinds, each after what its rows hold on to.
var purges = []purge{
	{10 * time.Minute, `DELETE FROM tickets WHERE hash IN (
		SELECT hash FROM tickets WHERE expires_at < $1 LIMIT $2)`},
	// The sealed successor is worth nothing without its token, and after the grace
	// nobody may have it.
	{oauth.RotationGrace, `UPDATE refresh_tokens SET successor = NULL WHERE hash IN (
		SELECT hash FROM refresh_tokens WHERE successor IS NOT NULL AND rotated_at < $1 LIMIT $2)`},
	{30 * day, `DELETE FROM refresh_tokens WHERE hash IN (
		SELECT hash FROM refresh_tokens WHERE rotated_at > 0 AND rotated_at < $1 LIMIT $2)`},
	{30 * day, `DELETE FROM refresh_tokens WHERE hash IN (
		SELECT r.hash FROM grants g JOIN refresh_tokens r ON r.grant_id = g.id
		WHERE g.revoked_at > 0 AND g.revoked_at < $1 LIMIT $2)`},
	{30 * day, `DELETE FROM grants WHERE id IN (
		SELECT g.id FROM grants g WHERE g.revoked_at > 0 AND g.revoked_at < $1
		AND NOT EXISTS (SELECT 1 FROM refresh_tokens r WHERE r.grant_id = g.id)
		AND NOT EXISTS (SELECT 1 FROM authorization_codes c WHERE c.grant_id = g.id) LIMIT $2)`},
	{30 * day, `DELETE FROM clients WHERE id IN (
		SELECT c.id FROM clients c WHERE c.deleted_at > 0 AND c.deleted_at < $1
		AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.client_id = c.id)
		AND NOT EXISTS (SELECT 1 FROM consents s WHERE s.client_id = c.id) LIMIT $2)`},
	{day, `DELETE FROM access_tokens WHERE hash IN (
		SELECT hash FROM access_tokens WHERE expires_at < $1 LIMIT $2)`},
	{90 * day, `DELETE FROM personal_access_tokens WHERE hash IN (
		SELECT hash FROM personal_access_tokens WHERE expires_at > 0 AND expires_at < $1 LIMIT $2)`},
	{90 * day, `DELETE FROM personal_access_tokens WHERE hash IN (
		SELECT hash FROM personal_access_tokens WHERE revoked_at > 0 AND revoked_at < $1 LIMIT $2)`},
	{30 * day, `DELETE FROM links WHERE hash IN (
		SELECT hash FROM links WHERE expires_at < $1 LIMIT $2)`},
	{auth.SessionAge, `DELETE FROM sessions WHERE id IN (
		SELECT id FROM sessions WHERE created_at < $1 LIMIT $2)`},
	{7 * day, `DELETE FROM mails WHERE id IN (
		SELECT id FROM mails WHERE created_at < $1 AND claimed_until < $1 LIMIT $2)`},
	{30 * day, `DELETE FROM hook_deliveries WHERE id IN (
		SELECT id FROM hook_deliveries WHERE began_at < $1 AND claimed_until < $1 LIMIT $2)`},
	{time.Hour, `DELETE FROM changes WHERE seq IN (
		SELECT seq FROM changes WHERE at < $1 ORDER BY seq LIMIT $2)`},
	{time.Hour, `DELETE FROM failures WHERE key IN (
		SELECT key FROM failures WHERE window_start < $1 LIMIT $2) AND window_start < $1`},
	{requestAge, `DELETE FROM fax_requests WHERE (account_id, call, key) IN (
		SELECT account_id, call, key FROM fax_requests WHERE created_at < $1 LIMIT $2)`},
	{0, `DELETE FROM fax_habits WHERE number IN (
		SELECT number FROM fax_habits WHERE until < $1 LIMIT $2)`},
	{400 * day, `DELETE FROM fax_usage WHERE (account_id, month) IN (
		SELECT account_id, month FROM fax_usage WHERE month < $1 LIMIT $2)`},
	{400 * day, `DELETE FROM audits WHERE id IN (
		SELECT id FROM audits WHERE at < $1 LIMIT $2)`},
}

// RunPurge deletes what has had its time, every minute until the context ends.
func (db *DB) RunPurge(ctx context.Context) {
	for ctx.Err() == nil {
		more, err := db.Purge(ctx, db.now(), purgeRows)
		if err != nil && ctx.Err() == nil {
			db.log.Warn("purge", "error", err)
		}
		wait := purgeEvery
		if more {
			wait = purgePause
		}
		_ = pause(ctx, wait) // the loop asks the context itself
	}
}

// Purge deletes what has had its time at now, of each kind at most limit rows
// (500 at most). more says that there may be more.
func (db *DB) Purge(ctx context.Context, now time.Time, limit int) (more bool, err error) {
	limit = min(max(limit, 1), purgeRows)
	full, err := db.purgeCodes(ctx, now.Add(-time.Hour), limit)
	if err != nil {
		return false, err
	}
	more = full
	for _, step := range []func(context.Context, time.Time, int) (bool, error){db.endExpiredGrants, db.purgeUploads, db.purgeFaxes, db.purgeTraces} {
		if full, err = step(ctx, now, limit); err != nil {
			return false, err
		}
		more = more || full
	}
	for _, p := range purges {
		var n int64
		err := db.write(ctx, func(t *tx) (err error) {
			n, err = t.exec(p.text, ms(now.Add(-p.age)), limit)
			return err
		})
		if err != nil {
			return false, err
		}
		more = more || n >= int64(limit)
		if n > 0 && pause(ctx, purgePause) != nil {
			return false, ctx.Err()
		}
	}
	return more, nil
}

// endExpiredGrants ends grants whose refresh token is dead of age for good, a week
// later: until then a refresh says the token's own date. Their last access token died
// long before, so that nobody has to hear of it. With the others that ended they go in
// their time.
func (db *DB) endExpiredGrants(ctx context.Context, now time.Time, limit int) (full bool, err error) {
	before := now.Add(-expiredFor)
	err = db.write(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE grants SET revoked_at = $1, revoked_reason = $2 WHERE id IN (
			SELECT g.id FROM organizations o
			JOIN accounts a ON a.organization_id = o.id
			JOIN grants g ON g.account_id = a.id AND g.revoked_at = 0 AND g.last_used_at < $3
			JOIN refresh_tokens r ON r.grant_id = g.id AND r.rotated_at = 0 AND r.issued_at < $4
			WHERE o.advanced_security OR r.issued_at < o.refresh_dead_before LIMIT $5)`,
			ms(now), string(oauth.Expired), ms(before), ms(before.Add(-auth.AdvancedSecurityRefreshAge)), limit)
		full = n >= int64(limit)
		return err
	})
	return full, err
}

// purgeCodes deletes codes, and the grants of those that nobody redeemed. A
// redeemed one stays long enough for a thief's attempt to be noticed.
func (db *DB) purgeCodes(ctx context.Context, before time.Time, limit int) (full bool, err error) {
	err = db.write(ctx, func(t *tx) error {
		codes, err := list(ctx, t.conn, deletedFields, `DELETE FROM authorization_codes WHERE hash IN (
			SELECT hash FROM authorization_codes WHERE expires_at < $1 LIMIT $2) RETURNING grant_id, redeemed_at`, ms(before), limit)
		if err != nil {
			return err
		}
		full = len(codes) >= limit
		var unused []any
		for _, c := range codes {
			if c.redeemedAt == 0 {
				unused = append(unused, c.grantID)
			}
		}
		if len(unused) == 0 {
			return nil
		}
		return t.run("DELETE FROM grants WHERE id IN "+rowsOf(1, len(unused)), unused...)
	})
	return full, err
}

type deletedCode struct {
	grantID    string
	redeemedAt int64
}

func deletedFields(c *deletedCode) []any { return []any{&c.grantID, &c.redeemedAt} }
