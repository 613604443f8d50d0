package acceptance_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// line is one structured line of the server's log.
type line struct {
	Message   string `json:"msg"`
	RequestID string `json:"request_id"`
	Method    string `json:"method"`
	Route     string `json:"route"`
	Path      string `json:"path"`
	Status    int    `json:"status"`
	Address   string `json:"address"`
	Reason    string `json:"reason"`
	Count     int    `json:"count"`
	Account   string `json:"account_id"`
	Token     string `json:"token_id"`
	Client    string `json:"client_id"`
	Error     string `json:"error"`
}

// lines are those of the log so far.
func (s *Server) lines(t *testing.T) (found []line) {
	t.Helper()
	for text := range strings.Lines(s.Log(t)) {
		var l line
		if strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &l) == nil {
			found = append(found, l)
		}
	}
	return found
}

// logged waits for the line that is as wanted: lines are written in batches.
func (s *Server) logged(t *testing.T, what string, wanted func(line) bool) line {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for _, l := range s.lines(t) {
			if wanted(l) {
				return l
			}
		}
	}
	t.Fatalf("the log has no line of %s:\n%s", what, tail(s.Log(t), 20))
	return line{}
}

// of is the line of one answer.
func of(r Reply) func(line) bool {
	return func(l line) bool { return l.Message == "request" && l.RequestID == r.Header.Get("X-Request-Id") }
}

// One line per request says who asked for what, from where, and how it ended; the id
// is the one that the answer carries.
func TestLogHasOneLineForEachRequest(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	token := p.Tokens(t, s.SignedIn(t, s.Owner)).AccessToken
	r := p.Self(t, token)
	got := s.logged(t, "the API call", of(r))
	if got.Method != http.MethodGet || got.Route != "GET /v3/accounts/{user_id}" || got.Status != 200 || got.Address != "127.0.0.1" || got.Client != p.ID || got.Account == "" || got.Token == "" {
		t.Errorf("the line is %+v", got)
	}
	failed := p.Ask(t, p.Refresh("fgr_x"))
	if got := s.logged(t, "the refusal", of(failed)); !strings.HasPrefix(got.Error, "invalid_grant") {
		t.Errorf("the line of a refused refresh is %+v, want its reason", got)
	}
	id := r.Header.Get("X-Request-Id")
	if n := strings.Count(s.Log(t), id); n != 1 {
		t.Errorf("the request has %d lines", n)
	}
}

// A flood of refused tokens is summed up by second and address.
func TestLogSumsRefusedTokensUp(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	const flood = 200
	for range flood {
		wantStatus(t, s.Self(t, "nonsense"), http.StatusUnauthorized)
	}
	sum := func() (n, lines int) {
		for _, l := range s.lines(t) {
			if l.Reason == "token_unknown_form" && l.Address == "127.0.0.1" {
				n, lines = n+l.Count, lines+1
			}
		}
		return n, lines
	}
	s.logged(t, "all refusals", func(line) bool { n, _ := sum(); return n == flood })
	if _, lines := sum(); lines > flood/4 {
		t.Errorf("%d refusals have %d lines", flood, lines)
	}
}

// No query string is ever logged, whatever it holds and wherever it goes.
func TestRFC9700_4_2_4_QueryStringsAreNotLogged(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	const mark = "markofthequery"
	for _, path := range []string{"/login", "/token", "/oauth/token", "/oauth/authorize", "/oauth/revoke", "/v3/accounts/self", "/nowhere", "/setup", "/", "/static/nothing"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			v.Do(t, method, path+"?state="+mark+"&x="+mark+"&code="+mark+"&redirect_uri=https://"+mark+".example/", "", "Referer: https://app.example.com/?"+mark, "User-Agent: "+mark)
		}
	}
	p.Authorize(t, v, "state="+mark)
	p.Authorize(t, v, "scope="+mark) // an unknown scope is answered with a redirect that quotes it
	last := v.Get(t, "/login?return_to=/"+mark)
	s.logged(t, "the last request", of(last))
	for text := range strings.Lines(s.Log(t)) {
		var l line
		if json.Unmarshal([]byte(text), &l) == nil && strings.Contains(text, mark) && !strings.Contains(l.Error, mark) {
			t.Errorf("a query string is logged: %s", text)
		}
	}
}

