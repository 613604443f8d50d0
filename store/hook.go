package store

import (
	"context"
	"strings"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/notify"
)

// hookTables joins a hook with what is known of its account.
const hookTables = `hooks h JOIN accounts a ON a.id = h.account_id JOIN organizations o ON o.id = h.organization_id`

const hookColumns = `h.id, h.organization_id, h.account_id, h.event, h.target, h.numbers, h.secret, h.created_at,
	h.failing_since, h.tried_at, h.disabled_at, h.disabled_reason, a.email, a.language, a.status, o.language, o.plan`

// hookRow is a hook with the columns that say something else in Go.
type hookRow struct {
	notify.Hook
	numbers string
	account auth.Account
	org     auth.Organization
}

func hookFields(r *hookRow) []any {
	return []any{
		&r.ID, &r.OrganizationID, &r.AccountID, (*string)(&r.Event), &r.Target, &r.numbers, &r.Secret, (*millis)(&r.CreatedAt),
		(*millis)(&r.FailingSince), (*millis)(&r.TriedAt), (*millis)(&r.DisabledAt), &r.DisabledReason,
		&r.Email, &r.account.Language, (*string)(&r.account.Status), &r.org.Language, (*string)(&r.org.Plan),
	}
}

func (r *hookRow) hook() notify.Hook {
	h := r.Hook
	if r.numbers != "" {
		h.Numbers = strings.Fields(r.numbers)
	}
	h.Language = r.account.MailLanguage(r.org)
	h.Suspended = r.account.Status != auth.Active || r.org.RequireAPI() != nil
	return h
}

// hooks reads hooks, the oldest first.
func hooks(ctx context.Context, q querier, where string, args ...any) ([]notify.Hook, error) {
	rows, err := list(ctx, q, hookFields,
		"SELECT "+hookColumns+" FROM "+hookTables+" WHERE "+where+" ORDER BY h.created_at, h.id", args...)
	var all []notify.Hook
	for i := range rows {
		all = append(all, rows[i].hook())
	}
	return all, err
}

// ofOwner is the condition for an owner's hooks, whose parameters are $1 and $2.
const ofOwner = "h.organization_id = $1 AND ($2 = '' OR h.account_id = $2)"

// Hooks implements notify.HookStore.
func (db *DB) Hooks(ctx context.Context, o notify.Owner, event notify.EventKind) ([]notify.Hook, error) {
	return hooks(ctx, db.reads, ofOwner+" AND ($3 = '' OR h.event = $3)", o.OrganizationID, o.AccountID, string(event))
}

// HookByID implements notify.HookStore.
func (db *DB) HookByID(ctx context.Context, o notify.Owner, id string) (notify.Hook, error) {
	return firstHook(hooks(ctx, db.reads, ofOwner+" AND h.id = $3", o.OrganizationID, o.AccountID, id))
}

func firstHook(all []notify.Hook, err error) (notify.Hook, error) {
	if err != nil {
		return notify.Hook{}, err
	}
	if len(all) == 0 {
		return notify.Hook{}, fault.New(fault.NotFound, "hook_unknown")
	}
	return all[0], nil
}

// PutHook implements notify.HookStore.
func (db *DB) PutHook(ctx context.Context, h notify.Hook, most int, a notify.Audit) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.roomForHook(h, most); err != nil {
			return err
		}
		err := t.run(`INSERT INTO hooks
			(id, organization_id, account_id, event, target, numbers, secret, created_at,
			 failing_since, tried_at, disabled_at, disabled_reason)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0, '')`,
			h.ID, h.OrganizationID, h.AccountID, string(h.Event), h.Target, strings.Join(h.Numbers, " "), h.Secret, ms(h.CreatedAt))
		if err != nil {
			return err
		}
		return t.auditHook(h.OrganizationID, h.ID, a)
	})
}

// roomForHook refuses one hook more than an account may have. Everybody else who makes
// one for the account waits.
func (t *tx) roomForHook(h notify.Hook, most int) error {
	acc, err := t.account(h.OrganizationID, h.AccountID)
	if err != nil {
		return err
	}
	if acc.Status != auth.Active {
		return fault.New(fault.NotFound, "account_unknown")
	}
	var n int
	err = t.get("SELECT COUNT(*) FROM hooks WHERE account_id = $1", []any{h.AccountID}, &n)
	if err == nil && n >= most {
		return fault.New(fault.Conflict, "hooks_too_many", "most", most)
	}
	return err
}

// auditHook stores the record of a change to a hook.
func (t *tx) auditHook(organizationID, hookID string, a notify.Audit) error {
	return t.audit(auth.Audit{
		ID: a.ID, OrganizationID: organizationID, At: a.At, Actor: auth.Actor(a.Actor),
		Action: a.Action, ObjectID: hookID, Detail: a.Detail,
	})
}

// lockHook makes everybody else who changes the hook wait.
func (t *tx) lockHook(o notify.Owner, id string) error {
	var found string
	err := t.get("SELECT h.id FROM hooks h WHERE "+ofOwner+" AND h.id = $3"+t.db.lock,
		[]any{o.OrganizationID, o.AccountID, id}, &found)
	return orNotFound(err, "hook_unknown")
}

// EnableHook implements notify.HookStore.
func (db *DB) EnableHook(ctx context.Context, o notify.Owner, id string, a notify.Audit) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.lockHook(o, id); err != nil {
			return err
		}
		if err := t.putHookHealth(notify.Hook{ID: id}); err != nil {
			return err
		}
		return t.auditHook(o.OrganizationID, id, a)
	})
}

// putHookHealth stores how the hook has fared.
func (t *tx) putHookHealth(h notify.Hook) error {
	return t.run("UPDATE hooks SET failing_since = $2, tried_at = $3, disabled_at = $4, disabled_reason = $5 WHERE id = $1",
		h.ID, ms(h.FailingSince), ms(h.TriedAt), ms(h.DisabledAt), h.DisabledReason)
}

// DeleteHook implements notify.HookStore.
func (db *DB) DeleteHook(ctx context.Context, o notify.Owner, id string, a notify.Audit) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.lockHook(o, id); err != nil {
			return err
		}
		if err := t.run("DELETE FROM hooks WHERE id = $1", id); err != nil {
			return err
		}
		return t.auditHook(o.OrganizationID, id, a)
	})
}
