package auth_test

import (
	"strings"
	"testing"

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
			CreatedAt: o.clock.now, ExpiresAt: o.clock.now.Add(auth.InvitationAge),
		}
		is(t, "a link", o.db.PutLink(t.Context(), l, o.audit()), "")
		_, err := o.Accept(t.Context(), secret, "", newPassword, auth.Browser{})
		is(t, "accepting", err, "invitation_link_ended")
		if got := o.account(t, o.member.Account.ID).PasswordHash; got != o.member.Account.PasswordHash {
			t.Error("the password was replaced")
		}
	})
}
