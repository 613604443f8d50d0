package dashboard_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// public is every path that answers without a session.
var public = []string{
	"GET /setup", "POST /setup", "GET /login", "POST /login", "GET /oauth/authorize", "POST /oauth/authorize",
	"GET /forgot", "POST /forgot", "GET /reset/{secret}", "POST /reset/{secret}", "GET /email/{secret}", "POST /email/{secret}",
	"GET /invitation/{secret}", "POST /invitation/{secret}", "POST /language", "POST /logout", "GET /static/{file}",
}

// split cuts a pattern and fills its blanks in.
func split(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	path = strings.NewReplacer("{$}", "", "{id}", "0123", "{secret}", "fgl_x", "{file}", "x.css", "{page}", "1").Replace(path)
	return method, path
}

func TestEveryRouteButThePublicOnesRefusesAStranger(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	for _, route := range s.people.Routes() {
		if route.Public != slices.Contains(public, route.Pattern) {
			t.Errorf("%s: public is %t", route.Pattern, route.Public)
		}
		if route.Public {
			continue
		}
		method, path := split(route.Pattern)
		b := s.browser()
		if method == http.MethodGet {
			p := b.get(t, path).want(t, http.StatusSeeOther)
			if !strings.HasPrefix(p.location(), "/login") {
				t.Errorf("%s leads to %s", route.Pattern, p.location())
			}
			continue
		}
		p := b.post(t, path, url.Values{})
		if p.status != http.StatusUnauthorized || p.location() != "" || len(b.set) > 0 {
			t.Errorf("%s answers a stranger %d, Location %q", route.Pattern, p.status, p.location())
		}
	}
}

// A form on another site's page, which the browser would send with the cookie, does
// nothing (RFC 6749 10.12).
func TestAForeignOriginIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	for _, route := range s.people.Routes() {
		method, path := split(route.Pattern)
		if method != http.MethodPost {
			continue
		}
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			r := httptest.NewRequest(method, path, strings.NewReader("decision=allow"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(name, value)
			if p := b.do(t, r); p.status != http.StatusForbidden {
				t.Errorf("%s with %s: %s answers %d", route.Pattern, name, value, p.status)
			}
		}
	}
	b.get(t, "/").want(t, http.StatusOK)
}

// Behind a proxy the Host header differs; the public URL says who we are.
func TestThePublicURLIsATrustedOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{publicURL: "https://fax.example"})
	r := httptest.NewRequest(http.MethodPost, "http://10.0.0.1:8080/language", strings.NewReader("language=ja"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://fax.example")
	s.browser().do(t, r).want(t, http.StatusSeeOther)
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.browser()
	b.get(t, "/nowhere").want(t, http.StatusNotFound).contains(t, "Not found", "Request ID")
	p := b.post(t, "/profile/apps", url.Values{}).want(t, http.StatusMethodNotAllowed)
	if allow := p.header.Get("Allow"); allow != "GET, HEAD" {
		t.Errorf("Allow: %q", allow)
	}
	r := httptest.NewRequest(http.MethodHead, "/login", nil)
	if p := b.do(t, r).want(t, http.StatusOK); p.body != "" {
		t.Errorf("HEAD has a body of %d bytes", len(p.body))
	}
	for _, path := range []string{"//evil.example/login", "/profile/../../login"} {
		p := b.get(t, path).want(t, http.StatusTemporaryRedirect)
		to, err := url.Parse(p.location())
		if err != nil || to.Host != "" || to.Scheme != "" || strings.HasPrefix(p.location(), "//") {
			t.Errorf("%s leads to %s", path, p.location())
		}
	}
}

// Ids of the path go to the database, which does not take everything as text.
func TestAPathThatIsNoTextIsNotFound(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newSite(t, options{db: db})
		b := s.signedIn(t)
		for _, route := range s.people.Routes() {
			method, pattern, _ := strings.Cut(route.Pattern, " ")
			for _, blank := range []string{"{id}", "{secret}", "{file}"} {
				for _, text := range []string{"%00", "a%00b", "%ff", "%ed%a0%80"} {
					path := strings.Replace(pattern, blank, text, 1)
					if path == pattern {
						continue
					}
					var p *page
					if method == http.MethodGet {
						p = b.get(t, path)
					} else {
						p = b.post(t, path, url.Values{"role": {"member"}, "name": {"x"}})
					}
					p.want(t, http.StatusNotFound).contains(t, "Not found")
				}
			}
		}
	})
}