// Secrets that people put where they do not belong are in no log, no metric and no
// answer: not in error pages, not in redirects other than the code in its parameter.
func TestRFC9700_4_2_4_SecretsAreNowhere(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	got := p.Tokens(t, v)
	link, _ := s.Admin(t, "account", "reset-password", "--email", s.Owner.Email)["link"].(string)
	secrets := []string{
		got.AccessToken, got.RefreshToken, p.Code(t, v), s.PersonalToken(t, s.Owner, "mine", "all"), p.Secret, v.Cookie(t).Value, link[strings.LastIndex(link, "/")+1:],
	}
	var replies []Reply
	for _, secret := range secrets {
		replies = append(replies, v.misplace(t, p, secret)...)
		replies = append(replies, p.misplace(t, secret)...)
	}
	typed := s.Owner.Password // in the wrong field, or by a program that knows no better
	replies = append(replies, s.try(t, typed, typed), v.Post(t, "/confirm", url.Values{"password": {"", typed}}),
		p.Ask(t, url.Values{"grant_type": {"password"}, "username": {typed}, "password": {typed}}))

	s.logged(t, "the last request", of(v.Get(t, "/nowhere")))
	metrics := s.Call(t, http.MethodGet, "/metrics", "")
	wantStatus(t, metrics, http.StatusOK)
	for _, leak := range suite.secrets.leaks(metrics.Body + s.Log(t)) {
		t.Errorf("in the metrics or the log: %s", leak)
	}
	for _, r := range replies {
		for _, secret := range append(secrets, typed) {
			r.wantNoEcho(t, secret, p)
		}
	}
}

// misplace asks for pages with a secret in the address.
func (v *Visitor) misplace(t *testing.T, p *Program, secret string) (replies []Reply) {
	t.Helper()
	for _, address := range []string{
		"/" + secret, "/v3/" + secret, "/v3/accounts/" + secret, "/v3/accounts/self/member-details/" + secret, "/members/" + secret, "/invitation/" + secret,
		"/email/" + secret, "/static/" + secret, "/profile/integrations/apps/" + secret, "/nowhere?token=" + secret, "/login?client_id=" + secret,
		"/login?" + p.Request("scope="+secret).Encode(), "/login?" + p.Request("redirect_uri=https://evil.example/"+secret+"?"+secret).Encode(),
	} {
		replies = append(replies, v.Get(t, address), v.server.Call(t, http.MethodGet, address, "", bearer(secret)))
	}
	return append(replies, v.Post(t, "/consent", url.Values{"ticket": {secret}, "decision": {secret}}))
}

// misplace sends a secret to the back channel and the API, in every field.
func (p *Program) misplace(t *testing.T, secret string) []Reply {
	t.Helper()
	s := p.server
	return []Reply{
		s.Call(t, http.MethodPost, "/token?"+p.Refresh(secret).Encode(), "", asForm, basic(p.ID, "wrong")),
		s.Call(t, http.MethodPost, "/token", url.Values{"grant_type": {secret}, "client_id": {secret}, "client_secret": {secret}}.Encode(), asForm),
		p.Ask(t, with(p.Refresh(secret), "scope", secret)),
		p.Ask(t, with(p.Exchange(secret), "redirect_uri", secret)),
		s.Call(t, http.MethodPut, "/v3/accounts/self", `{"`+secret+`":1,"email":"`+secret+`"}`, asJSON, bearer(secret), "x-fax-clientid: "+secret),
		s.try(t, secret, secret),
		s.Call(t, secret[:3], "/", "", "Accept-Language: "+secret, "Content-Type: "+secret, "Origin: https://"+secret, "User-Agent: "+secret, from(secret)),
	}
}

// quoted are the places of an answer in which the request's own address and fields
// come back to who sent them: the form as it was filled in, the way back after the
// sign-in, and the error page that shows an app's owner the redirect URI.
var quoted = regexp.MustCompile(`(?:value|href)="[^"]*"`)

// wantNoEcho ends the test if the answer tells a secret, other than what a person typed
// into the form that is shown again, or a client asked to be quoted.
func (r Reply) wantNoEcho(t *testing.T, secret string, p *Program) {
	t.Helper()
	if location := r.Header.Get("Location"); strings.HasPrefix(location, p.Redirect) {
		back := query(t, location)
		back.Del("code")
		if strings.Contains(back.Encode(), secret) {
			t.Errorf("%s redirects with a secret: %s", r.URL, location)
		}
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") && strings.Contains(r.Body, secret) {
		t.Errorf("%s (%d) repeats a secret:\n%s", r.URL, r.Status, r.Body)
	}
	if body := quoted.ReplaceAllString(r.Body, ""); r.Status != http.StatusBadRequest && strings.Contains(body, secret) {
		t.Errorf("%s (%d) shows a secret:\n%s", r.URL, r.Status, body)
	}
}
