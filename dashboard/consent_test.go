package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

func TestTheConsentPageSaysEverything(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, b := s.records(t), s.signedIn(t)
	p := b.get(t, "/login?"+request(client).Encode()).want(t, http.StatusOK)
	p.contains(t, "Allow Patient Records to use your account?",
		"Registered by "+ownerEmail+" of Sakura Clinic on Mon 23 Nov 2026 16:05 JST",
		"Signed in as "+ownerEmail, "Can see", "Can change", "Can send faxes that cost money", "Will not get",
		"Your faxes, sent and received", "In your name, to any number", "Your password",
		"records.example", "1 hour at a time", "Connected apps")
	if got := len(p.all("form[action='/consent']")); got != 1 {
		t.Errorf("%d forms, want one", got)
	}
	var buttons []string
	for _, n := range p.all("form[action='/consent'] button") {
		buttons = append(buttons, text(n)+" "+attribute(n, "name")+"="+attribute(n, "value"))
	}
	if got := strings.Join(buttons, ", "); got != "Cancel decision=cancel, Allow decision=allow" {
		t.Errorf("buttons %s", got)
	}
	if p.has("form[action='/consent'] input[type=checkbox]") {
		t.Error("there is something to untick")
	}

	b.language = "ja"
	p = b.get(t, "/login?"+request(client).Encode())
	p.contains(t, "「Patient Records」にアカウントの利用を許可しますか？", "2026年11月23日(月) 16:05 JST", "料金がかかります")
	if !p.button("許可") || !p.button("キャンセル") {
		t.Error("the buttons are not in Japanese")
	}
}

// The page promises no more and no less than the scopes within the role.
func TestTheConsentPageShowsTheScopesWithinTheRole(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, owner := s.records(t), s.signedIn(t)
	narrow := owner.get(t, "/login?"+request(client, "scope", "fax:user:read").Encode()).text(".asks section:not(.not)")
	if narrow != "Can see Your profile: name, e-mail address, settings" {
		t.Errorf("fax:user:read is shown as %q", narrow)
	}
	member, _ := s.member(t, "member@clinic.example", auth.Member)
	p := member.get(t, "/login?"+request(client).Encode())
	if got := p.text(".asks section:not(.not)"); strings.Contains(got, "members") {
		t.Errorf("a member is asked for what a member cannot give: %s", got)
	}
	if got := p.text(".asks .not"); !strings.Contains(got, "Access to other members") {
		t.Errorf("what the app will not get: %s", got)
	}
}

func TestTheConsentPageNamesTheThirtyDays(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, b := s.records(t), s.signedIn(t)
	b.press(t, b.get(t, "/security"), "Switch on", nil).want(t, http.StatusSeeOther)
	b.get(t, "/login?"+request(client).Encode()).contains(t, "for 30 days, then you are asked again")
}

// A ticket answers one question once, whatever the answer was: CSRF on the consent
// page has nothing to reuse (RFC 6749 10.12).
func TestConsentTicketIsSingleUse(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, b := s.records(t), s.signedIn(t)
	for _, first := range []string{"Allow", "Cancel"} {
		p := b.get(t, "/login?"+request(client, "scope", "fax:fax:edit fax:"+map[string]string{"Allow": "user", "Cancel": "webhook"}[first]+":edit").Encode())
		b.press(t, p, first, nil).want(t, http.StatusSeeOther)
		again := b.press(t, p, "Allow", nil).want(t, http.StatusForbidden)
		if again.location() != "" {
			t.Errorf("the second answer leads to %s", again.location())
		}
	}
}

func TestConsentTicketOfAnotherSessionIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, b, other := s.records(t), s.signedIn(t), s.signedIn(t)
	member, _ := s.member(t, "member@clinic.example", auth.Member)
	p := b.get(t, "/login?"+request(client).Encode())
	other.press(t, p, "Allow", nil).want(t, http.StatusForbidden)
	p = b.get(t, "/login?"+request(client).Encode())
	member.press(t, p, "Allow", nil).want(t, http.StatusForbidden)
	p = b.get(t, "/login?"+request(client).Encode())
	s.browser().press(t, p, "Allow", nil).want(t, http.StatusUnauthorized)
	b.press(t, p, "Allow", url.Values{"ticket": {auth.NewSecret(auth.ConsentTicket)}}).want(t, http.StatusForbidden)
	b.press(t, p, "Allow", url.Values{"decision": {"maybe"}}).want(t, http.StatusBadRequest)
}

