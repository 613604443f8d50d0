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
	// besides this account. change may be asked more than once: what others do at the
	// same time makes the step begin anew.
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
	if err := CheckPassword(password, email, org.Name); err != nil {
		return Account{}, err
	}
	if acc.PasswordHash, err = x.Passwords.Hash(ctx, password); err != nil {
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

func (o Organization) check() error {
	if len(o.Name) > 200 {
		return fault.New(fault.Invalid, "organization_name_too_long", "most", 200).At("organization")
	}
	if !validPlan(o.Plan) {
		return fault.New(fault.Invalid, "plan_unknown", "plan", printable(string(o.Plan)))
	}
	if err := checkTimeZone(o.TimeZone); err != nil {
		return err
	}
	return checkCountry(o.Country)
}

func checkTimeZone(name string) error {
	if name == "Local" {
		return fault.New(fault.Invalid, "time_zone_unknown", "zone", name).At("time_zone")
	}
	if _, err := time.LoadLocation(name); err != nil {
		return fault.New(fault.Invalid, "time_zone_unknown", "zone", printable(name)).At("time_zone")
	}
	return nil
}

func checkCountry(code string) error {
	if code == "" {
		return nil
	}
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return fault.New(fault.Invalid, "country_unknown", "country", printable(code)).At("country")
	}
	return nil
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
	return acc, x.Store.PutAccount(ctx, acc, nil, x.audit(c, "account.create", acc.ID, acc.Email+", "+string(role)))
}

// Invite makes an account that waits for its person and mails the link. The link
// is returned as well: where no mail can be sent, the page shows it.
func (x *Accounts) Invite(ctx context.Context, c Caller, email string, role Role, managerID string) (link string, acc Account, err error) {
	if err := mayAppoint(c, role); err != nil {
		return "", Account{}, err
	}
	if acc, err = x.newAccount(ctx, c.Organization, email, role, ""); err != nil {
		return "", Account{}, err
	}
	if acc.ManagerID, err = x.manager(ctx, c, acc.ID, managerID); err != nil {
		return "", Account{}, err
	}
	link, l := x.invitation(acc)
	a := x.audit(c, "account.invite", acc.ID, acc.Email+", "+string(role))
	if err := x.Store.PutAccount(ctx, acc, &l, a); err != nil {
		return "", Account{}, err
	}
	return link, acc, x.mailInvitation(ctx, c, acc, link)
}

// InviteAgain gives an invited account a new link and ends the old one.
func (x *Accounts) InviteAgain(ctx context.Context, c Caller, id string) (link string, err error) {
	acc, err := x.managed(ctx, c, id)
	if err != nil {
		return "", err
	}
	if err := mayTouch(c, acc); err != nil { // whoever has the link becomes the account
		return "", err
	}
	if acc.Status != Invited {
		return "", fault.New(fault.Conflict, "account_signed_up")
	}
	link, l := x.invitation(acc)
	if err := x.Links.PutLink(ctx, l, x.audit(c, "account.invite", acc.ID, acc.Email)); err != nil {
		return "", err
	}
	return link, x.mailInvitation(ctx, c, acc, link)
}

func (x *Accounts) invitation(acc Account) (string, Link) {
	secret, l := newLink(InvitationLink, acc.ID, x.Now(), InvitationAge)
	l.Sealed = x.Sealer.Seal("invitation", []byte(secret))
	return x.PublicURL + "/invitation/" + secret, l
}

func (x *Accounts) mailInvitation(ctx context.Context, c Caller, acc Account, link string) error {
	if !x.Mail.Configured() {
		return nil
	}
	return x.Mail.SendMail(ctx, acc.Email, acc.MailLanguage(c.Organization), "invitation", map[string]any{
		"link": link, "inviter": c.Actor().Name, "organization": c.Organization.Name, "days": 7,
	})
}

