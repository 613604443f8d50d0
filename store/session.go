package store

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

const sessionColumns = `s.id, s.hash, s.organization_id, s.account_id, s.created_at, s.last_seen_at,
	s.authenticated_at, s.address, s.user_agent`

func sessionFields(s *auth.Session) []any {
	return []any{
		&s.ID, &s.Hash, &s.OrganizationID, &s.AccountID, (*millis)(&s.CreatedAt), (*millis)(&s.LastSeenAt),
		(*millis)(&s.AuthenticatedAt), &s.Address, &s.UserAgent,
	}
}

// PutSession implements auth.SessionStore.
func (db *DB) PutSession(ctx context.Context, s auth.Session, replaced auth.Hash, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.run("UPDATE sessions SET ended_at = $2 WHERE hash = $1 AND ended_at = 0", replaced[:], ms(s.CreatedAt)); err != nil {
			return err
		}
		err := t.run(`INSERT INTO sessions
			(id, hash, organization_id, account_id, created_at, last_seen_at, authenticated_at, ended_at, address, user_agent)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)`,
			s.ID, s.Hash[:], s.OrganizationID, s.AccountID, ms(s.CreatedAt), ms(s.LastSeenAt), ms(s.AuthenticatedAt), s.Address, s.UserAgent)
		if err != nil {
			return err
		}
		if err := t.seen(s.AccountID, s.CreatedAt); err != nil {
			return err
		}
		return t.audit(a)
	})
}

// seen notes that an account's person was there.
func (t *tx) seen(accountID string, at time.Time) error {
	return t.run("UPDATE accounts SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2", accountID, ms(at))
}

// SessionByHash implements auth.SessionStore. An ended session is not found.
func (db *DB) SessionByHash(ctx context.Context, h auth.Hash) (s auth.Session, a auth.Account, o auth.Organization, err error) {
	err = db.get(ctx, "SELECT "+sessionColumns+", "+holderColumns+` FROM sessions s
		JOIN accounts a ON a.id = s.account_id JOIN organizations o ON o.id = a.organization_id
		WHERE s.hash = $1 AND s.ended_at = 0`, []any{h[:]}, append(sessionFields(&s), holderFields(&a, &o)...)...)
	return s, a, o, orNotFound(err, "sign_in_required")
}

// TouchSession implements auth.SessionStore.
func (db *DB) TouchSession(ctx context.Context, s auth.Session, at time.Time) error {
	return db.write(ctx, func(t *tx) error {
		err := t.run("UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND ended_at = 0 AND last_seen_at < $2", s.ID, ms(at))
		if err != nil {
			return err
		}
		return t.seen(s.AccountID, at)
	})
}

// Sessions implements auth.SessionStore.
func (db *DB) Sessions(ctx context.Context, accountID string, since time.Time) ([]auth.Session, error) {
	return query(ctx, db, sessionFields, "SELECT "+sessionColumns+` FROM sessions s
		WHERE s.account_id = $1 AND s.ended_at = 0 AND s.last_seen_at >= $2
		ORDER BY s.last_seen_at DESC, s.id`, accountID, ms(since))
}

// EndSession implements auth.SessionStore.
func (db *DB) EndSession(ctx context.Context, accountID, id string, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE sessions SET ended_at = $3 WHERE id = $1 AND account_id = $2 AND ended_at = 0", id, accountID, ms(a.At))
		if err != nil || n == 0 {
			return err
		}
		return t.audit(a)
	})
}

// EndSessions implements auth.SessionStore.
func (db *DB) EndSessions(ctx context.Context, accountID, exceptID string, tokens bool, at time.Time, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.endSessions(accountID, exceptID, at); err != nil {
			return err
		}
		if err := t.endLinks(accountID, at); err != nil {
			return err
		}
		if tokens {
			if err := t.endTokens(accountID, at, a); err != nil {
				return err
			}
		}
		return t.audit(a)
	})
}

func (t *tx) endSessions(accountID, exceptID string, at time.Time) error {
	return t.run("UPDATE sessions SET ended_at = $3 WHERE account_id = $1 AND id <> $2 AND ended_at = 0", accountID, exceptID, ms(at))
}

// endTokens ends all that programs hold of an account: personal access tokens,
// grants, and the remembered decisions that would give the same again unasked.
func (t *tx) endTokens(accountID string, at time.Time, a auth.Audit) error {
	t.changed(auth.AccountChanged, accountID)
	tokens, err := t.texts(`UPDATE personal_access_tokens SET revoked_at = $2, revoked_by = $3, name_held = FALSE
		WHERE account_id = $1 AND revoked_at = 0 AND (expires_at = 0 OR expires_at > $2)
		RETURNING id`, accountID, ms(at), a.Actor.Name)
	if err != nil {
		return err
	}
	// The consents go first: an authorization that relies on one and is quicker is then
	// among the grants.
	clients, err := t.texts("DELETE FROM consents WHERE account_id = $1 RETURNING client_id", accountID)
	if err != nil {
		return err
	}
	if _, err := t.revokeGrants("account_id = $3", oauth.RevokedByOwner, at, accountID); err != nil {
		return err
	}
	if err := t.auditEach(a, "token.revoke", tokens); err != nil {
		return err
	}
	return t.auditEach(a, "consent.withdraw", clients)
}
