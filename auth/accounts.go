package auth

import (
	"context"
	"net/mail"
	"slices"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// AccountStore is what the rules of accounts need of the database.
type AccountStore interface {
	// HasOwner reports whether any organization exists.
	HasOwner(ctx context.Context) (bool, error)
	// CreateOrganization stores an organization and its owner. With first set it
	// does so only while there is none at all; otherwise fault.Conflict.
	CreateOrganization(ctx context.Context, o Organization, owner Account, first bool, a Audit) error
	// PutAccount stores a new account and, for one that is invited, its link. An
	// address that has an account: fault.Conflict "email_taken".
	PutAccount(ctx context.Context, acc Account, l *Link, a Audit) error
	// AccountByID finds an account of the organization; otherwise fault.NotFound.
	AccountByID(ctx context.Context, organizationID, id string) (Account, error)
	// AccountByEmail finds an account by its address.
	AccountByEmail(ctx context.Context, email string) (Account, Organization, error)
	// Accounts lists the organization's accounts, the oldest first.
	Accounts(ctx context.Context, organizationID string) ([]Account, error)
	// ChangeAccount changes an account in one step: it reads the account, asks
	// change for the new one, and writes it. owners is the number of active owners
	// apart from this account. change may be called more than once: the step starts
	// over when it collides with another one.
	ChangeAccount(ctx context.Context, organizationID, id string, change func(acc *Account, owners int) error, end End, a Audit) error
	// DeleteAccount removes an account that never signed in.
	DeleteAccount(ctx context.Context, organizationID, id string, a Audit) error
}

// Accounts are the rules of accounts: who may add, see and change them.
type Accounts struct {
	Store     AccountStore
	Links     LinkStore
	Passwords *Passwords
	Sessions  *Sessions
	SignIn    *SignIn
	Mail      Mailer
	Sealer    Sealer
	PublicURL string // without a slash at the end; the links in mails begin with it
	Now       func() time.Time
	NewID     func() string
}

// Sealer keeps what must be used again, under the master key.
type Sealer interface {
	Seal(purpose string, plain []byte) []byte
	Open(purpose string, sealed []byte) ([]byte, error)
}

// NewOwner is what the first page, or an administrator, says of an owner.
type NewOwner struct {
	Organization string // its name; empty: "My organization"
	Plan         Plan   // empty: Enterprise
	Email        string
	Password     string
	Language     string // of mails; the pages follow the browser until somebody chooses
	TimeZone     string
	Country      string
}

// HasOwner reports whether the server is set up: any organization exists.
func (x *Accounts) HasOwner(ctx context.Context) (bool, error) { return x.Store.HasOwner(ctx) }

// CreateOrganization makes an organization with its owner. With first set it
// works only while the server has no owner; otherwise fault.Conflict
// "already_set_up".
func (x *Accounts) CreateOrganization(ctx context.Context, in NewOwner, first bool, by Actor) (Organization, Account, error) {
	now := x.Now()
	org := Organization{
		ID: x.NewID(), Name: in.Organization, Plan: in.Plan,
		TimeZone: in.TimeZone, Country: in.Country, Language: in.Language, CreatedAt: now,
	}
	if org.Name == "" {
		org.Name = "My organization"
	}
	if org.Plan == "" {
		org.Plan = Enterprise
	}
	if err := org.check(); err != nil {
		return Organization{}, Account{}, err
	}
	acc, err := x.newAccount(ctx, org, in.Email, Owner, in.Password)
	if err != nil {
		return Organization{}, Account{}, err
	}
	acc.TimeZone = in.TimeZone
	if by.Name == "" {
		by.AccountID, by.Name = acc.ID, acc.Email
	}
	a := Audit{ID: x.NewID(), OrganizationID: org.ID, At: now, Actor: by, Action: "organization.create", ObjectID: org.ID, Detail: org.Name}
	if err := x.Store.CreateOrganization(ctx, org, acc, first, a); err != nil {
		return Organization{}, Account{}, err
	}
	return org, acc, nil
}

// newAccount checks the address and the password. An empty password makes an
// invited account.
func (x *Accounts) newAccount(ctx context.Context, org Organization, email string, role Role, password string) (Account, error) {
	email, err := CheckEmail(email)
	if err != nil {
		return Account{}, err
	}
	acc := Account{
		ID: x.NewID(), OrganizationID: org.ID, Email: email, Role: role, Status: Invited,
		Preferences: DefaultPreferences(), CreatedAt: x.Now(),
	}
	if password == "" {
		return acc, nil
	}
	if acc.PasswordHash, err = x.Passwords.HashNew(ctx, password, email, org.Name); err != nil {
		return Account{}, err
	}
	acc.Status, acc.PasswordChangedAt = Active, x.Now()
	return acc, nil
}

// CheckEmail gives the address as it is stored, or fault.Invalid
// "email_invalid".
func CheckEmail(email string) (string, error) {
	email = NormalizeEmail(email)
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > 254 {
		return "", fault.New(fault.Invalid, "email_invalid").At("email")
	}
	return email, nil
}

// Create makes an account that can sign in at once.
func (x *Accounts) Create(ctx context.Context, c Caller, email string, role Role, password, managerID string) (Account, error) {
	if err := mayAppoint(c, role); err != nil {
		return Account{}, err
	}
	if password == "" {
		return Account{}, fault.New(fault.Invalid, "password_missing").At("password")
	}
	acc, err := x.newAccount(ctx, c.Organization, email, role, password)
	if err != nil {
		return Account{}, err
	}
	if acc.ManagerID, err = x.manager(ctx, c, acc.ID, managerID); err != nil {
		return Account{}, err
	}
	return acc, x.Store.PutAccount(ctx, acc, nil, c.Audit(x.NewID(), x.Now(), "account.create", acc.ID, acc.Email+", "+string(role)))
}

// Account finds an account that the caller may see: the own one, for an
// administrator everybody's, for a manager those below. Others are
// fault.NotFound if they are of another organization, else fault.Forbidden.
func (x *Accounts) Account(ctx context.Context, c Caller, id string) (Account, error) {
	if id == c.Account.ID {
		return c.Account, nil
	}
	acc, err := x.Store.AccountByID(ctx, c.Organization.ID, id)
	if err != nil {
		return Account{}, err
	}
	if c.Administers() {
		return acc, nil
	}
	if c.Account.Role == Manager {
		below, err := x.below(ctx, c, acc)
		if err != nil {
			return Account{}, err
		}
		if below {
			return acc, nil
		}
	}
	return Account{}, RoleRequired("admin")
}

// ByEmail finds an account by its address in any organization, or fault.NotFound: for
// an administrative command.
func (x *Accounts) ByEmail(ctx context.Context, email string) (Account, Organization, error) {
	return x.Store.AccountByEmail(ctx, NormalizeEmail(email))
}

// List gives the organization's accounts to an administrator.
func (x *Accounts) List(ctx context.Context, c Caller) ([]Account, error) {
	if !c.Administers() {
		return nil, RoleRequired("admin")
	}
	return x.Store.Accounts(ctx, c.Organization.ID)
}

// Administrators gives the active owners and admins of the caller's organization:
// everybody may know whom to ask.
func (x *Accounts) Administrators(ctx context.Context, c Caller) ([]Account, error) {
	all, err := x.Store.Accounts(ctx, c.Organization.ID)
	return slices.DeleteFunc(all, func(acc Account) bool {
		return acc.Status != Active || !acc.Role.Administers()
	}), err
}

// changeable finds an account that the caller may change as an administrator.
func (x *Accounts) changeable(ctx context.Context, c Caller, id string) (Account, error) {
	if !c.Administers() {
		return Account{}, RoleRequired("admin")
	}
	acc, err := x.Store.AccountByID(ctx, c.Organization.ID, id)
	if err != nil {
		return Account{}, err
	}
	return acc, mayTouch(c, acc)
}

// change changes an account as an administrator does. Who may is asked in the step
// itself: another one may be giving the account a higher role at this moment.
func (x *Accounts) change(ctx context.Context, c Caller, id string, end End, a Audit, change func(acc *Account, owners int) error) error {
	if !c.Administers() {
		return RoleRequired("admin")
	}
	return x.Store.ChangeAccount(ctx, c.Organization.ID, id, func(acc *Account, owners int) error {
		if err := mayTouch(c, *acc); err != nil {
			return err
		}
		return change(acc, owners)
	}, end, a)
}

// edit changes the caller's own account, or another one as change does.
func (x *Accounts) edit(ctx context.Context, c Caller, id string, a Audit, edit func(acc *Account) error) error {
	change := func(acc *Account, _ int) error { return edit(acc) }
	if id == c.Account.ID {
		return x.Store.ChangeAccount(ctx, c.Organization.ID, id, change, End{}, a)
	}
	return x.change(ctx, c, id, End{}, a, change)
}

// mayAppoint reports whether the caller may give somebody that role: only an
// owner makes owners and admins.
func mayAppoint(c Caller, role Role) error {
	switch {
	case !slices.Contains(Roles(), role):
		return fault.New(fault.Invalid, "role_unknown", "role", printable(string(role))).At("role")
	case !c.Administers():
		return RoleRequired("admin")
	case role.Administers() && !c.Owns():
		return RoleRequired("owner")
	}
	return nil
}

// SetRole changes what an account may do. The last owner stays one.
func (x *Accounts) SetRole(ctx context.Context, c Caller, id string, role Role, managerID string) error {
	if err := mayAppoint(c, role); err != nil {
		return err
	}
	managerID, err := x.manager(ctx, c, id, managerID)
	if err != nil {
		return err
	}
	a := c.Audit(x.NewID(), x.Now(), "account.role", id, string(role))
	return x.change(ctx, c, id, End{}, a, func(acc *Account, owners int) error {
		if acc.Role == Owner && role != Owner && owners == 0 {
			return fault.New(fault.Conflict, "last_owner")
		}
		acc.Role, acc.ManagerID = role, managerID
		return nil
	})
}

// Disable ends everything an account holds and keeps it from signing in.
func (x *Accounts) Disable(ctx context.Context, c Caller, id string) error {
	a := c.Audit(x.NewID(), x.Now(), "account.disable", id, "")
	return x.change(ctx, c, id, End{Sessions: true}, a, func(acc *Account, owners int) error {
		if acc.Role == Owner && owners == 0 {
			return fault.New(fault.Conflict, "last_owner")
		}
		acc.Status = Disabled
		return nil
	})
}

// Enable lets a disabled account in again. Its tokens, unless they were revoked
// or ran out, work again.
func (x *Accounts) Enable(ctx context.Context, c Caller, id string) error {
	a := c.Audit(x.NewID(), x.Now(), "account.enable", id, "")
	return x.change(ctx, c, id, End{}, a, func(acc *Account, _ int) error {
		acc.Status = Active
		if acc.PasswordHash == "" {
			acc.Status = Invited
		}
		return nil
	})
}

// mayTouch keeps admins from changing owners and other admins.
func mayTouch(c Caller, acc Account) error {
	if acc.Role.Administers() && !c.Owns() {
		return RoleRequired("owner")
	}
	return nil
}
