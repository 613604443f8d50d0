package auth

import (
	"context"

	"github.com/faxgate/faxgate/fault"
)

// ChangeEmail asks for a new address. It counts only when the link that is sent
// there is opened; the old address is told. Without mail the administrator's
// command line is the way.
//
// Whoever holds the address can set a new password, so that a person in the browser
// must have typed the old one a short while ago: otherwise fault.Forbidden
// "password_again".
func (x *Accounts) ChangeEmail(ctx context.Context, c Caller, id, email string) error {
	if c.TokenID == "" && !c.Session.Recent(x.Now()) {
		return fault.New(fault.Forbidden, "password_again")
	}
	acc, email, err := x.emailChange(ctx, c, id, email)
	if err != nil || email == acc.Email {
		return err
	}
	if err := x.countMail(c, emailChangeLimit(acc)); err != nil {
		return err
	}
	secret, l := newLink(EmailChangeLink, acc.ID, x.Now())
	l.Email = email
	if err := x.Links.PutLink(ctx, l, c.Audit(x.NewID(), x.Now(), "email.change", acc.ID, acc.Email+" to "+email)); err != nil {
		return err
	}
	params := map[string]any{"link": x.PublicURL + "/email/" + secret, "email": email, "age": EmailChangeAge}
	if err := x.Mail.SendMail(ctx, email, acc.MailLanguage(c.Organization), "email_change_confirm", params); err != nil {
		return err
	}
	return x.tell(ctx, acc, c.Organization, "email_changed_notice", map[string]any{"email": email})
}

// NewEmail finds the address that ConfirmEmail will make count.
func (x *Accounts) NewEmail(ctx context.Context, secret string) (string, error) {
	l, _, _, err := openLink(ctx, x.Links, EmailChangeLink, secret, x.Now())
	return l.Email, err
}

// CheckEmailChange gives the error with which ChangeEmail would refuse, for those
// who change other things with it: all of it or nothing.
func (x *Accounts) CheckEmailChange(ctx context.Context, c Caller, id, email string) error {
	acc, to, err := x.emailChange(ctx, c, id, email)
	if err != nil || to == acc.Email {
		return err
	}
	l := emailChangeLimit(acc)
	return mailThrottled(x.SignIn.Throttle.Over(l.Key, l.Most))
}

// emailChange finds the account and the address as it will be stored.
func (x *Accounts) emailChange(ctx context.Context, c Caller, id, email string) (acc Account, to string, err error) {
	acc = c.Account
	if id != c.Account.ID {
		if acc, err = x.changeable(ctx, c, id); err != nil {
			return Account{}, "", err
		}
	}
	if to, err = CheckEmail(email); err != nil {
		return Account{}, "", err
	}
	if to != acc.Email && !x.Mail.Configured() {
		return Account{}, "", fault.New(fault.Conflict, "email_change_needs_mail").At("email")
	}
	return acc, to, nil
}

// ConfirmEmail makes the new address count. An address that another account took
// meanwhile is fault.Conflict "email_taken". Links that were mailed to the old
// address end.
func (x *Accounts) ConfirmEmail(ctx context.Context, secret string, from Browser) (email string, err error) {
	l, acc, org, err := openLink(ctx, x.Links, EmailChangeLink, secret, x.Now())
	if err != nil {
		return "", err
	}
	c := Caller{Account: acc, Organization: org, Address: from.Address}
	a := c.Audit(x.NewID(), x.Now(), "email.confirm", acc.ID, acc.Email+" to "+l.Email)
	return l.Email, x.Links.RedeemLink(ctx, l.Hash, a.At, func(acc *Account) error {
		if acc.Status == Disabled {
			return fault.New(fault.Forbidden, "account_disabled")
		}
		acc.Email = l.Email
		return nil
	}, End{Links: true}, a)
}
