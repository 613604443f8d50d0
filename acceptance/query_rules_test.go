package acceptance_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// refreshable gives what the tests of this file need: a client with a refresh token.
func refreshable(t *testing.T) (*Server, *Program, string) {
	t.Helper()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	return s, p, p.Tokens(t, s.SignedIn(t, s.Owner)).RefreshToken
}

// The parameters of the token endpoint may stand in the body, in the URL, or in both
// with the same values, at both of its addresses.
func TestRFC6749_3_2_ParametersInTheBodyTheURLOrBoth(t *testing.T) {
	t.Parallel()
	s, p, token := refreshable(t)
	form := p.Refresh(token).Encode()
	id, secret := "client_id="+p.ID, "client_secret="+p.Secret
	login := basic(p.ID, p.Secret)
	for _, path := range []string{"/token", "/oauth/token"} {
		for name, r := range map[string]Reply{
			"body":                           s.Call(t, http.MethodPost, path, form, asForm, login),
			"URL, and a form without fields": s.Call(t, http.MethodPost, path+"?"+form, "", asForm, login),
			"URL, as curl -X POST sends it":  s.Call(t, http.MethodPost, path+"?"+form, "", login),
			"URL, and {} as a form":          s.Call(t, http.MethodPost, path+"?"+form, "{}", asForm, login),
			"URL, and {} with spaces":        s.Call(t, http.MethodPost, path+"?"+form, " {} \n", asForm, login),
			"both":                           s.Call(t, http.MethodPost, path+"?"+form, form, asForm, login),
			"one each":                       s.Call(t, http.MethodPost, path+"?grant_type=refresh_token&"+id, "refresh_token="+token+"&"+secret, asForm),
			"credentials in the body":        s.Call(t, http.MethodPost, path+"?"+form, id+"&"+secret, asForm),
			"charset in the content type":    s.Call(t, http.MethodPost, path, form, asForm+"; charset=UTF-8", login),
			"unknown ones as well":           s.Call(t, http.MethodPost, path+"?x=1&x=2", form+"&y=1&y=2&resource=z", asForm, login),
			"an empty one":                   s.Call(t, http.MethodPost, path, form+"&scope=", asForm, login),
		} {
			t.Run(name, func(t *testing.T) { granted(t, r) })
		}
	}
}

// A secret in a URL stays in every log on the way, and one parameter with two values
// leaves open which of them counts.
func TestRFC6749_2_3_1_NoSecretInTheURLAndNoDoubt(t *testing.T) {
	t.Parallel()
	s, p, token := refreshable(t)
	form := p.Refresh(token).Encode()
	id, secret := "client_id="+p.ID, "client_secret="+p.Secret
	login := basic(p.ID, p.Secret)
	for name, r := range map[string]Reply{
		"secret in the URL":         s.Call(t, http.MethodPost, "/token?"+form+"&"+id+"&"+secret, "", asForm),
		"secret in both":            s.Call(t, http.MethodPost, "/token?"+secret, form+"&"+id+"&"+secret, asForm),
		"secret in URL, and Basic":  s.Call(t, http.MethodPost, "/token?"+secret, form, asForm, login),
		"assertion in the URL":      s.Call(t, http.MethodPost, "/token?client_assertion=x", form, asForm, login),
		"password in the URL":       s.Call(t, http.MethodPost, "/token?password=x", form, asForm, login),
		"different values":          s.Call(t, http.MethodPost, "/token?grant_type=authorization_code", form, asForm, login),
		"another token in the body": s.Call(t, http.MethodPost, "/token?"+form, "refresh_token=fgr_x", asForm, login),
		"twice in the body":         s.Call(t, http.MethodPost, "/token", form+"&refresh_token="+token, asForm, login),
		"twice in the URL":          s.Call(t, http.MethodPost, "/token?"+form+"&grant_type=refresh_token", "", asForm, login),
		"twice, once empty":         s.Call(t, http.MethodPost, "/token", form+"&refresh_token=", asForm, login),
		"twice, once encoded":       s.Call(t, http.MethodPost, "/token", form+"&grant%5Ftype=refresh_token", asForm, login),
	} {
		t.Run(name, func(t *testing.T) { wantOAuthError(t, r, http.StatusBadRequest, "invalid_request") })
	}
}

