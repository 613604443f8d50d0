package auth_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
)

func TestOnlyAnOwnerMakesOwnersAndAdmins(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		for _, tt := range []struct {
			name string
			who  auth.Caller
			role auth.Role
			want string
		}{
			{"an owner, an admin", o.owner, auth.Admin, ""},
			{"an owner, an owner", o.owner, auth.Owner, ""},
			{"an admin, a manager", o.admin, auth.Manager, ""},
			{"an admin, an admin", o.admin, auth.Admin, "role_required"},
			{"an admin, an owner", o.admin, auth.Owner, "role_required"},
			{"a manager, a member", o.manager, auth.Member, "role_required"},
			{"an owner, a king", o.owner, "king", "role_unknown"},
		} {
			_, _, err := o.Invite(t.Context(), tt.who, auth.NewID()+"@clinic.example", tt.role, "")
			is(t, "inviting: "+tt.name, err, tt.want)
			is(t, "changing: "+tt.name, o.SetRole(t.Context(), tt.who, o.member.Account.ID, tt.role, ""), tt.want)
			is(t, "back", o.SetRole(t.Context(), o.owner, o.member.Account.ID, auth.Member, ""), "")
		}
	})
}

func TestTheLastOwnerStaysOne(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		id := o.owner.Account.ID
		is(t, "stepping down", o.SetRole(t.Context(), o.owner, id, auth.Member, ""), "last_owner")
		is(t, "disabling oneself", o.Disable(t.Context(), o.owner, id), "last_owner")
		is(t, "a second owner", o.SetRole(t.Context(), o.owner, o.admin.Account.ID, auth.Owner, ""), "")
		is(t, "who is disabled", o.Disable(t.Context(), o.owner, o.admin.Account.ID), "")
		is(t, "and does not count", o.SetRole(t.Context(), o.owner, id, auth.Member, ""), "last_owner")
		is(t, "enabled again", o.Enable(t.Context(), o.owner, o.admin.Account.ID), "")
		is(t, "now there is another", o.SetRole(t.Context(), o.owner, id, auth.Member, ""), "")
	})
}

func TestAnAdminDoesNotTouchOwnersAndAdmins(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		id := o.owner.Account.ID
		is(t, "disable", o.Disable(t.Context(), o.admin, id), "role_required")
		is(t, "enable", o.Enable(t.Context(), o.admin, id), "role_required")
		is(t, "role", o.SetRole(t.Context(), o.admin, id, auth.Member, ""), "role_required")
		is(t, "password", o.SetPassword(t.Context(), o.admin, id, "violet kettle marches seaward"), "role_required")
		_, err := o.ResetLink(t.Context(), o.admin, id)
		is(t, "password link", err, "role_required")
		o.mail.On = true
		o.admin.Session.AuthenticatedAt = o.clock.Now()
		is(t, "address", o.ChangeEmail(t.Context(), o.admin, id, "x@clinic.example"), "role_required")
		is(t, "name", o.EditProfile(t.Context(), o.admin, id, func(acc *auth.Account) error { return nil }), "role_required")
		quota := 1
		is(t, "quota", o.SetMemberDetail(t.Context(), o.admin, id, &quota, nil), "role_required")
		is(t, "a member's quota", o.SetMemberDetail(t.Context(), o.admin, o.member.Account.ID, &quota, nil), "")
		is(t, "the own quota", o.SetMemberDetail(t.Context(), o.admin, o.admin.Account.ID, &quota, nil), "")
		is(t, "an admin's, by an owner", o.SetMemberDetail(t.Context(), o.owner, o.admin.Account.ID, &quota, nil), "")
		is(t, "a member's own", o.SetMemberDetail(t.Context(), o.member, o.member.Account.ID, &quota, nil), "role_required")
	})
}

// Whoever has the link of an invitation becomes the account: an admin must not get
// hold of an owner's.
func TestTheInvitationOfAnOwnerIsNoAdminsToSee(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		_, future, err := o.Invite(t.Context(), o.owner, "future@clinic.example", auth.Owner, "")
		is(t, "inviting an owner", err, "")
		link, member, err := o.Invite(t.Context(), o.admin, "new@clinic.example", auth.Member, "")
		is(t, "inviting a member", err, "")

		_, err = o.InviteAgain(t.Context(), o.admin, future.ID)
		is(t, "an admin invites the owner again", err, "role_required")
		is(t, "an admin withdraws it", o.Withdraw(t.Context(), o.admin, future.ID), "role_required")
		seen, err := o.Invitations(t.Context(), o.admin)
		if err != nil || len(seen) != 1 || seen[member.ID] != link {
			t.Errorf("an admin sees %v, %v", seen, err)
		}
		seen, err = o.Invitations(t.Context(), o.owner)
		if err != nil || len(seen) != 2 || !strings.HasPrefix(seen[future.ID], "https://fax.example/invitation/fgl_") {
			t.Errorf("an owner sees %v, %v", seen, err)
		}
		_, err = o.Invitations(t.Context(), o.manager)
		is(t, "a manager", err, "role_required")
		is(t, "the owner withdraws it", o.Withdraw(t.Context(), o.owner, future.ID), "")
	})
}

