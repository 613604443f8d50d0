package store

import (
	"context"
	"fmt"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
)

const clientColumns = `c.id, c.organization_id, c.name, c.registered_by, c.public, c.pkce_required,
	c.client_header, c.created_at, c.last_used_at, c.query_uses`

func clientFields(c *oauth.Client) []any {
	return []any{
		&c.ID, &c.OrganizationID, &c.Name, &c.RegisteredBy, &c.Public, &c.PKCERequired,
		&c.ClientHeader, (*millis)(&c.CreatedAt), (*millis)(&c.LastUsedAt), &c.QueryUses,
	}
}

// ClientByID implements oauth.ClientStore. A deleted client is not found.
func (db *DB) ClientByID(ctx context.Context, id string) (oauth.Client, error) {
	clients, err := db.clients(ctx, db.reads, "c.id = $1", id)
	if err != nil {
		return oauth.Client{}, err
	}
	if len(clients) == 0 {
		return oauth.Client{}, fault.New(fault.NotFound, "client_unknown")
	}
	return clients[0], nil
}

// Clients implements oauth.ClientStore.
func (db *DB) Clients(ctx context.Context, organizationID string) ([]oauth.Client, error) {
	return db.clients(ctx, db.reads, "c.organization_id = $1", organizationID)
}

// clients reads clients with what they own, the oldest first.
func (db *DB) clients(ctx context.Context, q querier, where, arg string) ([]oauth.Client, error) {
	clients, err := list(ctx, q, clientFields,
		"SELECT "+clientColumns+" FROM clients c WHERE c.deleted_at = 0 AND "+where+" ORDER BY c.created_at, c.id", arg)
	if err != nil || len(clients) == 0 {
		return nil, err
	}
	byID := make(map[string]*oauth.Client, len(clients))
	for i := range clients {
		byID[clients[i].ID] = &clients[i]
	}
	if err := db.addSecrets(ctx, q, byID, where, arg); err != nil {
		return nil, err
	}
	return clients, db.addRedirectURIs(ctx, q, byID, where, arg)
}

type ownedSecret struct {
	clientID string
	oauth.Secret
}

func (db *DB) addSecrets(ctx context.Context, q querier, clients map[string]*oauth.Client, where, arg string) error {
	fields := func(s *ownedSecret) []any {
		return []any{&s.clientID, &s.ID, &s.Hash, &s.Hint, (*millis)(&s.CreatedAt), (*millis)(&s.ExpiresAt)}
	}
	secrets, err := list(ctx, q, fields, `SELECT s.client_id, s.id, s.hash, s.hint, s.created_at, s.expires_at
		FROM clients c JOIN client_secrets s ON s.client_id = c.id
		WHERE c.deleted_at = 0 AND `+where+" ORDER BY s.created_at, s.id", arg)
	for _, s := range secrets {
		if c := clients[s.clientID]; c != nil {
			c.Secrets = append(c.Secrets, s.Secret)
		}
	}
	return err
}

type ownedURI struct{ clientID, uri string }

func (db *DB) addRedirectURIs(ctx context.Context, q querier, clients map[string]*oauth.Client, where, arg string) error {
	fields := func(u *ownedURI) []any { return []any{&u.clientID, &u.uri} }
	uris, err := list(ctx, q, fields, `SELECT u.client_id, u.uri
		FROM clients c JOIN redirect_uris u ON u.client_id = c.id
		WHERE c.deleted_at = 0 AND `+where+" ORDER BY u.client_id, u.position", arg)
	for _, u := range uris {
		if c := clients[u.clientID]; c != nil {
			c.RedirectURIs = append(c.RedirectURIs, u.uri)
		}
	}
	return err
}

// PublicRedirectURIs implements oauth.ClientStore.
func (db *DB) PublicRedirectURIs(ctx context.Context) ([]string, error) {
	return query(ctx, db, func(uri *string) []any { return []any{uri} }, `
		SELECT DISTINCT u.uri FROM clients c JOIN redirect_uris u ON u.client_id = c.id
		WHERE c.public AND c.deleted_at = 0 ORDER BY u.uri`)
}

// PutClient implements oauth.ClientStore.
func (db *DB) PutClient(ctx context.Context, c oauth.Client, most int, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.roomForClient(c.OrganizationID, most); err != nil {
			return err
		}
		err := t.run(`INSERT INTO clients
			(id, organization_id, name, registered_by, public, pkce_required, client_header,
			 created_at, last_used_at, query_uses, deleted_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0)`,
			c.ID, c.OrganizationID, c.Name, c.RegisteredBy, c.Public, c.PKCERequired, c.ClientHeader, ms(c.CreatedAt))
		if err != nil {
			return err
		}
		if err := t.putOwned(c); err != nil {
			return err
		}
		t.changed(auth.ClientChanged, c.ID)
		return t.audit(a)
	})
}

