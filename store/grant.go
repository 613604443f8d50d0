package store

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
)

const grantColumns = `g.id, g.organization_id, g.account_id, g.client_id, g.scope, g.scopes,
	g.created_at, g.last_used_at, g.revoked_at, g.revoked_reason`

func grantFields(g *oauth.Grant) []any {
	return []any{
		&g.ID, &g.OrganizationID, &g.AccountID, &g.ClientID, &g.Scope, (*scopeNames)(&g.Scopes),
		(*millis)(&g.CreatedAt), (*millis)(&g.LastUsedAt), (*millis)(&g.RevokedAt), (*string)(&g.RevokedReason),
	}
}

// PutAuthorization implements oauth.AuthorizationStore. A client that was deleted
// meanwhile is fault.NotFound.
func (db *DB) PutAuthorization(ctx context.Context, code oauth.AuthorizationCode, decision *oauth.Consent, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.putGrant(code.Grant); err != nil {
			return err
		}
		if err := t.endOldestGrants(code.Grant, a); err != nil {
			return err
		}
		err := t.run(`INSERT INTO authorization_codes
			(hash, grant_id, redirect_uri, challenge, created_at, expires_at, redeemed_at, token_id)
			VALUES ($1, $2, $3, $4, $5, $6, 0, '')`,
			code.Hash[:], code.Grant.ID, code.RedirectURI, code.Challenge, ms(code.CreatedAt), ms(code.ExpiresAt))
		if err != nil {
			return err
		}
		if decision == nil {
			err = t.stillConsents(code.Grant)
		} else {
			err = t.putConsent(*decision)
		}
		if err != nil {
			return err
		}
		return t.audit(a)
	})
}

// putGrant stores a grant. Whoever deletes the client waits, so as to find and end it.
func (t *tx) putGrant(g oauth.Grant) error {
	n, err := t.exec(`INSERT INTO grants
		(id, organization_id, account_id, client_id, scope, scopes, created_at, last_used_at, revoked_at, revoked_reason)
		SELECT $1, $2, $3, c.id, $4, $5, CAST($6 AS BIGINT), 0, 0, ''
		FROM clients c WHERE c.id = $7 AND c.deleted_at = 0`+t.db.share,
		g.ID, g.OrganizationID, g.AccountID, g.Scope, g.Scopes.String(), ms(g.CreatedAt), g.ClientID)
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "client_unknown")
	}
	return err
}

// endOldestGrants keeps the live grants of an account and a client within their limit.
func (t *tx) endOldestGrants(g oauth.Grant, a auth.Audit) error {
	ids, err := t.texts(`UPDATE grants SET revoked_at = $1, revoked_reason = $2 WHERE id IN (
		SELECT g.id FROM grants g
		WHERE g.account_id = $3 AND g.client_id = $4 AND g.revoked_at = 0 AND g.id <> $5
		ORDER BY g.created_at DESC, g.id LIMIT 1000 OFFSET $6) RETURNING id`,
		ms(g.CreatedAt), string(oauth.Superseded), g.AccountID, g.ClientID, g.ID, oauth.MaxGrants-1)
	if err != nil {
		return err
	}
	for _, id := range ids {
		t.changed(auth.GrantChanged, id)
	}
	return t.auditEach(a, "grant.superseded", ids)
}

// Grants implements oauth.AuthorizationStore.
func (db *DB) Grants(ctx context.Context, accountID string) ([]oauth.ConnectedGrant, error) {
	fields := func(c *oauth.ConnectedGrant) []any {
		return append(grantFields(&c.Grant), &c.ClientName, (*millis)(&c.RefreshIssuedAt))
	}
	return query(ctx, db, fields, "SELECT "+grantColumns+`, c.name, r.issued_at FROM grants g
		JOIN clients c ON c.id = g.client_id
		JOIN refresh_tokens r ON r.grant_id = g.id AND r.rotated_at = 0
		WHERE g.account_id = $1 AND g.revoked_at = 0
		ORDER BY g.created_at DESC, g.id`, accountID)
}

// CountGrants implements auth.OrganizationStore. The head of its family stands for
// the refresh tokens of a grant: a successor keeps the time of issue.
func (db *DB) CountGrants(ctx context.Context, organizationID string, before, deadBefore time.Time) (all, older, dead int, err error) {
	err = db.get(ctx, `SELECT COUNT(*),
			COALESCE(SUM(CASE WHEN r.issued_at < $2 THEN 1 ELSE 0 END), 0),
			COALESCE(SUM(CASE WHEN r.issued_at < $3 THEN 1 ELSE 0 END), 0)
		FROM accounts a
		JOIN grants g ON g.account_id = a.id AND g.revoked_at = 0
		JOIN refresh_tokens r ON r.grant_id = g.id AND r.rotated_at = 0
		WHERE a.organization_id = $1`,
		[]any{organizationID, ms(before), ms(deadBefore)}, &all, &older, &dead)
	return all, older, dead, err
}

// RevokeGrant implements oauth.TokenStore.
func (db *DB) RevokeGrant(ctx context.Context, grantID string, reason oauth.Reason, at time.Time, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		ended, err := t.revokeGrants("id = $3", reason, at, grantID)
		if err != nil || ended == 0 {
			return err
		}
		t.changed(auth.GrantChanged, grantID)
		return t.audit(a)
	})
}

// RevokeClientGrants implements oauth.AuthorizationStore.
func (db *DB) RevokeClientGrants(ctx context.Context, accountID, clientID string, reason oauth.Reason, at time.Time, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		remembered, err := t.exec("DELETE FROM consents WHERE account_id = $1 AND client_id = $2", accountID, clientID)
		if err != nil {
			return err
		}
		ended, err := t.revokeGrants("account_id = $3 AND client_id = $4", reason, at, accountID, clientID)
		if err != nil {
			return err
		}
		if remembered == 0 && ended == 0 {
			return fault.New(fault.NotFound, "consent_unknown")
		}
		t.changed(auth.AccountChanged, accountID)
		return t.audit(a)
	})
}

// revokeGrants ends grants of which there may be many. The caller names what they have
// in common among the changes: one change for all costs every node one look through
// what it remembers.
func (t *tx) revokeGrants(where string, reason oauth.Reason, at time.Time, args ...any) (int64, error) {
	return t.exec("UPDATE grants SET revoked_at = $1, revoked_reason = $2 WHERE revoked_at = 0 AND "+where,
		append([]any{ms(at), string(reason)}, args...)...)
}
