package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
)

// invitation is the path of the invitation link on the page.
func (p *page) invitation(t *testing.T) string {
	t.Helper()
	_, rest, found := strings.Cut(p.text("pre"), "http://fax.example/invitation/")
	if !found {
		t.Fatalf("%s shows no invitation link:\n%s", p.path, p.text("body"))
	}
	return "/invitation/" + strings.Fields(rest)[0]
}

func TestAnInvitedPersonGetsIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	p := b.get(t, b.get(t, "/").link("Members")).want(t, http.StatusOK)
	list := b.follow(t, b.press(t, p, "Invite", url.Values{"email": {"Hanako@clinic.example"}, "role": {"manager"}}))
	list.contains(t, "hanako@clinic.example", "Manager", "Invited", "Pass the link below on")
	link := list.invitation(t)

	guest := s.browser()
	form := guest.get(t, link).want(t, http.StatusOK)
	form.contains(t, "Join Sakura Clinic", "hanako@clinic.example", "15 characters")
	guest.press(t, form, "Join", url.Values{"password": {"short"}}).want(t, http.StatusBadRequest)
	home := guest.follow(t, guest.press(t, form, "Join", url.Values{"name": {"Hanako"}, "password": {another}}))
	home.contains(t, "Hanako", "Your account is ready")
	if home.link("Members") != "" {
		t.Error("a manager administers")
	}
	guest.get(t, link).want(t, http.StatusGone)
	guest.press(t, form, "Join", url.Values{"password": {another}}).want(t, http.StatusGone)
	if p := b.get(t, "/members"); strings.Contains(p.body, "/invitation/") || !strings.Contains(p.text("main"), "Hanako") {
		t.Error("the link is still shown, or the person is not")
	}
}

func TestInvitationsAreMailedWhereMailIsConfigured(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{mail: true})
	b := s.signedIn(t)
	p := b.follow(t, b.press(t, b.get(t, "/members"), "Invite", url.Values{"email": {"hanako@clinic.example"}, "role": {"member"}}))
	p.contains(t, "The invitation was mailed")
	if strings.Contains(p.body, "/invitation/") {
		t.Error("the page shows the link that was mailed")
	}
	first := s.link(t, "invitation")
	member := b.get(t, p.link("hanako@clinic.example"))
	member.contains(t, "Mailed to hanako@clinic.example")
	b.follow(t, b.press(t, member, "Invite again", nil)).contains(t, "The invitation was mailed")
	s.browser().get(t, first).want(t, http.StatusGone)
	s.browser().get(t, s.link(t, "invitation")).want(t, http.StatusOK)
	b.follow(t, b.press(t, member, "Withdraw", nil)).contains(t, "The invitation was withdrawn")
	s.browser().get(t, s.link(t, "invitation")).want(t, http.StatusNotFound)
}

func TestAnInvitationExpires(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	link := b.follow(t, b.press(t, b.get(t, "/members"), "Invite", url.Values{"email": {"x@clinic.example"}, "role": {"member"}})).invitation(t)
	s.clock.Advance(auth.InvitationAge)
	s.browser().get(t, link).want(t, http.StatusGone).contains(t, "invit")
}

func TestMistakesOfAnInvitationComeBackInTheForm(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	form := b.get(t, "/members")
	for name, x := range map[string]struct {
		fields url.Values
		want   int
	}{
		"no address":      {url.Values{"email": {"somebody"}, "role": {"member"}}, http.StatusBadRequest},
		"known":           {url.Values{"email": {ownerEmail}, "role": {"member"}}, http.StatusConflict},
		"unknown role":    {url.Values{"email": {"x@clinic.example"}, "role": {"king"}}, http.StatusBadRequest},
		"unknown manager": {url.Values{"email": {"x@clinic.example"}, "role": {"member"}, "manager": {"0123"}}, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			p := b.press(t, form, "Invite", x.fields).want(t, x.want)
			if got := attribute(p.all("[name=email]")[0], "value"); got != x.fields.Get("email") || !p.has(".problems") {
				t.Errorf("the form comes back with %q", got)
			}
		})
	}
}

func TestRolesAndDisabling(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	theirs, acc := s.member(t, "taro@clinic.example", auth.Member)
	path := "/members/" + acc.ID
	b.follow(t, b.press(t, b.get(t, path), "Save", url.Values{"role": {"admin"}})).contains(t, "The role was saved")
	theirs.get(t, "/members").want(t, http.StatusOK).contains(t, ownerEmail)
	// An admin changes neither owners nor admins, nor makes them.
	owner := theirs.get(t, "/members/"+s.owner.ID).want(t, http.StatusOK)
	owner.contains(t, "Only an owner changes owners and admins")
	if owner.has("main form") {
		t.Error("an admin can change an owner")
	}
	theirs.post(t, "/members/"+s.owner.ID+"/disable", nil).want(t, http.StatusForbidden)
	theirs.post(t, "/members", url.Values{"email": {"x@clinic.example"}, "role": {"admin"}}).want(t, http.StatusForbidden)

	b.follow(t, b.press(t, b.get(t, path), "Disable account", nil)).contains(t, "The account is disabled", "Disabled")
	theirs.get(t, "/").want(t, http.StatusSeeOther)
	s.browser().post(t, "/login", url.Values{"email": {"taro@clinic.example"}, "password": {password}}).want(t, http.StatusUnauthorized)
	b.follow(t, b.press(t, b.get(t, path), "Enable account", nil)).contains(t, "The account is enabled")
	theirs.signIn(t, "taro@clinic.example", password)

	last := b.press(t, b.get(t, "/members/"+s.owner.ID), "Disable account", nil).want(t, http.StatusConflict)
	last.contains(t, "last owner")
	b.get(t, "/").want(t, http.StatusOK)
}

func TestMembersOfAnotherOrganizationDoNotExist(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	_, stranger, err := s.Accounts.CreateOrganization(t.Context(), auth.NewOwner{Email: "else@hospital.example", Password: another}, false, auth.Actor{Name: "command line"})
	if err != nil {
		t.Fatal(err)
	}
	b := s.signedIn(t)
	if strings.Contains(b.get(t, "/members").body, "hospital.example") {
		t.Error("the list has an account of another organization")
	}
	b.get(t, "/members/"+stranger.ID).want(t, http.StatusNotFound)
	for _, action := range []string{"disable", "enable", "role", "invite", "withdraw"} {
		b.post(t, "/members/"+stranger.ID+"/"+action, url.Values{"role": {"member"}}).want(t, http.StatusNotFound)
	}
	other := s.browser()
	other.signIn(t, "else@hospital.example", another)
}

func TestTheAuditLog(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	s.clock.Advance(time.Minute)
	b.generate(t, url.Values{"name": {"Scanner"}, "scope": {"fax:user:read"}})
	p := b.get(t, b.get(t, "/").link("Audit log")).want(t, http.StatusOK)
	first := text(p.all(".log li")[0])
	for _, want := range []string{"Mon 23 Nov 2026 16:06 JST", ownerEmail, "Token generated", "token.create", "Scanner: fax:user:read", "192.0.2.1"} {
		if !strings.Contains(first, want) {
			t.Errorf("the latest record lacks %q: %s", want, first)
		}
	}
}
