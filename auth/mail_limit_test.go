package auth_test

import (
	"testing"

	"github.com/faxgate/faxgate/auth"
)

// Nobody fills a stranger's mailbox through the server.
func TestChangesOfAddressAreMailedThreeTimes(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.mail.On = true
		program, other := o.member, o.manager
		program.TokenID, other.TokenID = auth.NewID(), auth.NewID()
		ask := func(c auth.Caller) error {
			return o.ChangeEmail(t.Context(), c, c.Account.ID, auth.NewID()+"@elsewhere.example")
		}
		for range 3 {
			is(t, "asking", ask(program), "")
		}
		sent := len(o.mail.Sent())
		is(t, "a fourth time", ask(program), "mail_throttled")
		is(t, "what would be refused is known before", o.CheckEmailChange(t.Context(), program, program.Account.ID, "x@elsewhere.example"), "mail_throttled")
		is(t, "without a change", o.CheckEmailChange(t.Context(), program, program.Account.ID, program.Account.Email), "")
		if got := len(o.mail.Sent()); got != sent {
			t.Errorf("%d mails more", got-sent)
		}
		is(t, "another account", ask(other), "")
		o.clock.Advance(2 * auth.FailureWindow)
		is(t, "half an hour later", ask(program), "")
	})
}

func TestInvitationsAreMailedFiftyTimes(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		o.mail.On = true
		invite := func(c auth.Caller) error {
			_, _, err := o.Invite(t.Context(), c, auth.NewID()+"@elsewhere.example", auth.Member, "")
			return err
		}
		_, invited, err := o.Invite(t.Context(), o.admin, "new@clinic.example", auth.Member, "")
		is(t, "inviting", err, "")
		for range 48 {
			is(t, "inviting", invite(o.admin), "")
		}
		_, err = o.InviteAgain(t.Context(), o.admin, invited.ID)
		is(t, "inviting again, the fiftieth", err, "")
		is(t, "one more", invite(o.admin), "mail_throttled")
		_, err = o.InviteAgain(t.Context(), o.admin, invited.ID)
		is(t, "one more again", err, "mail_throttled")
		is(t, "somebody else", invite(o.owner), "")
		is(t, "the operator", invite(auth.Operator(o.org)), "")
		o.mail.On = false
		is(t, "where nothing is mailed", invite(o.admin), "")
	})
}
