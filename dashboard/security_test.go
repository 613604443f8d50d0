package dashboard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

func TestSessionsEndOneByOneAndAllAtOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	one, two, three := s.signedIn(t), s.signedIn(t), s.browser()
	three.headers.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0")
	three.signIn(t, ownerEmail, password)
	p := one.get(t, "/profile/security").want(t, http.StatusOK)
	p.contains(t, "This browser", "Edge on Windows", "192.0.2.1")
	if got := len(p.all(".rows li")); got != 3 {
		t.Errorf("%d sessions, want 3", got)
	}
	one.follow(t, one.press(t, p, "Sign out Unknown browser", nil)).contains(t, "The session has ended")
	two.get(t, "/").want(t, http.StatusSeeOther)
	three.get(t, "/").want(t, http.StatusOK)
	one.follow(t, one.press(t, p, "Sign out everywhere else", nil)).contains(t, "signed out everywhere else")
	three.get(t, "/").want(t, http.StatusSeeOther)
	one.get(t, "/").want(t, http.StatusOK)
	for _, action := range []string{"session.end ", "session.end_others"} {
		if !strings.Contains(s.actions(t)+" ", action) {
			t.Errorf("%s is not audited", action)
		}
	}
}

func TestAnotherPersonsSessionIsOutOfReach(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	owner := s.signedIn(t)
	member, _ := s.member(t, "member@clinic.example", auth.Member)
	sessions, err := s.Sessions.List(t.Context(), s.caller(t))
	if err != nil {
		t.Fatal(err)
	}
	member.post(t, "/profile/security/sessions/"+sessions[0].ID+"/end", nil)
	owner.get(t, "/").want(t, http.StatusOK)
}

// Tokens and connected apps end by the person's choice alone.
func TestAPasswordChangeEndsOtherSessions(t *testing.T) {
	t.Parallel()
	for _, tokens := range []bool{false, true} {
		s := newSite(t, options{mail: true})
		b, other := s.signedIn(t), s.signedIn(t)
		secret := b.generate(t, url.Values{"name": {"Scanner"}, "scope": {"fax:user:read"}}).secret(t, "fgp")
		form := b.get(t, "/profile/security")
		if form.has("[name=tokens][checked]") {
			t.Error("the box is ticked")
		}
		fields := url.Values{"current_password": {"wrong"}, "password": {another}}
		p := b.press(t, form, "Change password", fields).want(t, http.StatusBadRequest)
		if !p.has("#current_password[aria-invalid=true]") {
			t.Error("the wrong password is not pointed out at its field")
		}
		fields = url.Values{"current_password": {password}, "password": {"too short"}}
		if p := b.press(t, form, "Change password", fields).want(t, http.StatusBadRequest); !p.has("#password[aria-invalid=true]") {
			t.Error("the bad password is not pointed out at its field")
		}
		fields.Set("password", another)
		if tokens {
			fields.Set("tokens", "1")
		}
		b.follow(t, b.press(t, form, "Change password", fields)).contains(t, "The password was changed")
		other.get(t, "/").want(t, http.StatusSeeOther)
		_, err := s.Check.Bearer(t.Context(), secret, "")
		if (err != nil) != tokens {
			t.Errorf("with the box %t the token: %v", tokens, err)
		}
		if log := b.get(t, "/audit").text("main"); strings.Contains(log, "with tokens and connected apps") != tokens {
			t.Errorf("with the box %t the audit log says\n%s", tokens, log)
		}
		s.browser().signIn(t, ownerEmail, another)
		if m := s.mail.Latest(t, "password_changed"); m.To != ownerEmail {
			t.Errorf("told: %+v", m)
		}
	}
}