// RFC 6749 3.2: where the organization forbids parameters in the URL, they are refused
// with the reason, a code is not used up by it, and the same in the body works.
func TestRFC6749_3_2_ParametersInTheURLCanBeForbidden(t *testing.T) {
	t.Parallel()
	s, p, token := refreshable(t)
	refresh, code := p.Refresh(token).Encode(), p.Exchange(p.Code(t, s.SignedIn(t, s.Owner))).Encode()
	call := func(query, body string) Reply {
		return s.Call(t, http.MethodPost, "/token"+query, body, asForm, basic(p.ID, p.Secret))
	}
	s.Admin(t, "security", "--query-parameters=off")
	wantSoon(t, func() Reply { return call("?"+refresh, "") }, func(r Reply) bool { return r.Status != http.StatusOK })
	for name, r := range map[string]Reply{
		"a refresh": call("?"+refresh, ""), "a code": call("?"+code, ""), "both places": call("?"+refresh, refresh),
		"a part of them": call("?grant_type=refresh_token", refresh),
	} {
		refused := wantOAuthError(t, r, http.StatusBadRequest, "invalid_request")
		if !strings.Contains(refused.ErrorDescription, "forbids parameters in the URL") || !strings.Contains(refused.ErrorDescription, "form body") {
			t.Errorf("%s is refused with %q", name, refused.ErrorDescription)
		}
	}
	granted(t, call("", refresh))
	granted(t, call("?unknown=x", code)) // the code was not used up
	s.Admin(t, "security", "--query-parameters=on")
	wantSoon(t, func() Reply { return call("?"+refresh, "") }, func(r Reply) bool { return r.Status == http.StatusOK })
}

// Parameters in the URL are a habit that the app's owner should know of.
func TestRFC6749_3_2_UseOfTheURLIsShownToTheOwner(t *testing.T) {
	t.Parallel()
	s, p, token := refreshable(t)
	v := s.SignedIn(t, s.Owner)
	page := func() Reply { return v.Open(t, "/profile/integrations/apps/"+p.ID) }
	if before := page().Text(t); strings.Contains(before, "parameters in the URL") {
		t.Errorf("the app's page warns of a client that uses the body:\n%s", before)
	}
	for range 3 {
		granted(t, s.Call(t, http.MethodPost, "/token?"+p.Refresh(token).Encode(), "", asForm, basic(p.ID, p.Secret)))
	}
	s.Restart(t) // what is counted in memory is written at the end
	if after := page().Text(t); !strings.Contains(after, "3 token requests had their parameters in the URL") {
		t.Errorf("the app's page tells nothing of parameters in the URL:\n%s", after)
	}
}

