package auth

import (
	"context"
	"errors"

	"github.com/faxgate/faxgate/fault"
)

// ChangePassword replaces the caller's password. Every other session ends; with
// tokens set, personal access tokens and connected apps end too.
func (x *Accounts) ChangePassword(ctx context.Context, c Caller, current, replacement string, tokens bool, from Browser) error {
	if err := x.SignIn.CheckPassword(ctx, c, current, from); err != nil {
		if e := fault.Of(err); e != nil && e.Field == "password" {
			return e.At("current_password")
		}
		return err
	}
	hash, err := x.Passwords.HashNew(ctx, replacement, c.Account.Email, c.Organization.Name)
	if err != nil {
		return err
	}
	end := End{Sessions: true, ExceptSession: c.Session.ID, Tokens: tokens}
	a := c.Audit(x.NewID(), x.Now(), "password.change", c.Account.ID, end.detail())
	err = x.Store.ChangeAccount(ctx, c.Organization.ID, c.Account.ID, func(acc *Account, _ int) error {
		acc.PasswordHash, acc.PasswordChangedAt = hash, a.At
		return nil
	}, end, a)
	if err != nil {
		return err
	}
	return x.tell(ctx, c.Account, c.Organization, "password_changed", map[string]any{"address": from.Address})
}

// ForgotPassword mails a one-time link, if there is such an account and mail can
// be sent. The answer is always the same, and so is the time it takes: link and
// mail are made afterwards.
func (x *Accounts) ForgotPassword(ctx context.Context, email string, from Browser) error {
	acc, org, err := x.Store.AccountByEmail(ctx, NormalizeEmail(email))
	if errors.Is(err, fault.NotFound) || err == nil && (!acc.CanSignIn() || !x.Mail.Configured()) {
		return nil
	}
	if err != nil {
		return err
	}
	if x.SignIn.Throttle.Try(Limit{"forgot " + acc.Email, 3}) > 0 {
		return nil // a stranger cannot fill somebody's mailbox
	}
	x.SignIn.Background.Do(ctx, "mail with a link for a new password", func(ctx context.Context) error {
		return x.mailResetLink(ctx, acc, org, from)
	})
	return nil
}

func (x *Accounts) mailResetLink(ctx context.Context, acc Account, org Organization, from Browser) error {
	a := Audit{
		ID: x.NewID(), OrganizationID: org.ID, At: x.Now(), Action: "password.forgot", ObjectID: acc.ID,
		Actor: Actor{Name: acc.Email, Address: from.Address}, // no account: whoever asked is unknown
	}
	link, err := x.resetLink(ctx, acc, a)
	if err != nil {
		return err
	}
	return x.Mail.SendMail(ctx, acc.Email, acc.MailLanguage(org), "password_reset", map[string]any{"link": link, "age": PasswordResetAge, "address": from.Address})
}

// ResetLink makes a link with which an account's person chooses a new password:
// for an administrative command.
func (x *Accounts) ResetLink(ctx context.Context, c Caller, id string) (link string, err error) {
	acc, err := x.changeable(ctx, c, id)
	if err != nil {
		return "", err
	}
	return x.resetLink(ctx, acc, c.Audit(x.NewID(), x.Now(), "password.reset_link", acc.ID, acc.Email))
}

func (x *Accounts) resetLink(ctx context.Context, acc Account, a Audit) (string, error) {
	secret, l := newLink(PasswordResetLink, acc.ID, x.Now())
	return x.PublicURL + "/reset/" + secret, x.Links.PutLink(ctx, l, a)
}

// SetPassword replaces an account's password without its old one: for an
// administrative command. Every session of the account ends.
func (x *Accounts) SetPassword(ctx context.Context, c Caller, id, password string) error {
	acc, err := x.changeable(ctx, c, id)
	if err != nil {
		return err
	}
	hash, err := x.Passwords.HashNew(ctx, password, acc.Email, c.Organization.Name)
	if err != nil {
		return err
	}
	a := c.Audit(x.NewID(), x.Now(), "password.set", id, "")
	return x.change(ctx, c, id, End{Sessions: true}, a, func(acc *Account, _ int) error {
		acc.PasswordHash, acc.PasswordChangedAt = hash, a.At
		if acc.Status == Invited {
			acc.Status = Active
		}
		return nil
	})
}

// Reset finds the account that a password link is for.
func (x *Accounts) Reset(ctx context.Context, secret string) (Account, error) {
	_, acc, _, err := openLink(ctx, x.Links, PasswordResetLink, secret, x.Now())
	return acc, err
}

// FinishReset sets the new password, ends every session of the account and signs
// the person in.
func (x *Accounts) FinishReset(ctx context.Context, secret, password string, tokens bool, from Browser) (session string, err error) {
	l, acc, org, err := openLink(ctx, x.Links, PasswordResetLink, secret, x.Now())
	if err != nil {
		return "", err
	}
	hash, err := x.Passwords.HashNew(ctx, password, acc.Email, org.Name)
	if err != nil {
		return "", err
	}
	c := Caller{Account: acc, Organization: org, Address: from.Address}
	end := End{Sessions: true, Tokens: tokens}
	a := c.Audit(x.NewID(), x.Now(), "password.reset", acc.ID, end.detail())
	err = x.Links.RedeemLink(ctx, l.Hash, a.At, func(acc *Account) error {
		if acc.Status == Disabled {
			return fault.New(fault.Forbidden, "account_disabled")
		}
		acc.PasswordHash, acc.PasswordChangedAt, acc.Status = hash, a.At, Active
		return nil
	}, end, a)
	if err != nil {
		return "", err
	}
	if err := x.tell(ctx, acc, org, "password_changed", map[string]any{"address": from.Address}); err != nil {
		return "", err
	}
	session, err = x.Sessions.start(ctx, acc, from, "", "sign_in")
	return session, err
}

// tell sends a notice to the account's own address, where mail can be sent.
func (x *Accounts) tell(ctx context.Context, acc Account, org Organization, kind string, params map[string]any) error {
	if !x.Mail.Configured() {
		return nil
	}
	return x.Mail.SendMail(ctx, acc.Email, acc.MailLanguage(org), kind, params)
}
