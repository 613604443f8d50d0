package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/dashboard"
	"github.com/faxgate/faxgate/oauth"
)

// back is the query that the client is called back with.
func (p *page) back(t *testing.T, uri string) url.Values {
	t.Helper()
	p.want(t, http.StatusSeeOther)
	if !strings.HasPrefix(p.location(), uri) {
		t.Fatalf("%s leads to %s, want %s", p.path, p.location(), uri)
	}
	u, err := url.Parse(p.location())
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// wantNoRedirect expects an error page that explains itself.
func (p *page) wantNoRedirect(t *testing.T) {
	t.Helper()
	p.want(t, http.StatusBadRequest)
	if p.location() != "" || !p.has("h1") || p.button("Allow") || p.has("[name=password]") {
		t.Errorf("%s: Location %q, page:\n%s", p.path, p.location(), p.text("body"))
	}
}

// A URI that differs in anything from what was registered is refused here, and
// nobody is sent to it.
func TestRFC9700_2_1_RedirectURIsComparedExactly(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, stranger, owner := s.records(t), s.browser(), s.signedIn(t)
	for _, uri := range []string{
		"https://records.example/oauth/callback", "https://records.example/oauth/callback/?tenant=1",
		"https://records.example/oauth/callback?tenant=1&x=2", "https://records.example/oauth/callback?tenant=2",
		"https://RECORDS.example/oauth/callback?tenant=1", "https://records.example/OAuth/callback?tenant=1",
		"https://records.example/x/../oauth/callback?tenant=1", "https://records.example@evil.example/oauth/callback?tenant=1",
		"https://records.example%2eevil.example/oauth/callback?tenant=1", "https://www.records.example/oauth/callback?tenant=1",
		"https://records.example/oauth%2fcallback?tenant=1", "http://records.example/oauth/callback?tenant=1",
		"https://records.example:443/oauth/callback?tenant=1", "javascript:alert(1)", "//records.example/oauth/callback?tenant=1",
	} {
		for _, path := range []string{"/login?", "/oauth/authorize?"} {
			stranger.get(t, path+request(client, "redirect_uri", uri).Encode()).wantNoRedirect(t)
			owner.get(t, path+request(client, "redirect_uri", uri).Encode()).wantNoRedirect(t)
		}
	}
	if p := owner.get(t, "/login?"+request(client).Encode()).want(t, http.StatusOK); !p.button("Allow") {
		t.Error("the registered URI is not accepted")
	}
}

// Where the client or its redirect URI is in doubt, there is nobody to send an error to.
func TestOAuth21_4_1_2_1_AnUnknownClientNeverRedirects(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, b := s.records(t), s.signedIn(t)
	for name, q := range map[string]string{
		"unknown client":    request(client, "client_id", "APIK-00000000000000000000").Encode(),
		"no client":         request(client, "client_id", "").Encode(),
		"no redirect URI":   request(client, "redirect_uri", "").Encode(),
		"client twice":      request(client).Encode() + "&client_id=" + client.ID,
		"redirect twice":    request(client).Encode() + "&redirect_uri=" + url.QueryEscape(redirectURI),
		"unreadable client": strings.Replace(request(client).Encode(), "client_id=", "client_id=%zz", 1),
	} {
		t.Run(name, func(t *testing.T) {
			b.get(t, "/oauth/authorize?"+q).wantNoRedirect(t)
			b.post(t, "/oauth/authorize?"+q, url.Values{"email": {ownerEmail}, "password": {password}}).wantNoRedirect(t)
		})
	}
}

// The owner of an app sees where the request leaves what is registered; others
// learn nothing about the app.
func TestTheAppsAdministratorSeesTheDifference(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client := s.records(t)
	link := "/login?" + request(client, "redirect_uri", redirectURI+"0").Encode()
	p := s.signedIn(t).get(t, link)
	p.wantNoRedirect(t)
	p.contains(t, redirectURI+"0", "Registered "+redirectURI)
	if p.link("Open the app's settings") != "/profile/integrations/apps/"+client.ID {
		t.Error("there is no link to the app")
	}
	member, _ := s.member(t, "member@clinic.example", auth.Member)
	for _, b := range []*browser{s.browser(), member} {
		if p := b.get(t, link); strings.Contains(p.text("body"), "Registered") {
			t.Errorf("somebody else sees the registered URI:\n%s", p.text("body"))
		}
	}
}

// What the client may hear of goes back to it, before anybody has to sign in:
// also a parameter that is repeated (RFC 6749 3.1) and a challenge that is missing
// or plain (RFC 7636 4.4.1).
func TestRFC6749_4_1_2_1_ErrorsGoBackToTheClient(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client := s.records(t)
	public, _ := s.app(t, oauth.Registration{Name: "Phone", Public: true, RedirectURIs: []string{redirectURI}})
	for name, x := range map[string]struct {
		query, want string
	}{
		"response type":          {request(client, "response_type", "token").Encode(), "unsupported_response_type"},
		"no response type":       {request(client, "response_type", "").Encode(), "invalid_request"},
		"scope repeated":         {request(client).Encode() + "&scope=all", "invalid_request"},
		"unknown scope":          {request(client, "scope", "fax:everything").Encode(), "invalid_scope"},
		"plain challenge":        {request(client, "code_challenge", strings.Repeat("a", 43)).Encode(), "invalid_request"},
		"public without PKCE":    {request(public).Encode(), "invalid_request"},
		"state of more than 4 K": {request(client, "state", strings.Repeat("x", 5000)).Encode(), "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, b := range []*browser{s.browser(), s.signedIn(t)} {
				p := b.get(t, "/login?"+x.query)
				back := p.back(t, redirectURI+"&")
				if back.Get("error") != x.want || back.Get("iss") != "http://fax.example" || back.Has("code") {
					t.Errorf("the client is called back with %v, want %s", back, x.want)
				}
			}
		})
	}
	if p := s.signedIn(t).get(t, "/login?"+request(client, "nonsense", "x").Encode()); !p.button("Allow") {
		t.Error("an unknown parameter is not ignored")
	}
}

