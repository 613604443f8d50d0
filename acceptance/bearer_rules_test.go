package acceptance_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A token counts in the Authorization header and nowhere else: in a URL it would
// stay in every log on the way.
func TestRFC9700_4_3_2_TokenCountsInTheHeaderAlone(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	token := s.PersonalToken(t, s.Owner, "mine", "all")
	in := url.Values{"access_token": {token}}.Encode()
	for name, r := range map[string]Reply{
		"query":         s.Call(t, http.MethodGet, "/v3/accounts/self?"+in, ""),
		"form":          s.Call(t, http.MethodGet, "/v3/accounts/self", in, asForm),
		"posted form":   s.Call(t, http.MethodPut, "/v3/accounts/self", in, asForm),
		"cookie":        s.Call(t, http.MethodGet, "/v3/accounts/self", "", "Cookie: access_token="+token+"; faxgate="+token),
		"own header":    s.Call(t, http.MethodGet, "/v3/accounts/self", "", "X-Api-Key: "+token, "X-Access-Token: "+token),
		"HTTP Basic":    s.Call(t, http.MethodGet, "/v3/accounts/self", "", basic("", token)),
		"without type":  s.Call(t, http.MethodGet, "/v3/accounts/self", "", "Authorization: "+token),
		"empty header":  s.Call(t, http.MethodGet, "/v3/accounts/self", "", "Authorization: "),
		"other scheme":  s.Call(t, http.MethodGet, "/v3/accounts/self", "", "Authorization: Token "+token),
		"authorization": s.Call(t, http.MethodGet, "/v3/accounts/self?authorization=Bearer+"+token, ""),
	} {
		if r.Status != http.StatusUnauthorized {
			t.Errorf("%s: %d, want 401\n%s", name, r.Status, r.Body)
		}
	}
	wantStatus(t, s.Self(t, token), http.StatusOK)
	wantStatus(t, s.Call(t, http.MethodGet, "/v3/accounts/self", "", "authorization: bearer "+token), http.StatusOK)
	twice := s.Call(t, http.MethodGet, "/v3/accounts/self", "", bearer(token), bearer(token))
	wantStatus(t, twice, http.StatusBadRequest)
}

// A browser session opens pages, never the API.
func TestRFC9700_2_6_SessionOpensNoAPI(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	wantStatus(t, v.Get(t, "/v3/accounts/self"), http.StatusUnauthorized)
	wantStatus(t, s.Self(t, v.Cookie(t).Value), http.StatusUnauthorized)
}

// Without a token the answer asks for one and names no error: nothing went wrong.
func TestRFC6750_3_ChallengeWithoutAToken(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	for _, path := range []string{"/v3/accounts", "/v3/accounts/self", "/v3/accounts/self/member-details/x"} {
		r := s.Call(t, http.MethodGet, path, "")
		wantStatus(t, r, http.StatusUnauthorized)
		if got := r.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") || strings.Contains(got, "error") {
			t.Errorf("%s: WWW-Authenticate %q, want Bearer without an error", path, got)
		}
	}
}

