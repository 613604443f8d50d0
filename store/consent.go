package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
)

// ConsentOf implements oauth.AuthorizationStore.
func (db *DB) ConsentOf(ctx context.Context, accountID, clientID string) (c oauth.Consent, err error) {
	err = db.get(ctx, "SELECT account_id, client_id, scopes, given_at FROM consents WHERE account_id = $1 AND client_id = $2",
		[]any{accountID, clientID}, &c.AccountID, &c.ClientID, (*scopeNames)(&c.Scopes), (*millis)(&c.GivenAt))
	return c, orNotFound(err, "consent_unknown")
}

// stillConsents refuses an authorization that relies on a decision which was taken
// back meanwhile. Whoever takes it back waits, so as to find and end the grant.
func (t *tx) stillConsents(g oauth.Grant) error {
	var found string
	err := t.get("SELECT client_id FROM consents WHERE account_id = $1 AND client_id = $2"+t.db.share,
		[]any{g.AccountID, g.ClientID}, &found)
	return orNotFound(err, "consent_unknown")
}

func (t *tx) putConsent(c oauth.Consent) error {
	return t.run(`INSERT INTO consents (account_id, client_id, scopes, given_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account_id, client_id) DO UPDATE SET scopes = excluded.scopes, given_at = excluded.given_at`,
		c.AccountID, c.ClientID, c.Scopes.String(), ms(c.GivenAt))
}

// PutTicket implements oauth.AuthorizationStore.
func (db *DB) PutTicket(ctx context.Context, t oauth.Ticket) error {
	return db.write(ctx, func(x *tx) error {
		return x.run("INSERT INTO tickets (hash, session_id, query, expires_at) VALUES ($1, $2, $3, $4)",
			t.Hash[:], t.SessionID, t.Query, ms(t.ExpiresAt))
	})
}

// RedeemTicket implements oauth.AuthorizationStore.
func (db *DB) RedeemTicket(ctx context.Context, h auth.Hash) (t oauth.Ticket, err error) {
	err = db.write(ctx, func(x *tx) error {
		return x.get("DELETE FROM tickets WHERE hash = $1 RETURNING hash, session_id, query, expires_at",
			[]any{h[:]}, &t.Hash, &t.SessionID, &t.Query, (*millis)(&t.ExpiresAt))
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "consent_ticket", "age", oauth.TicketAge)
	}
	return t, err
}