// Bad input of every kind gets a fast 4xx, from the token endpoint as from the
// others: too long, too much, in another form, or not readable at all.
func TestRFC9110_15_5_BadInputIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	s, p, token := refreshable(t)
	v := s.SignedIn(t, s.Owner)
	login := basic(p.ID, p.Secret)
	form := p.Refresh(token).Encode()
	long := form + "&x=" + strings.Repeat("a", 64<<10)
	many := form + strings.Repeat("&a=b", 10_000)
	personal := s.PersonalToken(t, s.Owner, "all", "all")
	for name, x := range map[string]struct {
		reply Reply
		want  int
	}{
		"token: more than 64 KiB":       {s.Call(t, http.MethodPost, "/token", long, asForm, login, askFirst), 413},
		"token: 10 000 parameters":      {s.Call(t, http.MethodPost, "/token", many, asForm, login), 400},
		"token: 10 000 in the URL":      {s.Call(t, http.MethodPost, "/token?"+many, "", asForm, login), 400},
		"token: JSON":                   {s.Call(t, http.MethodPost, "/token", `{"grant_type":"refresh_token"}`, asJSON, login), 400},
		"token: JSON as a form":         {s.Call(t, http.MethodPost, "/token", `{"grant_type":"refresh_token"}`, asForm, login), 400},
		"token: a form as text":         {s.Call(t, http.MethodPost, "/token", form, "Content-Type: text/plain", login), 400},
		"token: no content type":        {s.Call(t, http.MethodPost, "/token", form, login), 400},
		"token: multipart":              {s.Call(t, http.MethodPost, "/token", form, "Content-Type: multipart/form-data; boundary=x", login), 400},
		"token: invalid UTF-8":          {s.Call(t, http.MethodPost, "/token", form+"&scope=%ff", asForm, login), 400},
		"token: bad encoding":           {s.Call(t, http.MethodPost, "/token", form+"&scope=%", asForm, login), 400},
		"revoke: more than 64 KiB":      {s.Call(t, http.MethodPost, "/oauth/revoke", long, asForm, login, askFirst), 413},
		"introspect: 10 000 parameters": {s.Call(t, http.MethodPost, "/oauth/introspect", many, asForm, login), 400},
		"sign-in: more than 64 KiB":     {v.Do(t, http.MethodPost, "/login", long, asForm, askFirst), 413},
		"sign-in: 10 000 parameters":    {v.Do(t, http.MethodPost, "/login", many, asForm), 400},
		"sign-in: JSON":                 {v.Do(t, http.MethodPost, "/login", `{"email":"x"}`, asJSON), 415},
		"sign-in: invalid UTF-8":        {v.Do(t, http.MethodPost, "/login", "email=%ff&password=x", asForm), 400},
		"consent: 10 000 parameters":    {v.Do(t, http.MethodPost, "/consent", many, asForm), 400},
		"authorize: 10 000 parameters":  {v.Get(t, "/login?"+p.Request().Encode()+strings.Repeat("&a=b", 10_000)), 400},
		"API: more than 1 MiB":          {s.Call(t, http.MethodPut, "/v3/accounts/self", `{"name":"`+strings.Repeat("a", 1<<20)+`"}`, asJSON, bearer(personal), askFirst), 413},
		"API: no JSON":                  {s.Call(t, http.MethodPut, "/v3/accounts/self", `{"name"`, asJSON, bearer(personal)), 400},
		"API: no object":                {s.Call(t, http.MethodPut, "/v3/accounts/self", `[]`, asJSON, bearer(personal)), 400},
		"API: a form":                   {s.Call(t, http.MethodPut, "/v3/accounts/self", `name=x`, asForm, bearer(personal)), 415},
		"API: invalid UTF-8":            {s.Call(t, http.MethodPut, "/v3/accounts/self", "{\"name\":\"\xff\"}", asJSON, bearer(personal)), 400},
		"API: wrong type":               {s.Call(t, http.MethodPut, "/v3/accounts/self", `{"name":1}`, asJSON, bearer(personal)), 400},
		"API: deep":                     {s.Call(t, http.MethodPut, "/v3/accounts/self", strings.Repeat(`{"a":`, 20_000), asJSON, bearer(personal)), 400},
	} {
		if x.reply.Status != x.want {
			t.Errorf("%s: %d, want %d\n%.300s", name, x.reply.Status, x.want, x.reply.Body)
		}
	}
	granted(t, p.Ask(t, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}))
}

// askFirst has the client wait for leave before it sends a long body (RFC 9110,
// 10.1.1), so that it reads the refusal and does not run into the end of the connection.
const askFirst = "Expect: 100-continue"

// A body without a length is cut off at the limit, while it is still being sent.
func TestRFC9112_7_1_ChunkedBodyHasTheSameLimit(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go sendForever(conn)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a body without end: %s, want 413", answer.Status)
	}
}

// sendForever sends a form without end, until the connection has one.
func sendForever(conn net.Conn) {
	_, err := io.WriteString(conn, "POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n")
	chunk := "1000\r\n" + strings.Repeat("a", 0x1000) + "\r\n"
	for err == nil {
		_, err = io.WriteString(conn, chunk)
	}
}
