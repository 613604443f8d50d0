package store

import (
	"context"
	"slices"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

const accountColumns = `a.id, a.organization_id, a.email, a.role, a.status, a.manager_id,
	a.password_hash, a.password_changed_at, a.name, a.last_name, a.phone, a.profile_image,
	a.language, a.time_zone, a.preferences, a.member_detail_quota, a.member_detail_role,
	a.created_at, a.last_seen_at`

func accountFields(a *auth.Account) []any {
	return []any{
		&a.ID, &a.OrganizationID, &a.Email, (*string)(&a.Role), (*string)(&a.Status), (*optional)(&a.ManagerID),
		&a.PasswordHash, (*millis)(&a.PasswordChangedAt), &a.Name, &a.LastName, &a.Phone, &a.ProfileImage,
		&a.Language, &a.TimeZone, (*preferences)(&a.Preferences), &a.MemberDetail.Quota, &a.MemberDetail.Role,
		(*millis)(&a.CreatedAt), (*millis)(&a.LastSeenAt),
	}
}

// holder is an account with its organization.
const (
	holderColumns = accountColumns + ", " + organizationColumns
	fromAccounts  = " FROM accounts a JOIN organizations o ON o.id = a.organization_id "
)

func holderFields(a *auth.Account, o *auth.Organization) []any {
	return append(accountFields(a), organizationFields(o)...)
}

func (db *DB) holder(ctx context.Context, where string, arg any) (a auth.Account, o auth.Organization, err error) {
	err = db.get(ctx, "SELECT "+holderColumns+fromAccounts+where, []any{arg}, holderFields(&a, &o)...)
	return a, o, orNotFound(err, "account_unknown")
}

// AccountAndOrganization implements auth.CheckStore.
func (db *DB) AccountAndOrganization(ctx context.Context, accountID string) (auth.Account, auth.Organization, error) {
	return db.holder(ctx, "WHERE a.id = $1", accountID)
}

// AccountByEmail implements auth.SignInStore and auth.AccountStore.
func (db *DB) AccountByEmail(ctx context.Context, email string) (auth.Account, auth.Organization, error) {
	return db.holder(ctx, "WHERE a.email = $1", auth.NormalizeEmail(email))
}

// AccountByID implements auth.AccountStore and auth.TokenStore.
func (db *DB) AccountByID(ctx context.Context, organizationID, id string) (a auth.Account, err error) {
	err = db.get(ctx, "SELECT "+accountColumns+" FROM accounts a WHERE a.id = $1 AND a.organization_id = $2",
		[]any{id, organizationID}, accountFields(&a)...)
	return a, orNotFound(err, "account_unknown")
}

// Accounts implements auth.AccountStore.
func (db *DB) Accounts(ctx context.Context, organizationID string) ([]auth.Account, error) {
	return query(ctx, db, accountFields,
		"SELECT "+accountColumns+" FROM accounts a WHERE a.organization_id = $1 ORDER BY a.created_at, a.id", organizationID)
}

// PutAccount implements auth.AccountStore.
func (db *DB) PutAccount(ctx context.Context, acc auth.Account, l *auth.Link, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.putAccount(acc); err != nil {
			return err
		}
		if l != nil {
			if err := t.putLink(*l); err != nil {
				return err
			}
		}
		return t.audit(a)
	})
}

