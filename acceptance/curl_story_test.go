package acceptance_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// setupLink is how the server prints the link that creates the owner.
var setupLink = regexp.MustCompile(`http://127\.0\.0\.1:\d+/setup\S*`)

// From an empty directory to a called API with nothing but curl.
func TestCurlStory(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{NoOwner: true})
	c := NewCurl(t)
	home := curlSetup(t, s, c)
	integrations := c.Visit(t, c.Visit(t, home, "Profile"), "Integrations")
	t.Run("personal access token", func(t *testing.T) { curlPersonalToken(t, s, c, integrations) })
	t.Run("OAuth", func(t *testing.T) { curlOAuth(t, s, c, integrations) })
}

// curlSetup creates the owner with the printed link and gives the first page.
func curlSetup(t *testing.T, s *Server, c *Curl) Reply {
	t.Helper()
	link := setupLink.FindString(s.Log(t))
	if link == "" {
		t.Fatalf("no setup link was printed:\n%s", s.Log(t))
	}
	s.Owner = s.person(t, "owner@clinic.example")
	page := c.Open(t, link)
	wantStatus(t, page, http.StatusOK)
	made := c.Submit(t, page, page.ButtonOf(t, "password"), url.Values{"email": {s.Owner.Email}, "password": {s.Owner.Password}})
	wantStatus(t, made, http.StatusOK)
	if again := c.Open(t, link); again.Status < http.StatusBadRequest {
		t.Errorf("the setup link worked a second time: %d", again.Status)
	}
	if printed := strings.Count(s.Log(t), link); printed != 1 {
		t.Errorf("the setup link stands %d times in the log, want once", printed)
	}
	home := c.Open(t, s.URL+"/")
	wantStatus(t, home, http.StatusOK)
	if !home.HasLink(t, "Profile") {
		home = c.SignIn(t, s, s.Owner)
	}
	return home
}

func curlPersonalToken(t *testing.T, s *Server, c *Curl, integrations Reply) {
	list := c.Use(t, integrations, "Manage")
	token := curlGenerate(t, c, list, url.Values{"name": {"curl"}, "scope": {"fax:user:read"}})
	list = c.Open(t, list.URL)
	if strings.Contains(list.Body, token) {
		t.Error("the token is shown a second time")
	}
	if shown := list.Text(t); !strings.Contains(shown, token[len(token)-4:]) || !strings.Contains(shown, "fgp_") {
		t.Errorf("the list shows no prefix and last four of the token:\n%s", shown)
	}
	r := account(t, c, s, token)
	wantStatus(t, r, http.StatusOK)
	checkAccount(t, []byte(r.Body), s.Owner)

	c.confirm(t, c.Use(t, list, "Revoke"), "Revoke")
	refused := account(t, c, s, token)
	wantProblem(t, refused, http.StatusUnauthorized, "invalid_token")
	if got := refused.Header.Get("WWW-Authenticate"); !strings.Contains(got, `error="invalid_token"`) {
		t.Errorf("WWW-Authenticate: %s, want error=\"invalid_token\"", got)
	}
}

// curlGenerate fills in the form for a new token, which may stand on the list's page
// or behind a link, and gives the token that is shown.
func curlGenerate(t *testing.T, c *Curl, list Reply, fields url.Values) string {
	t.Helper()
	form := list
	if list.HasLink(t, "Generate token") {
		form = c.Visit(t, list, "Generate token")
	}
	shown := c.Send(t, form, "Generate token", fields)
	wantStatus(t, shown, http.StatusOK)
	return shown.Token(t, "fgp")
}

// Token is the token with the prefix that stands unbroken in the reply.
func (r Reply) Token(t *testing.T, prefix string) string {
	t.Helper()
	for _, token := range tokenText.FindAllString(r.Body, -1) {
		if strings.HasPrefix(token, prefix+"_") {
			return token
		}
	}
	t.Fatalf("%s (%d) shows no %s token:\n%s", r.URL, r.Status, prefix, r.Text(t))
	return ""
}

// confirm presses the button once more where the page asks whether it is meant.
func (c *Curl) confirm(t *testing.T, page Reply, button string) Reply {
	t.Helper()
	if strings.Contains(page.URL, "?") && page.HasButton(t, button) {
		return c.Submit(t, page, button, nil)
	}
	return page
}

func curlOAuth(t *testing.T, s *Server, c *Curl, integrations Reply) {
	const redirect = "http://localhost:8181/callback"
	app := curlActivate(t, s, c, integrations, redirect)
	code := curlAllow(t, c, app, "fax:user:read", "a state")
	first := app.Exchange(t, code)
	checkTokens(t, first, "fax:user:read")
	r := app.Account(t, first.AccessToken)
	wantStatus(t, r, http.StatusOK)
	checkAccount(t, []byte(r.Body), s.Owner)
	curlClientHeader(t, s, app, first.AccessToken)
	curlRemembered(t, c, app)
	curlCancel(t, c, app)
	curlPlaces(t, c, app)
	curlRefresh(t, app, first)
}

// curlActivate presses Activate and registers the redirect URI.
func curlActivate(t *testing.T, s *Server, c *Curl, integrations Reply, redirect string) *App {
	t.Helper()
	made := c.Send(t, integrations, "Activate", nil)
	wantStatus(t, made, http.StatusOK)
	client := Client{ID: clientID.FindString(made.Body), Secret: made.Token(t, "fgs")}
	if client.ID == "" {
		t.Fatalf("Activate shows no client id:\n%s", made.Text(t))
	}
	name, button := made.redirectField(t)
	saved := c.Submit(t, made, button, url.Values{name: {redirect}})
	wantStatus(t, saved, http.StatusOK)
	if again := c.Open(t, integrations.URL); strings.Contains(again.Body, client.Secret) {
		t.Error("the client secret is shown a second time")
	}
	return s.App(t, client, redirect)
}

