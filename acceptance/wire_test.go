package acceptance_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
)

// tokens is the token endpoint's answer (RFC 6749, 5.1 and 5.2).
type tokens struct {
	AccessToken      string  `json:"access_token"`
	RefreshToken     string  `json:"refresh_token"`
	TokenType        string  `json:"token_type"`
	ExpiresIn        float64 `json:"expires_in"`
	RefreshExpiresIn float64 `json:"refresh_token_expires_in"` // under Advanced Security Controls
	Scope            string  `json:"scope"`
	Error            string  `json:"error"`
	ErrorDescription string  `json:"error_description"`
}

// problem is an error of the API.
type problem struct {
	Error        string `json:"error"`
	Description  string `json:"description"`
	RequestID    string `json:"request_id"`
	MissingScope string `json:"missing_scope"`
	Action       string `json:"action"`
}

// decode reads the reply's JSON.
func decode[T any](t *testing.T, r Reply) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(r.Body), &v); err != nil {
		t.Fatalf("%s (%d): %v\n%s", r.URL, r.Status, err, r.Body)
	}
	return v
}

// wantStatus ends the test when the reply has another status.
func wantStatus(t *testing.T, r Reply, want int) {
	t.Helper()
	if r.Status != want {
		t.Fatalf("%s answered %d, want %d\n%s", r.URL, r.Status, want, r.Body)
	}
}

// wantProblem ends the test unless the API refused with this status and code.
func wantProblem(t *testing.T, r Reply, status int, code string) problem {
	t.Helper()
	wantStatus(t, r, status)
	p := decode[problem](t, r)
	if p.Error != code || p.Description == "" || p.RequestID == "" {
		t.Errorf("%s answered %+v, want the error %q with a description and a request id", r.URL, p, code)
	}
	return p
}

// App is a program with a client registration, played by curl.
type App struct {
	Client
	Redirect string
	server   *Server
	curl     *Curl
}

// App makes an app of a registration. Nobody listens at its redirect URI: curl reads
// the redirect instead.
func (s *Server) App(t *testing.T, c Client, redirect string) *App {
	t.Helper()
	return &App{Client: c, Redirect: redirect, server: s, curl: NewCurl(t)}
}

// AuthorizeURL is the link to the authorization page. state may be empty.
func (a *App) AuthorizeURL(scope, state string) string {
	q := url.Values{"response_type": {"code"}, "client_id": {a.ID}, "redirect_uri": {a.Redirect}, "scope": {scope}}
	if state != "" {
		q.Set("state", state)
	}
	return a.server.URL + "/login?" + q.Encode()
}

// inQuery asks for tokens with the parameters in the query string and an empty body,
// as the service this server is compatible with documents it.
func (a *App) inQuery(t *testing.T, q url.Values) Reply {
	t.Helper()
	return a.curl.Do(t, a.server.URL+"/token?"+q.Encode(), "--request", "POST", "--user", a.ID+":"+a.Secret,
		"--header", "Content-Type: application/x-www-form-urlencoded")
}

// inBody asks for tokens with the parameters in the body.
func (a *App) inBody(t *testing.T, q url.Values) Reply {
	t.Helper()
	return a.curl.Do(t, a.server.URL+"/token", "--user", a.ID+":"+a.Secret, "--data", q.Encode())
}

// inBoth asks for tokens with the parameters in both places and the client's
// credentials in the body.
func (a *App) inBoth(t *testing.T, q url.Values) Reply {
	t.Helper()
	body := url.Values{"client_id": {a.ID}, "client_secret": {a.Secret}}
	for name, values := range q {
		body[name] = values
	}
	return a.curl.Do(t, a.server.URL+"/token?"+q.Encode(), "--data", body.Encode())
}

// codeQuery are the parameters that turn a code into tokens.
func (a *App) codeQuery(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "client_id": {a.ID}, "code": {code}, "redirect_uri": {a.Redirect}}
}

// Exchange turns a code into tokens.
func (a *App) Exchange(t *testing.T, code string) tokens {
	t.Helper()
	r := a.inQuery(t, a.codeQuery(code))
	wantStatus(t, r, http.StatusOK)
	return decode[tokens](t, r)
}

// Refresh asks for a fresh access token; the reply may be a refusal.
func (a *App) Refresh(t *testing.T, refreshToken string) Reply {
	t.Helper()
	return a.inQuery(t, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}})
}

// Account calls the API with the access token.
func (a *App) Account(t *testing.T, accessToken string) Reply {
	t.Helper()
	return account(t, a.curl, a.server, accessToken, "--header", "x-fax-clientid: "+a.ID)
}

// account calls the API with a bearer token.
func account(t *testing.T, c *Curl, s *Server, token string, args ...string) Reply {
	t.Helper()
	return c.Do(t, s.URL+"/v3/accounts/self", append(args, "--header", "Authorization: Bearer "+token)...)
}
