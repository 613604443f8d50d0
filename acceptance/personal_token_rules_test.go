package acceptance_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const tokensPath = "/profile/integrations/tokens"

// A personal access token is shown in the answer to the POST that made it, and in no
// other. Lists show its prefix and its last four digits.
func TestPersonalTokenIsShownOnce(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	shown := v.newToken(t, "billing", "fax:user:read", "fax:fax:edit")
	wantStatus(t, shown, http.StatusOK)
	token := shown.Token(t, "fgp")
	if strings.Count(shown.Body, token) < 2 || !strings.Contains(shown.Body, "curl") {
		t.Errorf("the page shows no token with a curl line:\n%s", shown.Text(t))
	}
	wantStatus(t, s.Self(t, token), http.StatusOK)

	later := map[string]Reply{"the same address": v.Get(t, shown.URL)}
	v.crawl(t, v.Open(t, "/"), later)
	later["the API"] = s.Self(t, token)
	for name, r := range later {
		if strings.Contains(r.Body, token) || strings.Contains(r.Body, token[4:20]) {
			t.Errorf("%s shows the token again", name)
		}
	}
	list := later[tokensPath].Text(t)
	for _, part := range []string{"billing", "fgp_…" + token[len(token)-4:], "fax:user:read", "fax:fax:edit"} {
		if !strings.Contains(list, part) {
			t.Errorf("the list does not show %q:\n%s", part, list)
		}
	}
	for _, listed := range []map[string]any{s.Admin(t, "token", "list"), s.Admin(t, "audit")} {
		if text := string(encode(t, listed)); strings.Contains(text, token) || strings.Contains(text, token[4:20]) {
			t.Error("the command line shows the token again")
		}
	}
}

// A token has a name that is unique among its person's live ones, at least one known
// scope, and an end that is neither past nor more than 366 days away.
func TestPersonalTokenHasANameAScopeAndAnEnd(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	wantStatus(t, v.newToken(t, "first"), http.StatusOK)
	day := func(days int) []string { return []string{time.Now().AddDate(0, 0, days).UTC().Format(time.DateOnly)} }
	form := v.Open(t, tokensPath+"/new")
	for name, x := range map[string]struct {
		fields url.Values
		want   int
	}{
		"the name again":    {url.Values{"name": {"first"}}, http.StatusConflict},
		"with spaces":       {url.Values{"name": {" first "}}, http.StatusConflict},
		"no name":           {url.Values{"name": {" "}}, http.StatusBadRequest},
		"long name":         {url.Values{"name": {strings.Repeat("x", 101)}}, http.StatusBadRequest},
		"no scope":          {url.Values{"name": {"x"}, "scope": nil}, http.StatusBadRequest},
		"unknown scope":     {url.Values{"name": {"x"}, "scope": {"fax:everything"}}, http.StatusBadRequest},
		"shop":              {url.Values{"name": {"x"}, "scope": {"fax:shop:edit"}}, http.StatusBadRequest},
		"yesterday":         {url.Values{"name": {"x"}, "expires": day(-2)}, http.StatusBadRequest},
		"too far":           {url.Values{"name": {"x"}, "expires": day(369)}, http.StatusBadRequest},
		"no date":           {url.Values{"name": {"x"}, "expires": {"tomorrow"}}, http.StatusBadRequest},
		"an unknown number": {url.Values{"name": {"x"}, "expires": {"5000"}}, http.StatusBadRequest},
		"a year":            {url.Values{"name": {"year"}, "expires": {"365"}}, http.StatusOK},
		"a date":            {url.Values{"name": {"date"}, "expires": day(300)}, http.StatusOK},
		"the longest name":  {url.Values{"name": {strings.Repeat("名", 100)}}, http.StatusOK},
	} {
		fields := url.Values{"scope": {"fax:user:read"}}
		for field, values := range x.fields {
			fields[field] = values
		}
		if r := v.Press(t, form, "Generate token", fields); r.Status != x.want || (x.want != http.StatusOK && tokenText.MatchString(r.Body)) {
			t.Errorf("%s: %d, want %d\n%s", name, r.Status, x.want, r.Text(t))
		}
	}
	for _, expires := range []string{"367d", "0d", "-1d", "2020-01-01", "never"} {
		s.AdminRefuses(t, "token", "create", "--email", s.Owner.Email, "--name", "x", "--expires="+expires, "--scope", "all")
	}

	// Another person may use the name, and after the revocation so may this one.
	member := s.SignedIn(t, s.Member(t, "member@clinic.example", "member"))
	wantStatus(t, member.newToken(t, "first"), http.StatusOK)
	for range 4 {
		wantStatus(t, v.Submit(t, v.Open(t, tokensPath), "Revoke", nil), http.StatusOK)
	}
	wantStatus(t, v.newToken(t, "first"), http.StatusOK)
}

