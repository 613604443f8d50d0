package acceptance_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Program is a program with a client registration that speaks to the back channel
// itself, one request at a time and as rightly or wrongly as a rule needs it.
type Program struct {
	Client
	Redirect string
	server   *Server
}

// webRedirect is a redirect URI at which nobody listens: redirects are read, not
// followed.
const webRedirect = "https://app.example.com/callback"

// Program registers a program of the owner. flags are further flags of
// `faxgate admin client create`.
func (s *Server) Program(t *testing.T, redirect string, flags ...string) *Program {
	t.Helper()
	return &Program{Client: s.Client(t, "Records", redirect, flags...), Redirect: redirect, server: s}
}

// Request are the parameters of an authorization request (RFC 6749, 4.1.1), each
// given as "name=value". They add to what every request has, or replace it.
func (p *Program) Request(parameters ...string) url.Values {
	q := url.Values{"response_type": {"code"}, "client_id": {p.ID}, "redirect_uri": {p.Redirect}, "scope": {"all"}}
	for _, parameter := range parameters {
		name, value, _ := strings.Cut(parameter, "=")
		q.Set(name, value)
	}
	return q
}

// Authorize sends somebody to the authorization page and gives the first answer that
// is a page or leads to the program.
func (p *Program) Authorize(t *testing.T, v *Visitor, parameters ...string) Reply {
	t.Helper()
	return v.Open(t, "/login?"+p.Request(parameters...).Encode())
}

// Back is what the program is called back with.
func (p *Program) Back(t *testing.T, r Reply) url.Values {
	t.Helper()
	location := r.Header.Get("Location")
	if !strings.HasPrefix(location, p.Redirect+"?") {
		t.Fatalf("%s (%d) redirects to %q, want %s\n%s", r.URL, r.Status, location, p.Redirect, r.Body)
	}
	return query(t, location)
}

// Refused is the error that the program is called back with (RFC 6749, 4.1.2.1).
func (p *Program) Refused(t *testing.T, r Reply) string {
	t.Helper()
	back := p.Back(t, r)
	if back.Has("code") || back.Get("error_description") == "" {
		t.Errorf("the program is called back with %v, want an error with a description", back)
	}
	return back.Get("error")
}

// Code sends somebody to the authorization page, has Allow pressed if it is asked
// for, and gives the code.
func (p *Program) Code(t *testing.T, v *Visitor, parameters ...string) string {
	t.Helper()
	r := p.Authorize(t, v, parameters...)
	if r.Status == http.StatusOK {
		r = v.Press(t, r, "Allow", nil)
	}
	code := p.Back(t, r).Get("code")
	if code == "" {
		t.Fatalf("the program is called back with %v, want a code", p.Back(t, r))
	}
	return code
}

// Tokens are what the code buys that somebody allows.
func (p *Program) Tokens(t *testing.T, v *Visitor, parameters ...string) tokens {
	t.Helper()
	verifier, challenge := pkce()
	if p.Secret == "" {
		parameters = append(parameters, "code_challenge_method=S256", "code_challenge="+challenge)
	}
	form := p.Exchange(p.Code(t, v, parameters...))
	if p.Secret == "" {
		form.Set("code_verifier", verifier)
	}
	return granted(t, p.Ask(t, form))
}

// Exchange are the parameters that turn a code into tokens (RFC 6749, 4.1.3).
func (p *Program) Exchange(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {p.Redirect}}
}

// Refresh are the parameters that turn a refresh token into tokens (RFC 6749, 6).
func (p *Program) Refresh(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

// Ask posts a form to the token endpoint, with the program's own credentials.
func (p *Program) Ask(t *testing.T, form url.Values) Reply {
	t.Helper()
	r, err := p.post("/token", form)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Post is Ask of another endpoint of the back channel.
func (p *Program) Post(t *testing.T, path string, form url.Values) Reply {
	t.Helper()
	r, err := p.post(path, form)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// post authenticates a confidential client with HTTP Basic and names a public one in
// the body. It is for goroutines, which may not end the test.
func (p *Program) post(path string, form url.Values) (Reply, error) {
	if p.Secret != "" {
		return p.server.call(http.MethodPost, path, form.Encode(), asForm, basic(p.ID, p.Secret))
	}
	named := url.Values{"client_id": {p.ID}}
	for name, values := range form {
		named[name] = values
	}
	return p.server.call(http.MethodPost, path, named.Encode(), asForm)
}

// Self calls the API with the program's access token.
func (p *Program) Self(t *testing.T, token string) Reply {
	t.Helper()
	return p.server.Self(t, token, "x-fax-clientid: "+p.ID)
}

// granted are the tokens of a reply that has to be a success.
func granted(t *testing.T, r Reply) tokens {
	t.Helper()
	wantStatus(t, r, http.StatusOK)
	return decode[tokens](t, r)
}

// wantOAuthError ends the test unless the back channel refused with this code, in
// the form of RFC 6749, 5.2.
func wantOAuthError(t *testing.T, r Reply, status int, code string) tokens {
	t.Helper()
	wantStatus(t, r, status)
	got := decode[tokens](t, r)
	if got.Error != code || got.ErrorDescription == "" || got.AccessToken != "" {
		t.Errorf("%s answered %q (%s), want the error %q with a description", r.URL, got.Error, got.ErrorDescription, code)
	}
	if c := r.Header.Get("Cache-Control"); c != "no-store" {
		t.Errorf("%s: Cache-Control %q, want no-store", r.URL, c)
	}
	return got
}

// pkce makes a verifier and its challenge (RFC 7636, 4.1 and 4.2).
func pkce() (verifier, challenge string) {
	verifier = rand.Text() + rand.Text()
	suite.secrets.add("code verifier", verifier)
	return verifier, challengeOf(verifier)
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
