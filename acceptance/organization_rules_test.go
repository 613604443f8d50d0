package acceptance_test

import (
	"net/http"
	"strings"
	"testing"
)

// Organization creates a further organization and gives its owner.
func (s *Server) Organization(t *testing.T, name string, flags ...string) Person {
	t.Helper()
	owner := s.person(t, "owner@"+name+".example")
	args := []string{"organization", "create", "--name", name, "--owner-email", owner.Email, "--password-file", s.passwordFile(t, owner)}
	s.Admin(t, append(args, flags...)...)
	return owner
}

// uid is the account's id on the wire.
func (s *Server) uid(t *testing.T, token string) string {
	t.Helper()
	return decode[struct {
		UID string `json:"uid"`
	}](t, s.Self(t, token)).UID
}

// Of another organization nothing exists: not its accounts, not its clients, not its
// tokens.
func TestOrganizationsNeverSeeEachOther(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	second := s.Organization(t, "second")
	mine, theirs := s.PersonalToken(t, s.Owner, "mine", "all"), s.PersonalToken(t, second, "theirs", "all")
	id := s.uid(t, theirs)
	for _, path := range []string{"/v3/accounts/" + id, "/v3/accounts/self/member-details/" + id} {
		wantProblem(t, s.Call(t, http.MethodGet, path, "", bearer(mine)), http.StatusNotFound, "account_unknown")
		wantProblem(t, s.Call(t, http.MethodPut, path, "{}", asJSON, bearer(mine)), http.StatusNotFound, "account_unknown")
		unknown := s.Call(t, http.MethodGet, strings.Replace(path, id, strings.Repeat("0", 32), 1), "", bearer(mine))
		wantProblem(t, unknown, http.StatusNotFound, "account_unknown") // to the letter what an id that never was gets
	}
	if members := s.Call(t, http.MethodGet, "/v3/accounts", "", bearer(mine)); strings.Contains(members.Body, second.Email) {
		t.Errorf("another organization's account is among the members: %s", members.Body)
	}

	p := s.Program(t, webRedirect)
	v := s.SignedIn(t, second)
	wantPage(t, p.Authorize(t, v), http.StatusForbidden)
	for _, path := range []string{"/profile/integrations/apps/" + p.ID, "/profile/integrations/apps/" + p.ID + "/delete", "/members/" + s.uid(t, mine)} {
		wantPage(t, v.Get(t, path), http.StatusNotFound)
	}
	wantPage(t, v.Post(t, "/profile/integrations/apps/"+p.ID+"/delete", nil), http.StatusNotFound)
	for _, path := range []string{"/members", "/audit", tokensPath + "?everyone=1", "/profile/integrations"} {
		if page := v.Open(t, path); strings.Contains(page.Body, s.Owner.Email) || strings.Contains(page.Body, p.ID) {
			t.Errorf("%s shows something of another organization:\n%s", path, page.Text(t))
		}
	}
}

// API access belongs to the Enterprise plan. Leaving it stops both kinds of tokens
// within a second, with 403 and never a 500; coming back revives them.
func TestPlanDecidesAboutAPIAccess(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	personal, got := s.PersonalToken(t, s.Owner, "mine", "all"), p.Tokens(t, v)
	wantStatus(t, s.Self(t, personal), http.StatusOK)
	for _, plan := range []string{"free", "premium", "business"} {
		s.Admin(t, "plan", plan)
		r := wantSoon(t, func() Reply { return s.Self(t, personal) }, func(r Reply) bool { return r.Status == http.StatusForbidden })
		wantProblem(t, r, http.StatusForbidden, "plan_required")
		wantProblem(t, p.Self(t, got.AccessToken), http.StatusForbidden, "plan_required")
		refused := wantOAuthError(t, p.Ask(t, p.Refresh(got.RefreshToken)), http.StatusBadRequest, "invalid_grant")
		if !strings.Contains(refused.ErrorDescription, "plan") {
			t.Errorf("the refresh is refused with %q", refused.ErrorDescription)
		}
		if r := p.Post(t, "/oauth/introspect", about(got.AccessToken)); r.Body != inactive {
			t.Errorf("introspection: %s, want %s", r.Body, inactive)
		}
		wantPage(t, p.Authorize(t, v), http.StatusForbidden)
	}
	page := v.Open(t, "/profile/integrations")
	if page.HasButton(t, "Activate") || page.HasLink(t, "Generate token") || !strings.Contains(page.Text(t), "Enterprise") {
		t.Errorf("without API access the page offers something:\n%s", page.Text(t))
	}
	wantPage(t, v.newTokenWithoutForm(t), http.StatusForbidden)
	wantPage(t, v.Post(t, "/profile/integrations/activate", nil), http.StatusForbidden)
	s.AdminRefuses(t, "token", "create", "--email", s.Owner.Email, "--name", "x", "--scope", "all")

	s.Admin(t, "plan", "enterprise")
	wantSoon(t, func() Reply { return s.Self(t, personal) }, func(r Reply) bool { return r.Status == http.StatusOK })
	granted(t, p.Ask(t, p.Refresh(got.RefreshToken)))
}