// A token never makes a token, and never reaches the pages that do.
func TestTokenMakesNoToken(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	v := s.SignedIn(t, s.Owner)
	access, personal := p.Tokens(t, v).AccessToken, s.PersonalToken(t, s.Owner, "mine", "all")
	form := url.Values{"name": {"more"}, "expires": {"90"}, "scope": {"fax:all:edit"}}.Encode()
	for _, token := range []string{access, personal} {
		for _, path := range []string{tokensPath + "/new", "/profile/integrations/activate", "/profile/integrations/apps/new", securityPath + "/password", "/confirm", "/security", "/members"} {
			for _, headers := range [][]string{{bearer(token)}, {"Cookie: faxgate=" + token}} {
				r := s.Call(t, http.MethodPost, path, form, append(headers, asForm, "x-fax-clientid: "+p.ID)...)
				if r.Status != http.StatusUnauthorized || tokenText.MatchString(r.Body) {
					t.Errorf("POST %s with a token: %d, want 401", path, r.Status)
				}
			}
		}
		for _, path := range []string{"/v3/tokens", "/v3/accounts/self/tokens", "/v3/clients"} {
			wantProblem(t, s.Call(t, http.MethodPost, path, "{}", asJSON, bearer(token), "x-fax-clientid: "+p.ID), http.StatusNotFound, "path_unknown")
		}
	}
}

// A member's token gets no scope that the role can never use, and nobody makes tokens
// for somebody else; owners and admins see and revoke everybody's.
func TestPersonalTokenStaysWithinTheRole(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	owner := s.SignedIn(t, s.Owner)
	who := s.Member(t, "member@clinic.example", "member")
	member := s.SignedIn(t, who)
	if r := member.newToken(t, "too much", "fax:member:edit"); r.Status == http.StatusOK {
		t.Errorf("a member made a token with fax:member:edit")
	}
	token := member.newToken(t, "mine").Token(t, "fgp")
	theirs := owner.newToken(t, "the owner's").Token(t, "fgp")

	if strings.Contains(owner.Open(t, tokensPath).Text(t), "mine fgp_…") {
		t.Error("the owner's own list shows the member's token")
	}
	everybodys := owner.Open(t, tokensPath+"?everyone=1")
	if !strings.Contains(everybodys.Text(t), who.Email) {
		t.Errorf("the owner does not see the member's token:\n%s", everybodys.Text(t))
	}
	if strings.Contains(member.Open(t, tokensPath+"?everyone=1").Text(t), s.Owner.Email) {
		t.Error("the member sees the owner's token")
	}
	var revoke []Form
	for _, b := range all(everybodys.document(t), "form button") {
		if textOf(b) == "Revoke" {
			revoke = append(revoke, formOf(b))
		}
	}
	for _, f := range revoke { // the member tries all of them: only the own one ends
		r := member.Post(t, f.Action, f.Fields)
		if r.Status != http.StatusSeeOther && r.Status != http.StatusNotFound {
			t.Errorf("revoking somebody's token: %d", r.Status)
		}
	}
	wantStatus(t, s.Self(t, token), http.StatusUnauthorized)
	wantStatus(t, s.Self(t, theirs), http.StatusOK)
	again := member.newToken(t, "again").Token(t, "fgp")
	wantStatus(t, owner.Submit(t, owner.Open(t, tokensPath+"?everyone=1"), "Revoke", nil), http.StatusOK)
	wantStatus(t, s.Self(t, again), http.StatusUnauthorized)
}

// A token works for the length of its life and is shown with the moment of its end.
func TestPersonalTokenCanBeRevokedAtOnce(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	token := v.newToken(t, "short").Token(t, "fgp")
	wantStatus(t, s.Self(t, token), http.StatusOK) // and now it is remembered
	wantStatus(t, v.Submit(t, v.Open(t, tokensPath), "Revoke", nil), http.StatusOK)
	wantProblem(t, s.Self(t, token), http.StatusUnauthorized, "invalid_token")
	if got := v.Open(t, tokensPath); got.HasButton(t, "Revoke") {
		t.Errorf("a revoked token can be revoked again:\n%s", got.Text(t))
	}
}
