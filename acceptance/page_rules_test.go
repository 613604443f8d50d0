package acceptance_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// pages are the answers that a person can get without a form, by what they are.
func pages(t *testing.T, s *Server, p *Program) map[string]Reply {
	t.Helper()
	v, stranger := s.SignedIn(t, s.Owner), s.Visitor(t)
	all := map[string]Reply{
		"sign-in":                stranger.Get(t, "/login"),
		"sign-in of a request":   stranger.Get(t, "/login?"+p.Request().Encode()),
		"consent":                p.Authorize(t, v),
		"bad redirect URI":       v.Get(t, "/login?"+p.Request("redirect_uri=https://evil.example/").Encode()),
		"to the sign-in":         stranger.Get(t, "/profile"),
		"forgotten password":     stranger.Get(t, "/forgot"),
		"used link":              stranger.Get(t, "/reset/x"),
		"unknown page":           stranger.Get(t, "/nowhere"),
		"method not allowed":     stranger.Do(t, http.MethodDelete, "/login", ""),
		"foreign form":           v.Do(t, http.MethodPost, "/logout", "", "Origin: https://evil.example"),
		"sign-in refused":        stranger.Post(t, "/login", url.Values{"email": {"nobody@clinic.example"}, "password": {"wrong"}}),
		"confirm":                v.Get(t, "/confirm"),
		"set-up of an owned one": stranger.Get(t, "/setup"),
	}
	v.crawl(t, v.Open(t, "/"), all)
	return all
}

// crawl follows every link that stays at the server, and adds what it finds.
func (v *Visitor) crawl(t *testing.T, from Reply, found map[string]Reply) {
	t.Helper()
	path := strings.TrimPrefix(from.URL, v.server.URL)
	if _, seen := found[path]; seen || len(found) > 100 {
		return
	}
	found[path] = from
	if !strings.HasPrefix(from.Header.Get("Content-Type"), "text/html") {
		return
	}
	for _, a := range all(from.document(t), "a[href]") {
		next := resolve(t, from.URL, attribute(a, "href"))
		next, _, _ = strings.Cut(next, "#")
		if _, seen := found[strings.TrimPrefix(next, v.server.URL)]; !seen && strings.HasPrefix(next, v.server.URL+"/") {
			v.crawl(t, v.Get(t, next), found)
		}
	}
}

// isPage tells pages and the redirects between them from style sheets and the like.
func isPage(r Reply) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") || r.Header.Get("Location") != ""
}

// directives are those of the reply's Content-Security-Policy.
func (r Reply) directives() map[string]string {
	found := map[string]string{}
	for part := range strings.SplitSeq(r.Header.Get("Content-Security-Policy"), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), " ")
		found[name] = value
	}
	return found
}

// No page can be framed, so that nobody can be led to press Allow unseen; none is
// kept by a cache, and none runs a script that this server did not send.
func TestRFC9700_4_16_NoPageCanBeFramed(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	found := 0
	for name, r := range pages(t, s, s.Program(t, webRedirect)) {
		if !isPage(r) {
			continue
		}
		found++
		csp := r.directives()
		if csp["frame-ancestors"] != "'none'" || r.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s (%s) can be framed: Content-Security-Policy %v, X-Frame-Options %q", name, r.URL, csp, r.Header.Get("X-Frame-Options"))
		}
		if csp["default-src"] != "'none'" || csp["base-uri"] != "'none'" || strings.Contains(r.Header.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s (%s): Content-Security-Policy %v", name, r.URL, csp)
		}
		if got := r.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s (%s): Cache-Control %q, want no-store", name, r.URL, got)
		}
		if got := r.Header.Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s (%s): X-Content-Type-Options %q, want nosniff", name, r.URL, got)
		}
	}
	if found < 25 {
		t.Errorf("only %d pages were found", found)
	}
}

// Pages with forms tell their own server alone where a request comes from; with
// no-referrer browsers would post them with "Origin: null". What shows a secret, and
// a redirect that carries a code, tells nobody.
func TestRFC9700_4_2_4_ReferrersTellNoSecret(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	for name, r := range pages(t, s, p) {
		if got := r.Header.Get("Referrer-Policy"); isPage(r) && got != "same-origin" && got != "no-referrer" {
			t.Errorf("%s (%s): Referrer-Policy %q", name, r.URL, got)
		}
		if got := r.Header.Get("Referrer-Policy"); isPage(r) && strings.Contains(r.Body, `method="post"`) && got != "same-origin" {
			t.Errorf("%s (%s) has a form: Referrer-Policy %q, want same-origin", name, r.URL, got)
		}
	}
	v := s.SignedIn(t, s.Owner)
	allowed := v.Press(t, p.Authorize(t, v), "Allow", nil)
	for name, r := range map[string]Reply{
		"Allow": allowed, "remembered consent": p.Authorize(t, v), "error": p.Authorize(t, v, "scope=x"),
		"new token": v.newToken(t, "shown"),
	} {
		if got := r.Header.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("%s: Referrer-Policy %q, want no-referrer", name, got)
		}
	}
}

// newToken generates a personal access token and gives the page that shows it.
func (v *Visitor) newToken(t *testing.T, name string, scopes ...string) Reply {
	t.Helper()
	if len(scopes) == 0 {
		scopes = []string{"fax:user:read"}
	}
	form := v.Open(t, "/profile/integrations/tokens/new")
	return v.Press(t, form, "Generate token", url.Values{"name": {name}, "scope": scopes})
}

// Browsers hold every hop after a form's POST against form-action. Where a form may
// end at the client, the policy names the way there; everywhere else it stays strict.
func TestCSP3_6_4_2_FormsEndAtThisServerOrTheClient(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect, "--redirect-uri", "http://127.0.0.1:1234/cb", "--redirect-uri", "com.example.app:/cb")
	v := s.SignedIn(t, s.Owner)
	for uri, want := range map[string]string{
		webRedirect: "'self' https:", "http://127.0.0.1:4321/cb": "'self' http://127.0.0.1:4321", "com.example.app:/cb": "'self' com.example.app:",
	} {
		for name, r := range map[string]Reply{
			"consent": p.Authorize(t, v, "redirect_uri="+uri),
			"sign-in": p.Authorize(t, s.Visitor(t), "redirect_uri="+uri),
			"sign-in refused": s.Visitor(t).Post(t, "/login?"+p.Request("redirect_uri="+uri).Encode(),
				url.Values{"email": {s.Owner.Email}, "password": {"wrong"}}),
		} {
			if got := r.directives()["form-action"]; got != want {
				t.Errorf("%s of %s: form-action %q, want %q", name, uri, got, want)
			}
		}
	}
	strict := map[string]Reply{"/login": s.Visitor(t).Get(t, "/login")}
	v.crawl(t, v.Open(t, "/"), strict)
	for name, r := range strict {
		request := strings.HasPrefix(name, "/login?") // the app's page has a link for trying it out
		if got := r.directives()["form-action"]; isPage(r) && !request && got != "'self'" {
			t.Errorf("%s: form-action %q, want 'self'", name, got)
		}
	}
}