// newTokenWithoutForm posts what the form for a new token would.
func (v *Visitor) newTokenWithoutForm(t *testing.T) Reply {
	t.Helper()
	return v.Post(t, tokensPath+"/new", map[string][]string{"name": {"x"}, "expires": {"90"}, "scope": {"fax:user:read"}})
}

// The keys of an error body are the same everywhere below /v3, and its sentence
// follows the caller's language; the code does not.
func TestErrorBodySaysCauseScopeAndAction(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	token := s.PersonalToken(t, s.Owner, "mine", "fax:user:read")
	english := s.Call(t, http.MethodPut, "/v3/accounts/self", "{}", asJSON, bearer(token))
	japanese := s.Call(t, http.MethodPut, "/v3/accounts/self", "{}", asJSON, bearer(token), "Accept-Language: ja")
	for language, r := range map[string]Reply{"en": english, "ja": japanese} {
		p := wantProblem(t, r, http.StatusForbidden, "insufficient_scope")
		if p.MissingScope != "fax:user:edit" || p.Action == "" || r.Header.Get("Content-Language") != language || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %+v, %v", language, p, r.Header)
		}
		if p.RequestID != r.Header.Get("X-Request-Id") {
			t.Errorf("request id %q, want that of the header, %q", p.RequestID, r.Header.Get("X-Request-Id"))
		}
	}
	if a, b := decode[problem](t, english), decode[problem](t, japanese); a.Description == b.Description || a.Action == b.Action {
		t.Error("both languages say the same")
	}
	for path, method := range map[string]string{"/v3/nowhere": http.MethodGet, "/v3/accounts/self/nowhere": http.MethodGet, "/v3/": http.MethodPost} {
		wantProblem(t, s.Call(t, method, path, "", bearer(token)), http.StatusNotFound, "path_unknown")
	}
	r := s.Call(t, http.MethodDelete, "/v3/accounts/self", "", bearer(token))
	wantProblem(t, r, http.StatusMethodNotAllowed, "method_not_allowed")
	if got := r.Header.Get("Allow"); got != "GET, HEAD, PUT" {
		t.Errorf("Allow %q, want GET, HEAD, PUT", got)
	}
}

// Pages of registered public clients may call the token endpoint and the API from a
// browser, without cookies; pages of nobody else may.
func TestFetch_3_2_OnlyPublicClientsMayCallFromABrowser(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	const app, other = "https://spa.example.com", "https://app.example.com"
	s.Program(t, app+"/cb", "--public", "--redirect-uri", "com.example.app:/cb", "--redirect-uri", "https://spa.example.com:8443/cb")
	s.Program(t, other+"/cb") // a confidential client has no page that calls
	allowed := func(path, origin string) string {
		r := s.Call(t, http.MethodOptions, path, "", "Origin: "+origin, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,x-fax-clientid,content-type")
		if r.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s allows cookies", path)
		}
		if got := r.Header.Get("Access-Control-Allow-Origin"); got != "" {
			if r.Status != http.StatusNoContent || !strings.Contains(strings.ToLower(r.Header.Get("Access-Control-Allow-Headers")), "x-fax-clientid") || r.Header.Get("Vary") == "" {
				t.Errorf("%s: %d %v", path, r.Status, r.Header)
			}
			return got
		}
		return s.Call(t, http.MethodPost, path, "", "Origin: "+origin).Header.Get("Access-Control-Allow-Origin")
	}
	for _, path := range []string{"/token", "/oauth/token", "/v3/accounts/self", "/v3/nowhere"} {
		for _, origin := range []string{app, app + ":8443"} {
			if got := allowed(path, origin); got != origin {
				t.Errorf("%s from %s: allowed origin %q", path, origin, got)
			}
		}
		for _, origin := range []string{other, "https://evil.example", "null", "http://spa.example.com", app + ".evil.example", "https://spa.example", "com.example.app:", "https://"} {
			if got := allowed(path, origin); got != "" {
				t.Errorf("%s from %s: allowed origin %q, want none", path, origin, got)
			}
		}
	}
	if got := allowed("/oauth/introspect", app); got != "" {
		t.Errorf("introspection allows the origin %q", got)
	}
}