// State comes back byte for byte through the sign-in and the consent page, and iss
// names this server (RFC 9207 2).
func TestRFC6749_4_1_2_StateComesBackByteForByte(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client := s.records(t)
	for _, state := range []string{"", "plain", "状態 🖷 é", "a+b c&d=e/f?g#h;i%41%", `"><script>alert(1)</script>`, "a\tb\r\n", strings.Repeat("0123456789abcdef", 128)} {
		b := s.browser()
		form := b.get(t, "/login?"+request(client, "state", state).Encode()).want(t, http.StatusOK)
		signedIn := b.press(t, form, "Sign in", url.Values{"email": {ownerEmail}, "password": {password}})
		consent := b.follow(t, signedIn)
		if !consent.button("Allow") { // remembered from the round before
			wantState(t, consent, state)
			continue
		}
		wantState(t, b.press(t, consent, "Allow", nil), state)
	}
	b, asked := s.signedIn(t), s.records(t)
	wantState(t, b.press(t, b.get(t, "/login?"+request(asked, "state", "a+b c").Encode()), "Cancel", nil), "a+b c")
}

func wantState(t *testing.T, p *page, state string) {
	t.Helper()
	back := p.back(t, redirectURI+"&")
	if back.Get("state") != state || back.Has("state") != (state != "") {
		t.Errorf("state %q came back, want %q", back.Get("state"), state)
	}
	if back.Get("iss") != "http://fax.example" {
		t.Errorf("iss %q", back.Get("iss"))
	}
}

// Every redirect is 303, and the ones that carry a code send no referrer (RFC 9700
// 4.2.4).
func TestRFC9700_4_12_RedirectsAre303(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	client, b := s.records(t), s.browser()
	link := "/login?" + request(client).Encode()
	signedIn := b.press(t, b.get(t, link), "Sign in", url.Values{"email": {ownerEmail}, "password": {password}})
	if signedIn.want(t, http.StatusSeeOther).location() != link {
		t.Errorf("the sign-in leads to %s, want the same request again", signedIn.location())
	}
	allowed := b.press(t, b.follow(t, signedIn), "Allow", nil)
	again := b.get(t, link)
	for _, p := range []*page{allowed, again} {
		if code := p.back(t, redirectURI).Get("code"); !auth.WellFormed(auth.AuthorizationCode, code) {
			t.Errorf("code %q", code)
		}
		if got := p.header.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("%s: Referrer-Policy %q", p.path, got)
		}
		if got := p.header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", p.path, got)
		}
	}
}

func TestRFC9700_2_6_NoCORSOnPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	s.app(t, oauth.Registration{Name: "Spa", Public: true, RedirectURIs: []string{"https://spa.example/"}})
	for _, method := range []string{http.MethodOptions, http.MethodGet} {
		for _, path := range []string{"/login", "/oauth/authorize?client_id=x", "/consent", "/"} {
			r := httptest.NewRequest(method, path, nil)
			r.Header.Set("Origin", "https://spa.example")
			r.Header.Set("Access-Control-Request-Method", "POST")
			for name := range s.browser().do(t, r).header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s has the header %s", method, path, name)
				}
			}
		}
	}
}

// Browsers hold every hop after a form's POST against form-action: the pages of an
// authorization request let the client's redirect URI through, and others nothing.
func TestFormActionCoversTheRedirect(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"https://records.example/cb":     "https:",
		"http://127.0.0.1:8181/callback": "http://127.0.0.1:8181",
		"http://localhost:8181/callback": "http://localhost:8181",
		"http://[::1]:8181/callback":     "http:",
		"http://192.168.1.20/cb":         "http://192.168.1.20",
		"com.example.app:/cb":            "com.example.app:",
		"COM.example.app:/cb":            "com.example.app:",
	} {
		if got := dashboard.FormTarget(uri); got != want {
			t.Errorf("FormTarget(%q) = %q, want %q", uri, got, want)
		}
	}
	s := newSite(t, options{})
	client := s.records(t)
	link := "/login?" + request(client).Encode()
	stranger := s.browser()
	pages := []*page{
		stranger.get(t, link),
		stranger.post(t, link, url.Values{"email": {ownerEmail}, "password": {"wrong"}}),
		s.signedIn(t).get(t, link),
	}
	for _, p := range pages {
		if policy := p.header.Get("Content-Security-Policy"); !strings.HasSuffix(policy, "form-action 'self' https:") {
			t.Errorf("%s: %s", p.path, policy)
		}
	}
	if policy := stranger.get(t, "/login").header.Get("Content-Security-Policy"); !strings.HasSuffix(policy, "form-action 'self'") {
		t.Errorf("the ordinary sign-in page: %s", policy)
	}
}
