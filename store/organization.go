package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

const organizationColumns = `o.id, o.name, o.plan, o.advanced_security, o.refresh_dead_before,
	o.body_only, o.retention_days, o.time_zone, o.country, o.language, o.created_at`

func organizationFields(o *auth.Organization) []any {
	return []any{
		&o.ID, &o.Name, (*string)(&o.Plan), &o.AdvancedSecurity, (*millis)(&o.RefreshDeadBefore),
		&o.BodyOnly, &o.RetentionDays, &o.TimeZone, &o.Country, &o.Language, (*millis)(&o.CreatedAt),
	}
}

// HasOwner reports whether any organization exists: each is made with its owner.
func (db *DB) HasOwner(ctx context.Context) (exists bool, err error) {
	err = db.get(ctx, "SELECT EXISTS (SELECT 1 FROM organizations)", nil, &exists)
	return exists, err
}

// CreateOrganization implements auth.AccountStore.
func (db *DB) CreateOrganization(ctx context.Context, o auth.Organization, owner auth.Account, first bool, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		// Two nodes may be asked at once: the second one waits here for the first.
		t.changed(auth.OrganizationChanged, o.ID)
		if err := t.run("UPDATE feed SET seq = seq WHERE name = 'changes'"); err != nil {
			return err
		}
		var exists bool
		if err := t.get("SELECT EXISTS (SELECT 1 FROM organizations)", nil, &exists); err != nil {
			return err
		}
		if first && exists {
			return fault.New(fault.Conflict, "already_set_up")
		}
		if err := t.putOrganization(o); err != nil {
			return err
		}
		if err := t.putAccount(owner); err != nil {
			return err
		}
		return t.audit(a)
	})
}

func (t *tx) putOrganization(o auth.Organization) error {
	return t.run(`INSERT INTO organizations
		(id, name, plan, advanced_security, refresh_dead_before, body_only, retention_days, time_zone, country, language, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		o.ID, o.Name, string(o.Plan), o.AdvancedSecurity, ms(o.RefreshDeadBefore), o.BodyOnly,
		o.RetentionDays, o.TimeZone, o.Country, o.Language, ms(o.CreatedAt))
}

// Organizations implements auth.OrganizationStore.
func (db *DB) Organizations(ctx context.Context) ([]auth.Organization, error) {
	return query(ctx, db, organizationFields,
		"SELECT "+organizationColumns+" FROM organizations o ORDER BY o.created_at, o.id")
}

// OrganizationByID implements auth.OrganizationStore.
func (db *DB) OrganizationByID(ctx context.Context, id string) (o auth.Organization, err error) {
	err = db.get(ctx, "SELECT "+organizationColumns+" FROM organizations o WHERE o.id = $1",
		[]any{id}, organizationFields(&o)...)
	return o, orUnknownOrganization(err, id)
}

func orUnknownOrganization(err error, id string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "organization_unknown", "organization", id)
	}
	return err
}

// ChangeOrganization implements auth.OrganizationStore. change may run more than
// once.
func (db *DB) ChangeOrganization(ctx context.Context, id string, change func(*auth.Organization) error, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		var o auth.Organization
		err := t.get("SELECT "+organizationColumns+" FROM organizations o WHERE o.id = $1"+db.lock,
			[]any{id}, organizationFields(&o)...)
		if err != nil {
			return orUnknownOrganization(err, id)
		}
		if err := change(&o); err != nil {
			return err
		}
		if err := t.updateOrganization(id, o); err != nil {
			return err
		}
		t.changed(auth.OrganizationChanged, id)
		return t.audit(a)
	})
}

func (t *tx) updateOrganization(id string, o auth.Organization) error {
	return t.run(`UPDATE organizations SET name = $2, plan = $3, advanced_security = $4,
		refresh_dead_before = $5, body_only = $6, retention_days = $7,
		time_zone = $8, country = $9, language = $10 WHERE id = $1`,
		id, o.Name, string(o.Plan), o.AdvancedSecurity, ms(o.RefreshDeadBefore), o.BodyOnly, o.RetentionDays,
		o.TimeZone, o.Country, o.Language)
}

// lockOrganization makes everybody else who changes accounts of the organization
// wait: the last owner is a matter of all of them.
func (t *tx) lockOrganization(id string) error {
	var found string
	err := t.get("SELECT o.id FROM organizations o WHERE o.id = $1"+t.db.lock, []any{id}, &found)
	return orUnknownOrganization(err, id)
}