func TestAnInvitationWorksOnce(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		link, invited, err := o.Invite(t.Context(), o.admin, "New@Clinic.example", auth.Member, o.manager.Account.ID)
		is(t, "inviting", err, "")
		secret := link[strings.LastIndex(link, "/")+1:]
		_, err = o.Accept(t.Context(), secret, "花子", "short", auth.Browser{})
		if err == nil {
			t.Error("a short password is taken")
		}
		const password = "violet kettle marches seaward"
		session, err := o.Accept(t.Context(), secret, "花子", password, auth.Browser{Address: "192.0.2.1"})
		is(t, "accepting", err, "")
		acc := o.account(t, invited.ID)
		if acc.Status != auth.Active || acc.Name != "花子" || acc.Email != "new@clinic.example" || acc.ManagerID != o.manager.Account.ID || acc.Role != auth.Member {
			t.Errorf("the account is %+v", acc)
		}
		c, err := o.Sessions.Caller(t.Context(), session, "")
		if err != nil || c.Account.ID != invited.ID {
			t.Errorf("the session is %s's, %v", c.Account.Email, err)
		}
		_, err = o.Accept(t.Context(), secret, "", password, auth.Browser{})
		is(t, "accepting twice", err, "invitation_link_ended")
		_, err = o.InviteAgain(t.Context(), o.admin, invited.ID)
		is(t, "inviting again", err, "account_signed_up")
		is(t, "withdrawing", o.Withdraw(t.Context(), o.admin, invited.ID), "account_signed_up")
	})
}

func TestANewInvitationEndsTheOldOneAndAWeekEndsEach(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		first, invited, err := o.Invite(t.Context(), o.admin, "new@clinic.example", auth.Member, "")
		is(t, "inviting", err, "")
		second, err := o.InviteAgain(t.Context(), o.admin, invited.ID)
		is(t, "inviting again", err, "")
		look := func(link string) error {
			_, _, err := o.Invitation(t.Context(), link[strings.LastIndex(link, "/")+1:])
			return err
		}
		if look(first) == nil {
			t.Error("the first link still works")
		}
		o.clock.Advance(auth.InvitationAge - 1e6)
		is(t, "within a week", look(second), "")
		o.clock.Advance(1e6)
		is(t, "after a week", look(second), "invitation_link_ended")
		is(t, "something else", look("x"), "link_unknown")
		is(t, "one that nobody made", look(auth.NewSecret(auth.OneTimeLink)), "link_unknown")
	})
}

// A manager stands above others, and nobody above oneself.
func TestManagersStandInNoCircle(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		manager, member := o.manager.Account.ID, o.member.Account.ID
		set := func(id, above string) error { return o.SetRole(t.Context(), o.owner, id, auth.Manager, above) }
		is(t, "a manager above", set(member, manager), "")
		is(t, "oneself", set(manager, manager), "manager_unknown")
		is(t, "one who is below", set(manager, member), "manager_unknown")
		is(t, "somebody unknown", set(manager, auth.NewID()), "manager_unknown")
		is(t, "nobody", set(manager, ""), "")
	})
}

func TestAnAddressHasOneAccount(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		_, _, err := o.Invite(t.Context(), o.owner, " MEMBER@clinic.example ", auth.Member, "")
		is(t, "an address that is taken", err, "email_taken")
		for _, email := range []string{"", "nobody", "a@", "@b", "a b@c.example", "A <a@b.example>", "a@b.example\n", strings.Repeat("a", 250) + "@b.example", "a@b.example\x00"} {
			_, _, err := o.Invite(t.Context(), o.owner, email, auth.Member, "")
			if email == "a@b.example\n" { // spaces around it are nobody's
				is(t, "a line end behind", err, "")
				continue
			}
			is(t, email, err, "email_invalid")
		}
	})
}

// NIST SP 800-53 AU-3: what a program did in a person's name was the program.
func TestTheAuditNamesTheProgramThatActed(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		program := o.member
		program.TokenID, program.ClientID, program.Address = "token", "client", "192.0.2.1"
		nothing := func(*auth.Account) error { return nil }
		o.clock.Advance(time.Second)
		is(t, "editing", o.EditProfile(t.Context(), program, program.Account.ID, nothing), "")
		want := auth.Actor{
			AccountID: program.Account.ID, Name: program.Account.Email, Address: "192.0.2.1", TokenID: "token", ClientID: "client",
		}
		records, err := o.db.Audits(t.Context(), o.org.ID, 1)
		if err != nil || len(records) != 1 || records[0].Actor != want {
			t.Errorf("the actor is %+v, %v\nwant %+v", records, err, want)
		}
	})
}

// Who may be chosen is whose faxes may be seen.
func TestThoseWithFaxesAreThoseWhoseFaxesMayBeSeen(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		_, _, err := o.Invite(t.Context(), o.owner, auth.NewID()+"@clinic.example", auth.Member, o.manager.Account.ID)
		is(t, "inviting", err, "")
		all, err := o.List(t.Context(), o.owner)
		is(t, "listing", err, "")
		for _, c := range []auth.Caller{o.owner, o.admin, o.manager, o.member} {
			chosen, err := o.WithFaxes(t.Context(), c)
			is(t, "with faxes", err, "")
			if chosen[0].ID != c.Account.ID {
				t.Errorf("the first is not %s", c.Account.Role)
			}
			for _, acc := range all {
				_, _, err := o.FaxesOf(t.Context(), c, acc.ID)
				want := err == nil && acc.Status != auth.Invited
				if got := slices.ContainsFunc(chosen, func(x auth.Account) bool { return x.ID == acc.ID }); got != want {
					t.Errorf("%s sees faxes of %s %s: %v, among those to choose: %v", c.Account.Role, acc.Status, acc.Role, want, got)
				}
			}
		}
		is(t, "a member below", o.SetRole(t.Context(), o.owner, o.member.Account.ID, auth.Member, o.manager.Account.ID), "")
		chosen, err := o.WithFaxes(t.Context(), o.manager)
		is(t, "with faxes", err, "")
		if len(chosen) != 2 || chosen[1].ID != o.member.Account.ID {
			t.Errorf("a manager chooses among %d", len(chosen))
		}
	})
}