// clientID matches the id of a client.
var clientID = regexp.MustCompile(`APIK-[0-9A-Za-z]{20}`)

// redirectField is the first field for a redirect URI, and its form's button.
func (r Reply) redirectField(t *testing.T) (name, button string) {
	t.Helper()
	for _, f := range all(r.document(t), "form") {
		fields, buttons := all(f, `[name^="redirect_uri"]`), all(f, "button")
		if len(fields) > 0 && len(buttons) > 0 {
			return attribute(fields[0], "name"), textOf(buttons[0])
		}
	}
	t.Fatalf("%s has no form for redirect URIs:\n%s", r.URL, r.Text(t))
	return "", ""
}

// curlAllow consents and gives the code that the app is called back with.
func curlAllow(t *testing.T, c *Curl, app *App, scope, state string) string {
	t.Helper()
	consent := c.Open(t, app.AuthorizeURL(scope, state))
	wantStatus(t, consent, http.StatusOK)
	return app.code(t, c.Submit(t, consent, "Allow", nil), state)
}

// code checks the redirect that an app is called back with and gives its code.
func (a *App) code(t *testing.T, r Reply, state string) string {
	t.Helper()
	back := a.calledBack(t, r, state)
	if back.Get("code") == "" || back.Get("error") != "" {
		t.Fatalf("the app is called back with %v, want a code", back)
	}
	return back.Get("code")
}

// calledBack is what the app is called back with (RFC 6749, 4.1.2; RFC 9207).
func (a *App) calledBack(t *testing.T, r Reply, state string) url.Values {
	t.Helper()
	location := r.Header.Get("Location")
	if !strings.HasPrefix(location, a.Redirect+"?") {
		t.Fatalf("%s (%d) redirects to %q, want %s\n%s", r.URL, r.Status, location, a.Redirect, r.Body)
	}
	back := query(t, location)
	if back.Get("state") != state || back.Has("state") != (state != "") {
		t.Errorf("state %q came back, want %q", back.Get("state"), state)
	}
	if back.Get("iss") != a.server.URL {
		t.Errorf("iss %q, want %q", back.Get("iss"), a.server.URL)
	}
	return back
}

func checkTokens(t *testing.T, got tokens, scope string) {
	t.Helper()
	if got.AccessToken == "" || got.RefreshToken == "" || got.TokenType != "Bearer" || got.ExpiresIn != 3600 {
		t.Errorf("token answer: type %q, %v s, want Bearer for 3600 s and both tokens", got.TokenType, got.ExpiresIn)
	}
	if got.Scope != "" && got.Scope != scope {
		t.Errorf("scope %q, want %q", got.Scope, scope)
	}
}

// The header that names the client is required with an access token.
func curlClientHeader(t *testing.T, s *Server, app *App, token string) {
	t.Helper()
	wantProblem(t, account(t, app.curl, s, token), http.StatusForbidden, "client_id_header_required")
	wrong := account(t, app.curl, s, token, "--header", "x-fax-clientid: APIK-00000000000000000000")
	wantProblem(t, wrong, http.StatusForbidden, "client_id_mismatch")
}

// The same scope is not asked for again; a wider one is.
func curlRemembered(t *testing.T, c *Curl, app *App) {
	t.Helper()
	app.code(t, c.Open(t, app.AuthorizeURL("fax:user:read", "")), "")
	if wider := c.Open(t, app.AuthorizeURL("all", "wider")); !wider.HasButton(t, "Allow") {
		t.Errorf("a wider scope is not asked for: %d\n%s", wider.Status, wider.Text(t))
	}
}

func curlCancel(t *testing.T, c *Curl, app *App) {
	t.Helper()
	consent := c.Open(t, app.AuthorizeURL("all", "no"))
	back := app.calledBack(t, c.Submit(t, consent, "Cancel", nil), "no")
	if back.Get("error") != "access_denied" || back.Has("code") {
		t.Errorf("Cancel calls back with %v, want access_denied", back)
	}
}

// The parameters of /token may stand in the query, in the body, or in both.
func curlPlaces(t *testing.T, c *Curl, app *App) {
	t.Helper()
	code := curlAllow(t, c, app, "all", "places")
	for name, ask := range map[string]func(*testing.T, url.Values) Reply{"query": app.inQuery, "body": app.inBody, "both": app.inBoth} {
		r := ask(t, app.codeQuery(code))
		wantStatus(t, r, http.StatusOK)
		checkTokens(t, decode[tokens](t, r), "all")
		if got := r.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("parameters in the %s: Cache-Control %q, want no-store", name, got)
		}
		code = app.code(t, c.Open(t, app.AuthorizeURL("all", "")), "")
	}
}

// A confidential client refreshes with the same token again and again.
func curlRefresh(t *testing.T, app *App, first tokens) {
	t.Helper()
	seen := map[string]bool{first.AccessToken: true}
	for range 3 {
		r := app.Refresh(t, first.RefreshToken)
		wantStatus(t, r, http.StatusOK)
		got := decode[tokens](t, r)
		checkTokens(t, got, "fax:user:read")
		if seen[got.AccessToken] || got.RefreshToken != first.RefreshToken {
			t.Error("refresh: want another access token and the same refresh token")
		}
		seen[got.AccessToken] = true
		wantStatus(t, app.Account(t, got.AccessToken), http.StatusOK)
	}
}
