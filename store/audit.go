package store

import (
	"context"

	"github.com/faxgate/faxgate/auth"
)

// audit stores a record with the transaction. The zero record is none.
func (t *tx) audit(a auth.Audit) error {
	if a.ID == "" {
		return nil
	}
	return t.run(`INSERT INTO audits
		(id, organization_id, at, actor_account_id, actor_name, actor_address, actor_token_id, actor_client_id,
		 action, object_id, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		a.ID, a.OrganizationID, ms(a.At), a.Actor.AccountID, a.Actor.Name, a.Actor.Address, a.Actor.TokenID, a.Actor.ClientID,
		a.Action, a.ObjectID, a.Detail)
}

// auditEach stores a record of its own for each thing that ended with another change,
// whose record a is: whoever looks for the thing finds its end.
func (t *tx) auditEach(a auth.Audit, action string, ids []string) error {
	if a.ID == "" {
		return nil
	}
	a.Detail = "with " + a.Action
	a.Action = action
	for _, id := range ids {
		a.ID, a.ObjectID = auth.NewID(), id
		if err := t.audit(a); err != nil {
			return err
		}
	}
	return nil
}

// PutAudit stores a record on its own.
func (db *DB) PutAudit(ctx context.Context, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error { return t.audit(a) })
}

// Audits implements auth.OrganizationStore, the latest record first.
func (db *DB) Audits(ctx context.Context, organizationID string, limit int) ([]auth.Audit, error) {
	fields := func(a *auth.Audit) []any {
		return []any{
			&a.ID, &a.OrganizationID, (*millis)(&a.At), &a.Actor.AccountID, &a.Actor.Name, &a.Actor.Address,
			&a.Actor.TokenID, &a.Actor.ClientID, &a.Action, &a.ObjectID, &a.Detail,
		}
	}
	return query(ctx, db, fields, `
		SELECT id, organization_id, at, actor_account_id, actor_name, actor_address, actor_token_id, actor_client_id,
			action, object_id, detail
		FROM audits WHERE organization_id = $1 ORDER BY at DESC, id DESC LIMIT $2`, organizationID, limit)
}