// A token that is no good is 401 invalid_token, so that clients refresh it; the body
// says in what way, and when it ended.
func TestRFC6750_3_1_InvalidTokenSaysWhy(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	got := p.Tokens(t, s.SignedIn(t, s.Owner))
	revoked := s.PersonalToken(t, s.Owner, "revoked", "all")
	s.revokePersonal(t, revoked)
	damaged := revoked[:20] + "0" + revoked[21:]
	if damaged == revoked {
		damaged = revoked[:20] + "1" + revoked[21:]
	}
	type reasoned struct {
		problem
		Reason string `json:"reason"`
		At     string `json:"at"`
	}
	for token, reason := range map[string]string{
		damaged: "token_damaged", revoked[:30]: "token_damaged", "nonsense": "token_unknown_form", got.RefreshToken: "token_wrong_kind",
		p.Secret: "token_wrong_kind", neverMade("fgp"): "token_unknown_here", revoked: "token_revoked",
	} {
		t.Run(reason, func(t *testing.T) {
			r := wantSoon(t, func() Reply { return s.Self(t, token) }, refused)
			wantProblem(t, r, http.StatusUnauthorized, "invalid_token")
			if challenge := r.Header.Get("WWW-Authenticate"); !strings.HasPrefix(challenge, "Bearer ") || !strings.Contains(challenge, `error="invalid_token"`) {
				t.Errorf("WWW-Authenticate %q, want error=\"invalid_token\"", challenge)
			}
			why := decode[reasoned](t, r)
			if why.Reason != reason || why.Action == "" {
				t.Errorf("reason %q with action %q, want %q and what to do", why.Reason, why.Action, reason)
			}
			if at, err := time.Parse(time.RFC3339, why.At); reason == "token_revoked" && (err != nil || time.Since(at) > time.Hour) {
				t.Errorf("revoked at %q, want a moment ago", why.At)
			}
			if strings.Contains(r.Body, token) {
				t.Error("the answer repeats the token")
			}
		})
	}
}

// revokePersonal ends a personal access token at the command line.
func (s *Server) revokePersonal(t *testing.T, token string) {
	t.Helper()
	s.Admin(t, "token", "revoke", "--token-file", s.secretFile(t, token))
}

// A token without the scope of a call is 403, with the scope to ask for.
func TestRFC6750_3_1_InsufficientScopeNamesTheScope(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	reader := s.PersonalToken(t, s.Owner, "reader", "fax:user:read")
	faxes := s.PersonalToken(t, s.Owner, "faxes", "fax:fax:edit")
	for name, x := range map[string]struct {
		reply Reply
		needs string
	}{
		"read with another family": {s.Self(t, faxes), "fax:user:read"},
		"write with a read token":  {s.Call(t, http.MethodPut, "/v3/accounts/self", "{}", asJSON, bearer(reader)), "fax:user:edit"},
		"others with one's own":    {s.Call(t, http.MethodGet, "/v3/accounts", "", bearer(reader)), "fax:member:read"},
		"members with one's own":   {s.Call(t, http.MethodGet, "/v3/accounts/self/member-details/x", "", bearer(reader)), "fax:member:read"},
	} {
		t.Run(name, func(t *testing.T) {
			got := wantProblem(t, x.reply, http.StatusForbidden, "insufficient_scope")
			challenge := x.reply.Header.Get("WWW-Authenticate")
			if got.MissingScope != x.needs || got.Action == "" || !strings.Contains(challenge, `error="insufficient_scope"`) || !strings.Contains(challenge, `scope="`+x.needs+`"`) {
				t.Errorf("missing_scope %q, action %q, WWW-Authenticate %q, want %s in all", got.MissingScope, got.Action, challenge, x.needs)
			}
		})
	}
}

// An edit scope includes its read scope, and the collective scopes what their names
// say; a read scope opens nothing that writes.
func TestRFC6749_3_3_EditIncludesRead(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	for i, x := range []struct {
		scope                string
		read, write, members int
	}{
		{"fax:user:read", 200, 403, 403}, {"fax:user:edit", 200, 204, 403}, {"fax:all:read", 200, 403, 200}, {"fax:all:edit", 200, 204, 200},
		{"all", 200, 204, 200}, {"fax:member:edit", 200, 204, 200}, {"fax:member:read", 200, 403, 200}, {"fax:webhook:edit", 403, 403, 403},
	} {
		token := s.PersonalToken(t, s.Owner, "token "+strconv.Itoa(i), x.scope)
		got := fmt.Sprint(s.Self(t, token).Status, s.Call(t, http.MethodPut, "/v3/accounts/self", "{}", asJSON, bearer(token)).Status,
			s.Call(t, http.MethodGet, "/v3/accounts", "", bearer(token)).Status)
		if want := fmt.Sprint(x.read, x.write, x.members); got != want {
			t.Errorf("%s: read, write, members answer %s, want %s", x.scope, got, want)
		}
	}
}