// Bad input of every kind gets a 4xx, never a 500 and never a success.
func TestBadInputIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	for name, x := range map[string]struct {
		contentType, body string
		want              int
	}{
		"a huge body":          {"application/x-www-form-urlencoded", "email=" + strings.Repeat("x", 70<<10), http.StatusRequestEntityTooLarge},
		"10 000 parameters":    {"application/x-www-form-urlencoded", strings.Repeat("a=b&", 10_000), http.StatusBadRequest},
		"invalid UTF-8":        {"application/x-www-form-urlencoded", "email=%ff&password=x", http.StatusBadRequest},
		"broken escapes":       {"application/x-www-form-urlencoded", "email=%zz", http.StatusBadRequest},
		"a NUL":                {"application/x-www-form-urlencoded", "email=a%00b", http.StatusBadRequest},
		"JSON":                 {"application/json", `{"email":"a@b.c"}`, http.StatusUnsupportedMediaType},
		"nothing":              {"application/x-www-form-urlencoded", "", http.StatusUnauthorized},
		"another email twice":  {"application/x-www-form-urlencoded", "email=a@b.c&email=" + ownerEmail + "&password=x", http.StatusUnauthorized},
		"a password too large": {"application/x-www-form-urlencoded", "email=" + ownerEmail + "&password=" + strings.Repeat("x", 60<<10), http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(x.body))
			r.Header.Set("Content-Type", x.contentType)
			p := s.browser().do(t, r).want(t, x.want)
			if p.header.Get("Content-Security-Policy") == "" || !p.has("h1") {
				t.Error("the refusal is not a proper page")
			}
		})
	}
	b := s.browser()
	b.get(t, "/login?"+strings.Repeat("a=b&", 10_000)).want(t, http.StatusBadRequest)
	b.get(t, "/login?client_id=%ff").want(t, http.StatusBadRequest)
	b.get(t, "/login?client_id=%zz").want(t, http.StatusOK) // no parameter that can be read: an ordinary sign-in page
}

// The server's own trouble is a bare page with the request's id, and says nothing
// about what it is.
func TestAFailureOfTheServerIsABare500(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel() // every question to the database fails
	for _, path := range []string{"/", "/members", "/login?client_id=APIK-00000000000000000000"} {
		p := b.do(t, httptest.NewRequestWithContext(gone, http.MethodGet, path, nil)).want(t, http.StatusInternalServerError)
		if id := p.header.Get("X-Request-Id"); id == "" || !strings.Contains(p.text("body"), id) {
			t.Errorf("%s does not show its request id %q", path, id)
		}
		if strings.Contains(p.body, "canceled") {
			t.Errorf("%s tells what is wrong inside:\n%s", path, p.text("body"))
		}
	}
}

// Everybody but owners and admins is told whom to ask.
func TestWhatTheRoleDoesNotPermitSaysWhomToAsk(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b, _ := s.member(t, "member@clinic.example", auth.Member)
	for _, path := range []string{"/members", "/security", "/audit", "/profile/integrations/apps/new", "/members/" + s.owner.ID} {
		b.get(t, path).want(t, http.StatusForbidden).contains(t, ownerEmail)
	}
	b.post(t, "/profile/integrations/activate", nil).want(t, http.StatusForbidden)
	b.post(t, "/members", url.Values{"email": {"x@clinic.example"}, "role": {"member"}}).want(t, http.StatusForbidden)
	b.post(t, "/security", url.Values{"advanced": {"on"}}).want(t, http.StatusForbidden)
	home := b.get(t, "/").want(t, http.StatusOK)
	for _, name := range []string{"Members", "Audit log", "Advanced Security"} {
		if home.link(name) != "" {
			t.Errorf("a member sees the link %s", name)
		}
	}
}