// Programs without a browser send neither header: the ticket alone decides.
func TestConsentWithoutOriginDependsOnTheTicketAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, b := s.records(t), s.signedIn(t)
	p := b.get(t, "/login?"+request(client).Encode())
	form := url.Values{"decision": {"allow"}, "ticket": {attribute(p.all("[name=ticket]")[0], "value")}}
	r := httptest.NewRequest(http.MethodPost, "/consent", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b.do(t, r).back(t, redirectURI)
}

// A decision is remembered for a person, a client and the scopes that were asked for
// (RFC 6749 10.2).
func TestRememberedConsentIsNotAskedAgainButAWiderOneIs(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, b := s.records(t), s.signedIn(t)
	ask := func(scope string) *page { return b.get(t, "/login?"+request(client, "scope", scope).Encode()) }
	b.press(t, ask("fax:fax:read fax:user:edit"), "Allow", nil).back(t, redirectURI)
	for _, scope := range []string{"fax:fax:read fax:user:edit", "fax:user:read"} {
		ask(scope).back(t, redirectURI)
	}
	for _, scope := range []string{"fax:fax:edit", "all", ""} {
		if !ask(scope).want(t, http.StatusOK).button("Allow") {
			t.Errorf("the scope %q is not asked for", scope)
		}
	}
	other, _ := s.member(t, "member@clinic.example", auth.Member)
	if !other.get(t, "/login?"+request(client, "scope", "fax:user:read").Encode()).button("Allow") {
		t.Error("another person is not asked")
	}
}

// RFC 8252 8.6: any program on the device can pose as such a client.
func TestPublicClientsAndCustomSchemesAreAlwaysAskedAbout(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	public, _ := s.app(t, oauth.Registration{Name: "Phone", Public: true, RedirectURIs: []string{"https://phone.example/cb"}})
	scheme, _ := s.app(t, oauth.Registration{Name: "Desktop", RedirectURIs: []string{"com.example.desktop:/cb"}})
	b := s.signedIn(t)
	for _, client := range []oauth.Client{public, scheme} {
		q := request(client, "code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method", "S256").Encode()
		for range 2 {
			p := b.get(t, "/login?"+q)
			b.press(t, p, "Allow", nil).back(t, client.RedirectURIs[0])
		}
	}
	b.get(t, "/login?"+request(scheme).Encode()).contains(t, "com.example.desktop:", "an app on this device")
}

// Switching accounts signs out and comes back to the same request.
func TestSwitchAccountComesBackToTheRequest(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, b := s.records(t), s.signedIn(t)
	link := "/login?" + request(client, "state", "a+b%2B c").Encode()
	p := b.follow(t, b.press(t, b.get(t, link), "Switch account", nil))
	if p.path != link || !p.has("[name=password]") {
		t.Errorf("came to %s", p.path)
	}
	p.contains(t, "Sign in to continue to Patient Records")
}

// An app of another organization is none of this person's.
func TestAClientOfAnotherOrganizationIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client := s.records(t)
	_, _, err := s.Accounts.CreateOrganization(t.Context(), auth.NewOwner{Email: "else@hospital.example", Password: another}, false, auth.Actor{Name: "command line"})
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser()
	b.signIn(t, "else@hospital.example", another)
	p := b.get(t, "/login?"+request(client).Encode()).want(t, http.StatusForbidden)
	if p.location() != "" || !p.button("Switch account") {
		t.Errorf("Location %q:\n%s", p.location(), p.text("body"))
	}
	b.get(t, "/profile/integrations/apps/"+client.ID).want(t, http.StatusNotFound)
}

func TestThePlanDecidesAboutConsentToo(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, b := s.records(t), s.signedIn(t)
	p := b.get(t, "/login?"+request(client).Encode())
	s.plan(t, auth.Business)
	b.press(t, p, "Allow", nil).want(t, http.StatusForbidden)
	b.get(t, "/login?"+request(client).Encode()).want(t, http.StatusForbidden).contains(t, "Enterprise")
}