// Invitations gives the open invitation links by account id, for the Members
// page of a server that sends no mail. An admin sees those of owners and admins
// as little as their passwords.
func (x *Accounts) Invitations(ctx context.Context, c Caller) (map[string]string, error) {
	all, err := x.List(ctx, c)
	if err != nil {
		return nil, err
	}
	links, err := x.Links.Links(ctx, c.Organization.ID, InvitationLink, x.Now())
	if err != nil {
		return nil, err
	}
	open := make(map[string]string, len(links))
	for _, l := range links {
		invited := slices.IndexFunc(all, func(acc Account) bool { return acc.ID == l.AccountID })
		if invited < 0 || all[invited].Status != Invited || mayTouch(c, all[invited]) != nil {
			continue // whoever has the link becomes the account
		}
		secret, err := x.Sealer.Open("invitation", l.Sealed)
		if err != nil {
			continue // sealed under another master key: the person can be invited again
		}
		open[l.AccountID] = x.PublicURL + "/invitation/" + string(secret)
	}
	return open, nil
}

// Invitation finds the account that an invitation is for.
func (x *Accounts) Invitation(ctx context.Context, secret string) (Account, Organization, error) {
	_, acc, org, err := x.openInvitation(ctx, secret)
	return acc, org, err
}

// openInvitation finds an invitation that still works. It ends with the wait for
// its person: an account that was disabled, or has a password, is nobody's to take.
func (x *Accounts) openInvitation(ctx context.Context, secret string) (Link, Account, Organization, error) {
	l, acc, org, err := openLink(ctx, x.Links, InvitationLink, secret, x.Now())
	if err == nil {
		err = acc.invited()
	}
	return l, acc, org, err
}

// invited refuses an account that waits for nobody.
func (a Account) invited() error {
	if a.Status != Invited {
		return linkEnded(InvitationLink)
	}
	return nil
}

// Accept finishes an invitation: the person chooses a name and a password, and is
// signed in.
func (x *Accounts) Accept(ctx context.Context, secret, name, password string, from Browser) (session string, err error) {
	l, acc, org, err := x.openInvitation(ctx, secret)
	if err != nil {
		return "", err
	}
	if err := CheckPassword(password, acc.Email, org.Name); err != nil {
		return "", err
	}
	hash, err := x.Passwords.Hash(ctx, password)
	if err != nil {
		return "", err
	}
	a := Audit{
		ID: x.NewID(), OrganizationID: org.ID, At: x.Now(), Action: "account.accept", ObjectID: acc.ID,
		Actor: Actor{AccountID: acc.ID, Name: acc.Email, Address: from.Address},
	}
	err = x.Links.RedeemLink(ctx, l.Hash, x.Now(), func(acc *Account) error {
		if err := acc.invited(); err != nil { // disabled while the page stood open
			return err
		}
		acc.Status, acc.PasswordHash, acc.PasswordChangedAt = Active, hash, a.At
		if name != "" {
			acc.Name = name
		}
		return acc.checkProfile()
	}, End{}, a)
	if err != nil {
		return "", err
	}
	session, err = x.Sessions.start(ctx, acc, from, "", "sign_in")
	return session, err
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
	return Account{}, forbidden("admin")
}

// below reports whether the account stands under the caller, at any depth.
func (x *Accounts) below(ctx context.Context, c Caller, acc Account) (bool, error) {
	all, err := x.Store.Accounts(ctx, c.Organization.ID)
	if err != nil {
		return false, err
	}
	return isBelow(all, acc.ID, c.Account.ID), nil
}

// isBelow walks up from an account. A circle ends the walk.
func isBelow(all []Account, id, managerID string) bool {
	above := make(map[string]string, len(all))
	for _, acc := range all {
		above[acc.ID] = acc.ManagerID
	}
	for range all {
		id = above[id]
		if id == "" || id == managerID {
			break
		}
	}
	return id != "" && id == managerID
}