// roomForClient refuses one client more than an organization may have. Everybody else
// who registers one there waits.
func (t *tx) roomForClient(organizationID string, most int) error {
	if err := t.lockOrganization(organizationID); err != nil {
		return err
	}
	var clients int
	err := t.get("SELECT COUNT(*) FROM clients WHERE organization_id = $1 AND deleted_at = 0", []any{organizationID}, &clients)
	if err == nil && clients >= most {
		return fault.New(fault.Conflict, "clients_too_many", "most", most)
	}
	return err
}

// putOwned stores the client's secrets and redirect URIs.
func (t *tx) putOwned(c oauth.Client) error {
	for _, s := range c.Secrets {
		err := t.run(`INSERT INTO client_secrets (id, client_id, hash, hint, created_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6)`, s.ID, c.ID, s.Hash[:], s.Hint, ms(s.CreatedAt), ms(s.ExpiresAt))
		if err != nil {
			return err
		}
	}
	for i, uri := range c.RedirectURIs {
		err := t.run("INSERT INTO redirect_uris (client_id, position, uri) VALUES ($1, $2, $3)", c.ID, i, uri)
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) deleteOwned(clientID string) error {
	for _, statement := range []string{
		"DELETE FROM client_secrets WHERE client_id = $1",
		"DELETE FROM redirect_uris WHERE client_id = $1",
	} {
		if err := t.run(statement, clientID); err != nil {
			return err
		}
	}
	return nil
}

// lockClient makes everybody else who changes the client wait.
func (t *tx) lockClient(organizationID, id string) error {
	var found string
	err := t.get("SELECT c.id FROM clients c WHERE c.id = $1 AND c.organization_id = $2 AND c.deleted_at = 0"+t.db.lock,
		[]any{id, organizationID}, &found)
	return orNotFound(err, "client_unknown")
}

// ChangeClient implements oauth.ClientStore. change may run more than once.
func (db *DB) ChangeClient(ctx context.Context, organizationID, id string, change func(*oauth.Client) error, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.lockClient(organizationID, id); err != nil {
			return err
		}
		clients, err := db.clients(t.ctx, t.conn, "c.id = $1", id)
		if err != nil {
			return err
		}
		if len(clients) != 1 {
			return fmt.Errorf("%d clients with one id", len(clients))
		}
		c := clients[0]
		if err := change(&c); err != nil {
			return err
		}
		c.ID = id
		if err := t.updateClient(c); err != nil {
			return err
		}
		t.changed(auth.ClientChanged, id)
		return t.audit(a)
	})
}

func (t *tx) updateClient(c oauth.Client) error {
	err := t.run("UPDATE clients SET name = $2, public = $3, pkce_required = $4, client_header = $5 WHERE id = $1",
		c.ID, c.Name, c.Public, c.PKCERequired, c.ClientHeader)
	if err != nil {
		return err
	}
	if err := t.deleteOwned(c.ID); err != nil {
		return err
	}
	return t.putOwned(c)
}

// CountQueryClients implements auth.OrganizationStore.
func (db *DB) CountQueryClients(ctx context.Context, organizationID string, since time.Time) (n int, err error) {
	err = db.get(ctx, `SELECT COUNT(*) FROM clients
		WHERE organization_id = $1 AND deleted_at = 0 AND query_uses > 0 AND last_used_at >= $2`,
		[]any{organizationID, ms(since)}, &n)
	return n, err
}

// DeleteClient implements oauth.ClientStore. The row stays, marked, for as long as
// there are grants that must say why they ended.
func (db *DB) DeleteClient(ctx context.Context, organizationID, id string, at time.Time, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.lockClient(organizationID, id); err != nil {
			return err
		}
		if err := t.run("UPDATE clients SET deleted_at = $2 WHERE id = $1", id, ms(at)); err != nil {
			return err
		}
		if err := t.deleteOwned(id); err != nil {
			return err
		}
		if err := t.run("DELETE FROM consents WHERE client_id = $1", id); err != nil {
			return err
		}
		if _, err := t.revokeGrants("client_id = $3", oauth.ClientDeleted, at, id); err != nil {
			return err
		}
		t.changed(auth.ClientChanged, id)
		return t.audit(a)
	})
}
