package dashboard_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
)

// generate fills in the form for a new token.
func (b *browser) generate(t *testing.T, fields url.Values) *page {
	t.Helper()
	return b.press(t, b.get(t, "/profile/integrations/tokens/new"), "Generate token", fields)
}

func TestAPersonalAccessTokenIsShownOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	p := b.get(t, "/profile").want(t, http.StatusOK)
	p = b.get(t, p.link("Integrations")).want(t, http.StatusOK)
	list := b.get(t, p.link("Manage")).want(t, http.StatusOK)
	form := b.get(t, list.link("Generate token")).want(t, http.StatusOK)
	shown := b.press(t, form, "Generate token", url.Values{"name": {"Scanner"}, "scope": {"fax:fax:edit", "fax:user:read"}, "expires": {"7"}}).want(t, http.StatusOK)
	secret := shown.secret(t, "fgp")
	shown.contains(t, "cannot be shown again", "curl -H 'Authorization: Bearer "+secret+"'", "http://fax.example/v3/accounts/self", "Mon 30 Nov 2026 16:05 JST")
	if shown.header.Get("Referrer-Policy") != "no-referrer" || shown.header.Get("Cache-Control") != "no-store" || shown.has("form") {
		t.Errorf("the page with the secret: %v, forms %d", shown.header, len(shown.all("form")))
	}
	for _, path := range []string{shown.path, list.path, "/", "/audit"} {
		if p := b.get(t, path).want(t, http.StatusOK); strings.Contains(p.body, secret) {
			t.Errorf("%s shows the token again", path)
		}
	}
	again := b.press(t, form, "Generate token", url.Values{"name": {"Scanner"}, "scope": {"fax:fax:edit"}}).want(t, http.StatusConflict)
	if strings.Contains(again.body, secret) {
		t.Error("the same form sent again shows the token again")
	}
	caller, err := s.Check.Bearer(t.Context(), secret, "192.0.2.7")
	if err != nil || caller.Account.ID != s.owner.ID || caller.Scopes != auth.FaxEdit|auth.UserRead {
		t.Errorf("the token opens %+v, %v", caller, err)
	}
	row := b.get(t, list.path).text(".rows li")
	for _, want := range []string{"Scanner", "fgp_…" + secret[len(secret)-4:], "fax:fax:edit", "fax:user:read", "7 days left", "never"} {
		if !strings.Contains(row, want) {
			t.Errorf("the list lacks %q: %s", want, row)
		}
	}
	b.follow(t, b.press(t, b.get(t, list.path), "Revoke", nil)).contains(t, "revoked", "One that no longer works")
	if _, err := s.Check.Store.TokenByHash(t.Context(), auth.PersonalAccessToken, auth.HashOf(secret)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Check.Bearer(t.Context(), secret, ""); err == nil {
		t.Error("the token works after Revoke")
	}
}

func TestExpiryOfANewToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	form := b.get(t, "/profile/integrations/tokens/new")
	form.contains(t, "7 days Mon 30 Nov 2026 16:05 JST 07:05 UTC", "90 days Sun 21 Feb 2027 16:05 JST", "365 days", "Asia/Tokyo")
	if !form.has("[name=expires][value='90'][checked]") || attribute(form.all("[name=expires_date]")[0], "max") != "2027-11-24" {
		t.Error("not 90 days, or no limit of the date")
	}
	jst := time.FixedZone("JST", 9*3600)
	for name, x := range map[string]struct {
		expires, date string
		want          time.Time // zero: refused
	}{
		"days":                   {"30", "", s.clock.Now().Add(30 * 24 * time.Hour)},
		"a date wins over days":  {"90", "2026-12-24", time.Date(2026, 12, 24, 23, 59, 59, 0, jst)},
		"a date as expires":      {"2027-01-31", "", time.Date(2027, 1, 31, 23, 59, 59, 0, jst)},
		"today":                  {"90", "2026-11-23", time.Date(2026, 11, 23, 23, 59, 59, 0, jst)},
		"the last day":           {"90", "2027-11-24", s.clock.Now().Add(auth.MaxTokenAge)},
		"yesterday":              {"90", "2026-11-22", time.Time{}},
		"the day after the last": {"90", "2027-11-25", time.Time{}},
		"other days":             {"400", "", time.Time{}},
		"no date":                {"90", "soon", time.Time{}},
		"no such day":            {"90", "2027-02-30", time.Time{}},
		"nothing":                {"", "", s.clock.Now().Add(auth.DefaultTokenAge)},
	} {
		t.Run(name, func(t *testing.T) {
			p := b.generate(t, url.Values{"name": {name}, "scope": {"fax:user:read"}, "expires": {x.expires}, "expires_date": {x.date}})
			if x.want.IsZero() {
				p.want(t, http.StatusBadRequest)
				if link := attribute(p.all(".problems a")[0], "href"); !p.has(link) {
					t.Errorf("the error leads to %s, which is not there", link)
				}
				return
			}
			token, err := s.Check.Store.TokenByHash(t.Context(), auth.PersonalAccessToken, auth.HashOf(p.want(t, http.StatusOK).secret(t, "fgp")))
			if err != nil || !token.ExpiresAt.Equal(x.want) {
				t.Errorf("the token ends %v, want %v (%v)", token.ExpiresAt, x.want, err)
			}
		})
	}
}

func TestScopesOfANewToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	form := b.get(t, "/profile/integrations/tokens/new")
	var scopes []string
	for _, n := range form.all("[name=scope]") {
		scopes = append(scopes, attribute(n, "value"))
		if hasAttribute(n, "disabled") || hasAttribute(n, "checked") {
			t.Errorf("%s is disabled or ticked", attribute(n, "value"))
		}
	}
	for _, name := range auth.OfferedScopes() {
		if name != "all" && !slices.Contains(scopes, name) {
			t.Errorf("%s is not offered", name)
		}
	}
	if len(scopes) != 13 || !strings.Contains(form.text("details"), "GET /v3/accounts/{user_id}") {
		t.Errorf("scopes %v, endpoints %s", scopes, form.text("details"))
	}
	send := b.get(t, form.link("Send only"))
	if !send.has("[value='fax:fax:edit'][checked]") || send.has("[value='fax:all:edit'][checked]") {
		t.Error("the preset does not tick its boxes")
	}
	p := b.press(t, form, "Generate token", url.Values{"name": {"x"}}).want(t, http.StatusBadRequest)
	if !p.has("a[href='#scope']") || !p.has("fieldset#scope") || attribute(p.all("[name=name]")[0], "value") != "x" {
		t.Error("without a scope the form does not come back as it was")
	}
	b.press(t, form, "Generate token", url.Values{"name": {"x"}, "scope": {"fax:shop:read"}}).want(t, http.StatusBadRequest)
	b.press(t, form, "Generate token", url.Values{"name": {"x"}, "scope": {"fax:fax:delete"}}).want(t, http.StatusBadRequest).contains(t, "fax:fax:edit")
	b.press(t, form, "Generate token", url.Values{"scope": {"fax:user:read"}}).want(t, http.StatusBadRequest)
}

// Scopes above the role are shown, disabled, with the reason; and refused.
func TestScopesAboveTheRoleAreDisabled(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b, _ := s.member(t, "member@clinic.example", auth.Member)
	form := b.get(t, "/profile/integrations/tokens/new")
	for _, scope := range []string{"fax:member:read", "fax:member:edit", "fax:numbers:edit"} {
		n := form.all("[value='" + scope + "']")[0]
		if why := attribute(n, "aria-describedby"); !hasAttribute(n, "disabled") || !strings.Contains(form.text("#"+why), "Your role") {
			t.Errorf("%s: disabled %t, because %q", scope, hasAttribute(n, "disabled"), form.text("#"+why))
		}
		b.press(t, form, "Generate token", url.Values{"name": {"x"}, "scope": {scope}}).want(t, http.StatusForbidden)
	}
	b.press(t, form, "Generate token", url.Values{"name": {"x"}, "scope": {"fax:fax:edit"}}).want(t, http.StatusOK)
}