// The switch says whom it hits before it is applied, and needs a password that was
// typed a short while ago.
func TestAdvancedSecurityControls(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, secret := s.app(t, oauth.Registration{Name: "Patient Records", RedirectURIs: []string{redirectURI}})
	b := s.signedIn(t)
	link := "/login?" + request(client).Encode()
	s.exchange(t, client, secret, b.press(t, b.get(t, link), "Allow", nil).back(t, redirectURI).Get("code"))
	s.clock.Advance(31 * 24 * time.Hour)
	b.signIn(t, ownerEmail, password)
	s.exchange(t, client, secret, b.get(t, link).back(t, redirectURI).Get("code"))
	s.clock.Advance(auth.RecentlyConfirmed)

	p := b.get(t, "/security").want(t, http.StatusOK)
	p.contains(t, "One of 2 authorizations ends at once", "You will be asked for your password first", "Off")
	asked := b.follow(t, b.press(t, p, "Switch on", nil)).want(t, http.StatusOK)
	asked.contains(t, "Enter your password again")
	if s.caller(t).Organization.AdvancedSecurity {
		t.Fatal("it was applied without the password")
	}
	b.press(t, asked, "Continue", url.Values{"password": {"wrong"}}).want(t, http.StatusBadRequest)
	p = b.follow(t, b.press(t, asked, "Continue", url.Values{"password": {password}}))
	if p.path != "/security" {
		t.Errorf("came to %s", p.path)
	}
	p = b.follow(t, b.press(t, p, "Switch on", nil))
	p.contains(t, "Advanced Security Controls are on", "Switching off ends nothing")
	if !s.caller(t).Organization.AdvancedSecurity {
		t.Error("it is not on")
	}
	b.follow(t, b.press(t, p, "Switch off", nil)).contains(t, "Advanced Security Controls are off")
	admin, _ := s.member(t, "admin@clinic.example", auth.Admin)
	admin.get(t, "/security").want(t, http.StatusForbidden).contains(t, ownerEmail)
	admin.post(t, "/security", url.Values{"advanced": {"on"}}).want(t, http.StatusForbidden)
}

// RFC 6749 3.2 has parameters in the body alone: an owner may hold the clients to it,
// and sees before whom that stops.
func TestParametersInTheURLCanBeForbidden(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client := s.records(t)
	u := s.db.Usage()
	u.Grant(oauth.Grant{ID: auth.NewID(), ClientID: client.ID}, true, s.clock.Now())
	if err := u.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := s.signedIn(t)
	app := "/profile/integrations/apps/" + client.ID
	b.get(t, app).contains(t, "/token?grant_type=authorization_code")
	s.clock.Advance(auth.RecentlyConfirmed)
	p := b.get(t, "/security").want(t, http.StatusOK)
	p.contains(t, "One app that was used in the last 30 days has sent them in the URL")
	asked := b.follow(t, b.press(t, p, "Forbid", nil))
	if s.caller(t).Organization.BodyOnly {
		t.Fatal("it was applied without the password")
	}
	p = b.follow(t, b.press(t, asked, "Continue", url.Values{"password": {password}}))
	p = b.follow(t, b.press(t, p, "Forbid", nil))
	p.contains(t, "are forbidden")
	b.get(t, app).contains(t, "/token' \\ -d 'grant_type=authorization_code")
	b.follow(t, b.press(t, p, "Allow", nil)).contains(t, "are allowed")
	if log := s.actions(t); !strings.HasPrefix(log, "query_parameters.on query_parameters.off ") {
		t.Errorf("audited: %s", log)
	}
	admin, _ := s.member(t, "admin@clinic.example", auth.Admin)
	admin.post(t, "/security/query-parameters", url.Values{"query_parameters": {"off"}}).want(t, http.StatusForbidden)
	if s.caller(t).Organization.BodyOnly {
		t.Error("an admin forbids")
	}
}

func TestRetentionIsSetByItsOwnerWithThePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	p := b.get(t, "/security")
	p.contains(t, "Kept for ever")
	b.press(t, p, "Save retention", url.Values{"retention_days": {"36501"}}).want(t, http.StatusBadRequest)
	b.press(t, p, "Save retention", url.Values{"retention_days": {"soon"}}).want(t, http.StatusBadRequest)
	b.follow(t, b.press(t, p, "Save retention", url.Values{"retention_days": {"90"}})).contains(t, "90 days")
	if days := s.caller(t).Organization.RetentionDays; days != 90 {
		t.Errorf("%d days", days)
	}
	s.clock.Advance(auth.RecentlyConfirmed)
	p = b.get(t, "/security")
	b.follow(t, b.press(t, p, "Save retention", url.Values{"retention_days": {"1"}})).contains(t, "password")
	admin, _ := s.member(t, "admin@clinic.example", auth.Admin)
	admin.post(t, "/security/retention", url.Values{"retention_days": {"1"}}).want(t, http.StatusForbidden)
	if days := s.caller(t).Organization.RetentionDays; days != 90 {
		t.Errorf("%d days without the password", days)
	}
	if log := s.actions(t); strings.Count(log, "retention.set") != 1 {
		t.Errorf("audited: %s", log)
	}
}

func TestAForgottenPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{mail: true})
	b, signedIn := s.browser(), s.signedIn(t)
	form := b.get(t, b.get(t, "/login").link("Forgot your password?"))
	known := b.press(t, form, "Send the link", url.Values{"email": {ownerEmail}}).want(t, http.StatusOK)
	unknown := b.press(t, form, "Send the link", url.Values{"email": {"nobody@clinic.example"}}).want(t, http.StatusOK)
	if known.text("main") != unknown.text("main") {
		t.Error("the answers tell who has an account")
	}
	link := s.link(t, "password_reset")
	reset := b.get(t, link).want(t, http.StatusOK)
	reset.contains(t, ownerEmail)
	b.press(t, reset, "Set password and sign in", url.Values{"password": {"short"}}).want(t, http.StatusBadRequest)
	b.follow(t, b.press(t, reset, "Set password and sign in", url.Values{"password": {another}})).contains(t, "The password was changed")
	signedIn.get(t, "/").want(t, http.StatusSeeOther)
	s.browser().get(t, link).want(t, http.StatusGone)
	s.browser().get(t, "/reset/"+auth.NewSecret(auth.OneTimeLink)).want(t, http.StatusNotFound)
	s.browser().get(t, "/invitation/"+strings.TrimPrefix(link, "/reset/")).want(t, http.StatusNotFound)

	without := newSite(t, options{})
	p := without.browser().get(t, "/forgot")
	p.contains(t, "sends no mail", "faxgate admin account reset-password")
	if p.has("main form") {
		t.Error("a form that leads nowhere")
	}
}

// The story of a browser that was left open: the address asks for the password, and
// what the victim is told to do undoes what the thief began.
func TestAStolenSessionDoesNotTakeTheAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{mail: true})
	thief := s.signedIn(t)
	thief.press(t, thief.get(t, "/profile"), "Send the link", url.Values{"email": {"thief@elsewhere.example"}}).want(t, http.StatusSeeOther)
	if m := s.mail.Latest(t, "email_changed_notice"); m.To != ownerEmail {
		t.Fatalf("the victim is told %+v", m)
	}
	victim := s.signedIn(t)
	fields := url.Values{"current_password": {password}, "password": {another}}
	victim.press(t, victim.get(t, "/profile/security"), "Change password", fields).want(t, http.StatusSeeOther)
	s.browser().get(t, s.link(t, "email_change_confirm")).want(t, http.StatusGone)

	s.clock.Advance(auth.RecentlyConfirmed)
	p := victim.get(t, "/profile").want(t, http.StatusOK)
	if p.has("form[action='/profile/email']") {
		t.Error("the form is there without the password")
	}
	p.contains(t, "You will be asked for your password first")
	ask := victim.post(t, "/profile/email", url.Values{"email": {"new@clinic.example"}})
	if ask.want(t, http.StatusSeeOther).location() != p.link("Change the address") {
		t.Errorf("the form without the password leads to %s", ask.location())
	}
	asked := victim.get(t, p.link("Change the address")).want(t, http.StatusOK)
	p = victim.follow(t, victim.press(t, asked, "Continue", url.Values{"password": {another}}))
	victim.follow(t, victim.press(t, p, "Send the link", url.Values{"email": {"new@clinic.example"}})).contains(t, "A link was mailed")
}

// A program that looks into mails opens the link; only a person presses the button.
func TestANewAddressCountsOnceItIsConfirmed(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{mail: true})
	b := s.signedIn(t)
	b.press(t, b.get(t, "/profile"), "Send the link", url.Values{"email": {"nonsense"}}).want(t, http.StatusBadRequest)
	b.follow(t, b.press(t, b.get(t, "/profile"), "Send the link", url.Values{"email": {"new@clinic.example"}})).contains(t, "A link was mailed")
	link := s.link(t, "email_change_confirm")
	scanner := s.browser()
	p := scanner.get(t, link).want(t, http.StatusOK)
	p.contains(t, "new@clinic.example")
	s.browser().signIn(t, ownerEmail, password)
	scanner.press(t, p, "Confirm", nil).want(t, http.StatusOK).contains(t, "You sign in with new@clinic.example now")
	s.browser().signIn(t, "new@clinic.example", password)
	s.browser().post(t, "/login", url.Values{"email": {ownerEmail}, "password": {password}}).want(t, http.StatusUnauthorized)
	scanner.get(t, link).want(t, http.StatusGone)
}