// List gives the organization's accounts to an administrator.
func (x *Accounts) List(ctx context.Context, c Caller) ([]Account, error) {
	if !c.Administers() {
		return nil, forbidden("admin")
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

// managed finds an account that the caller may change as an administrator.
func (x *Accounts) managed(ctx context.Context, c Caller, id string) (Account, error) {
	if !c.Administers() {
		return Account{}, forbidden("admin")
	}
	return x.Store.AccountByID(ctx, c.Organization.ID, id)
}

// manager checks that an account may stand above another.
func (x *Accounts) manager(ctx context.Context, c Caller, id, managerID string) (string, error) {
	if managerID == "" {
		return "", nil
	}
	all, err := x.Store.Accounts(ctx, c.Organization.ID)
	if err != nil {
		return "", err
	}
	for _, acc := range all {
		if acc.ID == managerID && acc.ID != id && !isBelow(all, managerID, id) {
			return managerID, nil
		}
	}
	return "", fault.New(fault.Invalid, "manager_unknown").At("manager")
}

// mayAppoint reports whether the caller may give somebody that role: only an
// owner makes owners and admins.
func mayAppoint(c Caller, role Role) error {
	switch {
	case !validRole(role):
		return fault.New(fault.Invalid, "role_unknown", "role", printable(string(role))).At("role")
	case !c.Administers():
		return forbidden("admin")
	case role.Administers() && !c.Owns():
		return forbidden("owner")
	}
	return nil
}

// SetRole changes what an account may do. The last owner stays one.
func (x *Accounts) SetRole(ctx context.Context, c Caller, id string, role Role, managerID string) error {
	if err := mayAppoint(c, role); err != nil {
		return err
	}
	if _, err := x.managed(ctx, c, id); err != nil {
		return err
	}
	managerID, err := x.manager(ctx, c, id, managerID)
	if err != nil {
		return err
	}
	return x.Store.ChangeAccount(ctx, c.Organization.ID, id, func(acc *Account, owners int) error {
		if err := mayTouch(c, *acc); err != nil {
			return err
		}
		if acc.Role == Owner && role != Owner && owners == 0 {
			return fault.New(fault.Conflict, "last_owner")
		}
		acc.Role, acc.ManagerID = role, managerID
		return nil
	}, End{}, x.audit(c, "account.role", id, string(role)))
}

// Disable ends everything an account holds and keeps it from signing in.
func (x *Accounts) Disable(ctx context.Context, c Caller, id string) error {
	if !c.Administers() {
		return forbidden("admin")
	}
	return x.Store.ChangeAccount(ctx, c.Organization.ID, id, func(acc *Account, owners int) error {
		if err := mayTouch(c, *acc); err != nil {
			return err
		}
		if acc.Role == Owner && owners == 0 {
			return fault.New(fault.Conflict, "last_owner")
		}
		acc.Status = Disabled
		return nil
	}, End{Sessions: true}, x.audit(c, "account.disable", id, ""))
}

// Enable lets a disabled account in again. Its tokens, unless they were revoked
// or ran out, work again.
func (x *Accounts) Enable(ctx context.Context, c Caller, id string) error {
	if !c.Administers() {
		return forbidden("admin")
	}
	return x.Store.ChangeAccount(ctx, c.Organization.ID, id, func(acc *Account, _ int) error {
		if err := mayTouch(c, *acc); err != nil {
			return err
		}
		acc.Status = Active
		if acc.PasswordHash == "" {
			acc.Status = Invited
		}
		return nil
	}, End{}, x.audit(c, "account.enable", id, ""))
}

// Withdraw takes an invitation back.
func (x *Accounts) Withdraw(ctx context.Context, c Caller, id string) error {
	acc, err := x.managed(ctx, c, id)
	if err != nil {
		return err
	}
	if err := mayTouch(c, acc); err != nil {
		return err
	}
	if acc.Status != Invited {
		return fault.New(fault.Conflict, "account_signed_up")
	}
	return x.Store.DeleteAccount(ctx, c.Organization.ID, id, x.audit(c, "account.withdraw", id, acc.Email))
}

// mayTouch keeps admins from changing owners and other admins.
func mayTouch(c Caller, acc Account) error {
	if acc.Role.Administers() && !c.Owns() {
		return forbidden("owner")
	}
	return nil
}

func (x *Accounts) audit(c Caller, action, object, detail string) Audit {
	return Audit{
		ID: x.NewID(), OrganizationID: c.Organization.ID, At: x.Now(),
		Actor: c.Actor(), Action: action, ObjectID: object, Detail: detail,
	}
}

func validRole(r Role) bool {
	return r == Owner || r == Admin || r == Manager || r == Member
}

func validPlan(p Plan) bool {
	return p == Free || p == Premium || p == Business || p == Enterprise
}
