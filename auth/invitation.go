package auth

import (
	"context"
	"slices"

	"github.com/faxgate/faxgate/fault"
)

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
	if err := x.countMail(c, invitationLimit(c)); err != nil {
		return "", Account{}, err
	}
	link, l := x.invitation(acc)
	a := c.Audit(x.NewID(), x.Now(), "account.invite", acc.ID, acc.Email+", "+string(role))
	if err := x.Store.PutAccount(ctx, acc, &l, a); err != nil {
		return "", Account{}, err
	}
	return link, acc, x.mailInvitation(ctx, c, acc, link)
}

// InviteAgain gives an invited account a new link and ends the old one.
func (x *Accounts) InviteAgain(ctx context.Context, c Caller, id string) (link string, err error) {
	acc, err := x.changeable(ctx, c, id) // whoever has the link becomes the account
	if err != nil {
		return "", err
	}
	if acc.Status != Invited {
		return "", fault.New(fault.Conflict, "account_signed_up")
	}
	if err := x.countMail(c, invitationLimit(c)); err != nil {
		return "", err
	}
	link, l := x.invitation(acc)
	if err := x.Links.PutLink(ctx, l, c.Audit(x.NewID(), x.Now(), "account.invite", acc.ID, acc.Email)); err != nil {
		return "", err
	}
	return link, x.mailInvitation(ctx, c, acc, link)
}

func (x *Accounts) invitation(acc Account) (string, Link) {
	secret, l := newLink(InvitationLink, acc.ID, x.Now())
	l.Sealed = x.Sealer.Seal("invitation", []byte(secret))
	return x.PublicURL + "/invitation/" + secret, l
}

func (x *Accounts) mailInvitation(ctx context.Context, c Caller, acc Account, link string) error {
	if !x.Mail.Configured() {
		return nil
	}
	return x.Mail.SendMail(ctx, acc.Email, acc.MailLanguage(c.Organization), "invitation", map[string]any{
		"link": link, "inviter": c.Actor().Name, "organization": c.Organization.Name, "age": InvitationAge,
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
	hash, err := x.Passwords.HashNew(ctx, password, acc.Email, org.Name)
	if err != nil {
		return "", err
	}
	c := Caller{Account: acc, Organization: org, Address: from.Address}
	a := c.Audit(x.NewID(), x.Now(), "account.accept", acc.ID, "")
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

// Withdraw takes an invitation back.
func (x *Accounts) Withdraw(ctx context.Context, c Caller, id string) error {
	acc, err := x.changeable(ctx, c, id)
	if err != nil {
		return err
	}
	if acc.Status != Invited {
		return fault.New(fault.Conflict, "account_signed_up")
	}
	return x.Store.DeleteAccount(ctx, c.Organization.ID, id, c.Audit(x.NewID(), x.Now(), "account.withdraw", id, acc.Email))
}