// No scope gives a member what the role does not.
func TestRFC6749_3_3_ScopeNeverExceedsTheRole(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	member := s.Member(t, "member@clinic.example", "member")
	token := s.PersonalToken(t, member, "all", "all")
	wantStatus(t, s.Self(t, token), http.StatusOK)
	wantProblem(t, s.Call(t, http.MethodGet, "/v3/accounts", "", bearer(token)), http.StatusForbidden, "role_required")
	owner := decode[struct {
		UID string `json:"uid"`
	}](t, s.Self(t, s.PersonalToken(t, s.Owner, "owner", "all")))
	wantProblem(t, s.Call(t, http.MethodGet, "/v3/accounts/"+owner.UID, "", bearer(token)), http.StatusForbidden, "role_required")
	wantProblem(t, s.Call(t, http.MethodPut, "/v3/accounts/"+owner.UID, "{}", asJSON, bearer(token)), http.StatusForbidden, "role_required")
}

// An access token comes with the id of its client in x-fax-clientid, unless the
// app's owner switched that off for a client that cannot set headers.
func TestClientHeaderNamesTheTokensClient(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p, other := s.Program(t, webRedirect), s.Program(t, webRedirect)
	token := p.Tokens(t, v).AccessToken
	wantStatus(t, p.Self(t, token), http.StatusOK)
	wantProblem(t, s.Self(t, token), http.StatusForbidden, "client_id_header_required")
	for _, id := range []string{other.ID, "x", strings.ToLower(p.ID), p.ID + "0"} {
		wantProblem(t, s.Self(t, token, "x-fax-clientid: "+id), http.StatusForbidden, "client_id_mismatch")
	}

	page := v.Open(t, "/profile/integrations/apps/"+p.ID)
	settings := page.Form(t, page.ButtonOf(t, "client_header"))
	settings.Fields.Del("client_header")
	wantStatus(t, v.Post(t, settings.Action, settings.Fields), http.StatusSeeOther)
	wantStatus(t, s.Self(t, token), http.StatusOK)
	wantProblem(t, s.Self(t, token, "x-fax-clientid: "+other.ID), http.StatusForbidden, "client_id_mismatch")
}

// With a personal access token the header means nothing.
func TestClientHeaderIsIgnoredWithAPersonalToken(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	token := s.PersonalToken(t, s.Owner, "mine", "fax:user:read")
	for _, header := range []string{"X-Nothing: x", "x-fax-clientid: ", "x-fax-clientid: " + p.ID, "x-fax-clientid: nonsense"} {
		wantStatus(t, s.Self(t, token, header), http.StatusOK)
	}
}

// statements is how many statements the server has sent to the database.
func (s *Server) statements(t *testing.T) float64 {
	t.Helper()
	r := s.Call(t, http.MethodGet, "/metrics", "")
	wantStatus(t, r, http.StatusOK)
	found := regexp.MustCompile(`(?m)^faxgate_sql_statements_total (\S+)$`).FindStringSubmatch(r.Body)
	if found == nil {
		t.Fatalf("no faxgate_sql_statements_total:\n%s", r.Body)
	}
	n, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A token with a bad checksum is refused without asking the database: whoever floods
// the server with made-up tokens costs it nothing.
func TestDamagedTokenNeverReachesTheDatabase(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	token := s.PersonalToken(t, s.Owner, "mine", "all")
	const flood = 1000
	before := s.statements(t)
	for i := range flood {
		damaged := fmt.Sprintf("fgp_%043d%s", i, token[47:])
		if r := s.Self(t, damaged); r.Status != http.StatusUnauthorized || !strings.Contains(r.Body, "token_damaged") {
			t.Fatalf("%d\n%s", r.Status, r.Body)
		}
	}
	if spent := s.statements(t) - before; spent > flood/2 { // what goes on beside the requests is far less
		t.Errorf("%d damaged tokens led to %v statements", flood, spent)
	}
}