func (t *tx) putAccount(a auth.Account) error {
	err := t.run(`INSERT INTO accounts
		(id, organization_id, email, role, status, manager_id, password_hash, password_changed_at,
		 name, last_name, phone, profile_image, language, time_zone, preferences,
		 member_detail_quota, member_detail_role, created_at, last_seen_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
		a.ID, a.OrganizationID, auth.NormalizeEmail(a.Email), string(a.Role), string(a.Status), null(a.ManagerID),
		a.PasswordHash, ms(a.PasswordChangedAt), a.Name, a.LastName, a.Phone, a.ProfileImage, a.Language, a.TimeZone,
		preferences(a.Preferences), a.MemberDetail.Quota, a.MemberDetail.Role, ms(a.CreatedAt), ms(a.LastSeenAt))
	return orEmailTaken(err)
}

// ChangeAccount implements auth.AccountStore. change may run more than once.
func (db *DB) ChangeAccount(ctx context.Context, organizationID, id string, change func(acc *auth.Account, owners int) error, end auth.End, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.lockOrganization(organizationID); err != nil {
			return err
		}
		acc, err := t.account(organizationID, id)
		if err != nil {
			return err
		}
		var owners int
		err = t.get(`SELECT COUNT(*) FROM accounts
			WHERE organization_id = $1 AND role = 'owner' AND status = 'active' AND id <> $2`,
			[]any{organizationID, id}, &owners)
		if err != nil {
			return err
		}
		if err := change(&acc, owners); err != nil {
			return err
		}
		return t.accountChanged(id, acc, end, a)
	})
}

func (t *tx) account(organizationID, id string) (acc auth.Account, err error) {
	err = t.get("SELECT "+accountColumns+" FROM accounts a WHERE a.id = $1 AND a.organization_id = $2"+t.db.lock,
		[]any{id, organizationID}, accountFields(&acc)...)
	return acc, orNotFound(err, "account_unknown")
}

// accountChanged writes an account as it is after a change, and ends what the
// change ends.
func (t *tx) accountChanged(id string, acc auth.Account, end auth.End, a auth.Audit) error {
	if err := t.updateAccount(id, acc); err != nil {
		return err
	}
	t.changed(auth.AccountChanged, id)
	if end.Sessions {
		if err := t.endSessions(id, end.ExceptSession, a.At); err != nil {
			return err
		}
	}
	if end.Sessions || end.Links {
		if err := t.endLinks(id, a.At); err != nil {
			return err
		}
	}
	if end.Tokens {
		if err := t.endTokens(id, a.At, a); err != nil {
			return err
		}
	}
	return t.audit(a)
}

func orEmailTaken(err error) error {
	if isDuplicate(err) {
		return fault.New(fault.Conflict, "email_taken").At("email").Because(err)
	}
	return err
}

func (t *tx) updateAccount(id string, a auth.Account) error {
	err := t.run(`UPDATE accounts SET
		email = $2, role = $3, status = $4, manager_id = $5, password_hash = $6, password_changed_at = $7,
		name = $8, last_name = $9, phone = $10, profile_image = $11, language = $12, time_zone = $13,
		preferences = $14, member_detail_quota = $15, member_detail_role = $16
		WHERE id = $1`,
		id, auth.NormalizeEmail(a.Email), string(a.Role), string(a.Status), null(a.ManagerID), a.PasswordHash,
		ms(a.PasswordChangedAt), a.Name, a.LastName, a.Phone, a.ProfileImage, a.Language, a.TimeZone,
		preferences(a.Preferences), a.MemberDetail.Quota, a.MemberDetail.Role)
	return orEmailTaken(err)
}

// SetPasswordHash implements auth.SignInStore. A password that was changed
// meanwhile stays.
func (db *DB) SetPasswordHash(ctx context.Context, accountID, old, replacement string) error {
	return db.write(ctx, func(t *tx) error {
		t.changed(auth.AccountChanged, accountID)
		return t.run("UPDATE accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2", accountID, old, replacement)
	})
}

// KnownAddress implements auth.SignInStore.
func (db *DB) KnownAddress(ctx context.Context, accountID, address string, since time.Time) (bool, error) {
	known, err := query(ctx, db, func(a *string) []any { return []any{a} },
		"SELECT DISTINCT address FROM sessions WHERE account_id = $1 AND created_at >= $2", accountID, ms(since))
	network := auth.Network(address)
	return slices.ContainsFunc(known, func(a string) bool { return auth.Network(a) == network }), err
}

// DeleteAccount implements auth.AccountStore.
func (db *DB) DeleteAccount(ctx context.Context, organizationID, id string, a auth.Audit) error {
	return db.write(ctx, func(t *tx) error {
		acc, err := t.account(organizationID, id)
		if err != nil {
			return err
		}
		if !acc.LastSeenAt.IsZero() {
			return fault.New(fault.Conflict, "account_signed_up")
		}
		for _, statement := range []string{
			"DELETE FROM links WHERE account_id = $1",
			"DELETE FROM personal_access_tokens WHERE account_id = $1",
			"UPDATE accounts SET manager_id = NULL WHERE manager_id = $1",
			"DELETE FROM accounts WHERE id = $1",
		} {
			if err := t.run(statement, id); err != nil {
				return err
			}
		}
		t.changed(auth.AccountChanged, id)
		return t.audit(a)
	})
}
