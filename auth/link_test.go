package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
)

const newPassword = "violet kettle marches seaward"

// secretOf is the secret at the end of a link.
func secretOf(link string) string { return link[strings.LastIndex(link, "/")+1:] }

// Whoever has the link of an invitation becomes the account, so that it must not
// outlive the wait for its person.
func TestAnInvitationEndsWithTheWait(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		for name, end := range map[string]func(id string) error{
			"disabled":         func(id string) error { return o.Disable(t.Context(), o.admin, id) },
			"given a password": func(id string) error { return o.SetPassword(t.Context(), o.admin, id, newPassword) },
			"by a link for a password": func(id string) error {
				link, err := o.ResetLink(t.Context(), o.admin, id)
				if err != nil {
					return err
				}
				_, err = o.FinishReset(t.Context(), secretOf(link), newPassword, false, auth.Browser{})
				return err
			},
		} {
			link, invited, err := o.Invite(t.Context(), o.admin, auth.NewID()+"@clinic.example", auth.Member, "")
			is(t, "inviting", err, "")
			is(t, name, end(invited.ID), "")
			status := o.account(t, invited.ID).Status
			_, _, err = o.Invitation(t.Context(), secretOf(link))
			is(t, name+", then the page", err, "invitation_link_ended")
			_, err = o.Accept(t.Context(), secretOf(link), "", "granary seldom tickets orbit", auth.Browser{})
			is(t, name+", then accepting", err, "invitation_link_ended")
			if got := o.account(t, invited.ID).Status; got != status {
				t.Errorf("%s: the status became %s", name, got)
			}
			open, err := o.Invitations(t.Context(), o.admin)
			if err != nil || open[invited.ID] != "" {
				t.Errorf("%s: the link is still shown, %v", name, err)
			}
		}
	})
}

// The account decides, not the link alone.
func TestNoLinkInvitesIntoAnAccountThatIsSomebodys(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		secret := auth.NewSecret(auth.OneTimeLink)
		l := auth.Link{
			Hash: auth.HashOf(secret), Kind: auth.InvitationLink, AccountID: o.member.Account.ID,
			CreatedAt: o.clock.Now(), ExpiresAt: o.clock.Now().Add(auth.InvitationAge),
		}
		is(t, "a link", o.db.PutLink(t.Context(), l, o.audit()), "")
		_, err := o.Accept(t.Context(), secret, "", newPassword, auth.Browser{})
		is(t, "accepting", err, "invitation_link_ended")
		if got := o.account(t, o.member.Account.ID).PasswordHash; got != o.member.Account.PasswordHash {
			t.Error("the password was replaced")
		}
	})
}

// What our mail tells the victim to do must stop what was asked for in the victim's
// name.
func TestANewPasswordEndsTheChangeOfAddress(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.mail.On = true
		id := o.member.Account.ID
		for name, end := range map[string]func() error{
			"a new password": func() error { return o.SetPassword(t.Context(), o.admin, id, newPassword) },
			"being disabled": func() error { return o.Disable(t.Context(), o.admin, id) },
		} {
			is(t, "enabled", o.Enable(t.Context(), o.admin, id), "")
			o.member.Session.AuthenticatedAt = o.clock.Now()
			is(t, "asking", o.ChangeEmail(t.Context(), o.member, id, "thief@elsewhere.example"), "")
			link := o.mail.Link(t, "email_change_confirm")
			_, err := o.NewEmail(t.Context(), secretOf(link))
			is(t, "the page before", err, "")
			is(t, name, end(), "")
			_, err = o.ConfirmEmail(t.Context(), secretOf(link), auth.Browser{})
			is(t, "confirming after "+name, err, "email_change_link_ended")
		}
	})
}

func TestADisabledAccountKeepsItsAddress(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.mail.On = true
		id := o.member.Account.ID
		is(t, "disabled", o.Disable(t.Context(), o.admin, id), "")
		program := o.admin
		program.TokenID = auth.NewID()
		is(t, "asking afterwards", o.ChangeEmail(t.Context(), program, id, "new@clinic.example"), "")
		_, err := o.ConfirmEmail(t.Context(), secretOf(o.mail.Link(t, "email_change_confirm")), auth.Browser{})
		is(t, "confirming", err, "account_disabled")
	})
}

// The old address may belong to somebody else by now.
func TestANewAddressEndsTheLinksOfTheOldOne(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.mail.On = true
		id := o.member.Account.ID
		reset, err := o.ResetLink(t.Context(), o.admin, id)
		is(t, "a link for a password", err, "")
		o.member.Session.AuthenticatedAt = o.clock.Now()
		is(t, "asking", o.ChangeEmail(t.Context(), o.member, id, "new@clinic.example"), "")
		_, err = o.ConfirmEmail(t.Context(), secretOf(o.mail.Link(t, "email_change_confirm")), auth.Browser{})
		is(t, "confirming", err, "")
		_, err = o.Reset(t.Context(), secretOf(reset))
		is(t, "the link for a password", err, "password_reset_link_ended")
	})
}

// NIST SP 800-63B-4 5.2: whoever finds a browser open must not get the account.
func TestANewAddressNeedsThePassword(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.mail.On = true
		o.member.Session.AuthenticatedAt = o.clock.Now().Add(-auth.RecentlyConfirmed)
		ask := func() error {
			return o.ChangeEmail(t.Context(), o.member, o.member.Account.ID, "new@clinic.example")
		}
		is(t, "typed 15 minutes ago", ask(), "password_again")
		o.member.Session.AuthenticatedAt = o.clock.Now().Add(time.Second - auth.RecentlyConfirmed)
		is(t, "typed just before", ask(), "")
		o.member.Session = auth.Session{}
		o.member.TokenID = auth.NewID()
		is(t, "a program", ask(), "")
	})
}