func TestTokensOfEverybody(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	owner := s.signedIn(t)
	member, _ := s.member(t, "member@clinic.example", auth.Member)
	secret := member.generate(t, url.Values{"name": {"Theirs"}, "scope": {"fax:user:read"}}).secret(t, "fgp")
	if p := owner.get(t, "/profile/integrations/tokens"); strings.Contains(p.text("main"), "Theirs") {
		t.Error("another person's token is among one's own")
	}
	everyone := owner.get(t, owner.get(t, "/profile/integrations/tokens").link("Show everybody's tokens"))
	everyone.contains(t, "Theirs", "member@clinic.example")
	p := owner.follow(t, owner.press(t, everyone, "Revoke", nil))
	if p.path != "/profile/integrations/tokens?everyone=1" {
		t.Errorf("came to %s", p.path)
	}
	if _, err := s.Check.Bearer(t.Context(), secret, ""); err == nil {
		t.Error("the token works after Revoke")
	}
	if p := member.get(t, "/profile/integrations/tokens?everyone=1").want(t, http.StatusOK); p.link("Show only mine") != "" {
		t.Error("a member looks at everybody's tokens")
	}
}

// Amber from two weeks, red from three days, and in words always.
func TestTokensThatEndSoonArePointedOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	b.generate(t, url.Values{"name": {"Old"}, "scope": {"fax:user:read"}, "expires": {"30"}}).want(t, http.StatusOK)
	for _, x := range []struct {
		passed     time.Duration
		tone, text string
	}{
		{0, "", "30 days left"}, {15*24*time.Hour + time.Minute, "warn", "14 days left"},
		{11 * 24 * time.Hour, "danger", "3 days left"}, {4 * 24 * time.Hour, "", ""},
	} {
		s.clock.Advance(x.passed)
		b.signIn(t, ownerEmail, password)
		p := b.get(t, "/profile/integrations/tokens")
		if x.text == "" {
			p.contains(t, "Expired", "One that no longer works")
			continue
		}
		if got := p.text(".rows .badge" + map[bool]string{true: "." + x.tone}[x.tone != ""]); got != x.text {
			t.Errorf("%q, want %q", got, x.text)
		}
		if got := strings.Contains(b.get(t, "/").text("main"), "Ending soon"); got != (x.tone != "") {
			t.Errorf("home points it out: %t at %s", got, x.text)
		}
	}
}

// On another plan nothing is offered to be generated.
func TestThePlanIsRequired(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	b.generate(t, url.Values{"name": {"Earlier"}, "scope": {"fax:user:read"}})
	s.plan(t, auth.Premium)
	for _, path := range []string{"/", "/profile/integrations", "/profile/integrations/tokens"} {
		p := b.get(t, path).want(t, http.StatusOK)
		p.contains(t, "The API needs the Enterprise plan", "Premium")
		for _, name := range []string{"Manage", "Activate", "Generate token", "New token", "Add an app"} {
			if p.link(name) != "" || p.button(name) {
				t.Errorf("%s offers %s", path, name)
			}
		}
	}
	b.get(t, "/profile/integrations/tokens/new").want(t, http.StatusForbidden)
	b.post(t, "/profile/integrations/tokens/new", url.Values{"name": {"x"}, "scope": {"fax:user:read"}}).want(t, http.StatusForbidden)
	b.post(t, "/profile/integrations/activate", nil).want(t, http.StatusForbidden)
	b.get(t, "/security").want(t, http.StatusForbidden)
	if p := b.get(t, "/profile/integrations/tokens"); !p.button("Revoke") {
		t.Error("what exists cannot be revoked")
	}
}
