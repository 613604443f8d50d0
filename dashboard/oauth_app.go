package dashboard

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

const integrationsPath = "/profile/integrations"

func appPath(id string) string { return integrationsPath + "/apps/" + id }

// emptyURIs is how many empty fields the list of redirect URIs ends with.
const emptyURIs = 2

// appForm is an OAuth app with all that its developer needs.
type appForm struct {
	frame
	Client   oauth.Client
	Path     string
	Secret   string // just made, and shown here alone; empty: it cannot be shown
	Secrets  []secretRow
	URIs     []string // registered or typed, and a few empty ones
	Created  moment
	LastUsed moment
	Lines    appLines
	Graces   []option
}

// secretRow is a client secret as it can still be described.
type secretRow struct {
	Hint    string
	Created moment
	Expires moment // no time: it works until it is replaced
}

// appLines are the ready texts for the app's developer.
type appLines struct {
	Authorize string // link; empty: there is no redirect URI yet
	Exchange  string // curl of the code exchange
	Refresh   string // curl of the refresh
	Call      string // curl of an API call
	Metadata  string
}

// activate makes the first app of the organization, without a question before it.
// The answer shows the secret, which nothing can do again.
func (s *Server) activate(v *visit, c auth.Caller) error {
	if _, err := v.read(); err != nil {
		return err
	}
	client, secret, err := s.Clients.Activate(v.r.Context(), c)
	if isCode(err, "oauth_active") {
		return v.done(integrationsPath, "oauth_active")
	}
	if err != nil {
		return err
	}
	return s.showApp(v, client, secret, nil)
}

func (s *Server) appPage(v *visit, c auth.Caller) error {
	client, err := s.Clients.Client(v.r.Context(), c, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.showApp(v, client, "", nil)
}

// showApp shows an app. With a secret on it the page still has forms, so that its
// referrer policy is that of forms; there is no secret in its address to be told.
func (s *Server) showApp(v *visit, client oauth.Client, secret string, p *problem) error {
	page := &appForm{
		frame: v.page(client.Name, integrationsPath+"/app"), Client: client, Path: appPath(client.ID), Secret: secret,
		Created: v.moment(client.CreatedAt), LastUsed: v.moment(client.LastUsedAt),
		Lines: s.lines(client, secret), Graces: v.graces(),
	}
	for _, x := range client.Secrets {
		page.Secrets = append(page.Secrets, secretRow{x.Hint, v.moment(x.CreatedAt), v.moment(x.ExpiresAt)})
	}
	page.URIs = slices.Clone(client.RedirectURIs)
	if p != nil && v.form.Has("redirect_uri") {
		page.URIs = slices.DeleteFunc(slices.Clone(v.form["redirect_uri"]), func(uri string) bool { return uri == "" })
	}
	page.URIs = append(page.URIs, make([]string, emptyURIs)...)
	page.with(p)
	return v.show("app", page)
}

// lines fills the link and the curl calls in, with the parameters in the order of
// the documentation that this server is compatible with. An app that needs PKCE
// gets a verifier of its own for each showing.
func (s *Server) lines(client oauth.Client, secret string) appLines {
	l := appLines{
		Metadata: s.PublicURL + "/.well-known/oauth-authorization-server",
		Call: "curl -H 'Authorization: Bearer ACCESS_TOKEN'" + continued + "-H 'x-fax-clientid: " + client.ID + "'" + continued +
			"'" + s.PublicURL + "/v3/accounts/self'",
	}
	exchange := []string{"grant_type", "authorization_code", "client_id", client.ID, "code", "CODE"}
	refresh := []string{"grant_type", "refresh_token", "refresh_token", "REFRESH_TOKEN"}
	if client.Public {
		refresh = append(refresh, "client_id", client.ID)
	}
	if len(client.RedirectURIs) > 0 {
		uri := client.RedirectURIs[0]
		authorize := []string{"response_type", "code", "client_id", client.ID, "redirect_uri", uri, "scope", "all"}
		exchange = append(exchange, "redirect_uri", uri)
		if client.NeedsChallenge() {
			verifier, challenge := newVerifier()
			authorize = append(authorize, "code_challenge", challenge, "code_challenge_method", "S256")
			exchange = append(exchange, "code_verifier", verifier)
		}
		l.Authorize = s.PublicURL + "/login?" + query(authorize)
	}
	l.Exchange, l.Refresh = s.tokenCall(client, secret, exchange), s.tokenCall(client, secret, refresh)
	return l
}

// continued goes on with a shell command on the next line.
const continued = " \\\n  "

// tokenCall is a curl line of POST /token with the parameters in the query.
func (s *Server) tokenCall(client oauth.Client, secret string, parameters []string) string {
	line := "curl -X POST '" + s.PublicURL + "/token?" + query(parameters) + "'" + continued +
		"-H 'Content-Type: application/x-www-form-urlencoded'"
	if client.Public {
		return line
	}
	if secret == "" {
		secret = "CLIENT_SECRET"
	}
	return line + continued + "-u '" + client.ID + ":" + secret + "'"
}

// query encodes alternating names and values in their order.
func query(parameters []string) string {
	var b strings.Builder
	for i := 0; i+1 < len(parameters); i += 2 {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(parameters[i] + "=" + url.QueryEscape(parameters[i+1]))
	}
	return b.String()
}

// newVerifier makes a code_verifier and its S256 challenge (RFC 7636 4.1, 4.2).
func newVerifier() (verifier, challenge string) {
	random := make([]byte, 32)
	rand.Read(random) // never fails
	verifier = base64.RawURLEncoding.EncodeToString(random)
	sum := sha256.Sum256([]byte(verifier))
	return verifier, base64.RawURLEncoding.EncodeToString(sum[:])
}

// graceHours are how long a replaced secret may work on.
var graceHours = []int{0, 1, 24, 7 * 24}

func (v *visit) graces() []option {
	var out []option
	for _, h := range graceHours {
		o := option{Value: strconv.Itoa(h), Text: v.t("app.grace_none", nil)}
		if h > 0 {
			o.Text = v.t("app.grace", map[string]any{"span": time.Duration(h) * time.Hour})
		}
		out = append(out, o)
	}
	return out
}

// saveApp changes the name and what the app must do.
func (s *Server) saveApp(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	id := v.r.PathValue("id")
	err = s.Clients.Change(v.r.Context(), c, id, oauth.Settings{
		Name: form.Get("name"), PKCERequired: form.Has("pkce"), ClientHeader: form.Has("client_header"),
	})
	return s.savedApp(v, c, err, "app_saved")
}

// saveRedirectURIs replaces the list.
func (s *Server) saveRedirectURIs(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	err = s.Clients.SetRedirectURIs(v.r.Context(), c, v.r.PathValue("id"), form["redirect_uri"], form.Has("allow_http"))
	return s.savedApp(v, c, err, "redirect_uris_saved")
}

// savedApp ends a change of an app: with its page, or with the form and what is
// wrong with it.
func (s *Server) savedApp(v *visit, c auth.Caller, err error, notice string) error {
	id := v.r.PathValue("id")
	if err == nil {
		return v.done(appPath(id), notice)
	}
	p, failed := v.refused(err)
	if failed != nil {
		return failed
	}
	client, failed := s.Clients.Client(v.r.Context(), c, id)
	if failed != nil {
		return failed
	}
	return s.showApp(v, client, "", p)
}

// replaceSecret makes a new secret and shows it in the answer.
func (s *Server) replaceSecret(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	hours, err := strconv.Atoi(form.Get("grace"))
	if err != nil || !slices.Contains(graceHours, hours) {
		hours = 0
	}
	id := v.r.PathValue("id")
	secret, err := s.Clients.ReplaceSecret(v.r.Context(), c, id, time.Duration(hours)*time.Hour)
	if err != nil {
		return s.savedApp(v, c, err, "")
	}
	client, err := s.Clients.Client(v.r.Context(), c, id)
	if err != nil {
		return err
	}
	return s.showApp(v, client, secret, nil)
}

// newAppForm registers a further app.
type newAppForm struct {
	frame
	URIs []string
}

func (s *Server) newAppPage(v *visit, c auth.Caller) error {
	if _, err := s.Clients.List(v.r.Context(), c); err != nil { // the rule's own refusal
		return err
	}
	if err := c.Organization.RequireAPI(); err != nil {
		return err
	}
	return s.showNewApp(v, nil)
}

func (s *Server) showNewApp(v *visit, p *problem) error {
	page := &newAppForm{frame: v.page(v.t("app_new.title", nil), integrationsPath+"/app"), URIs: make([]string, emptyURIs)}
	if typed := v.form["redirect_uri"]; len(typed) > 0 {
		page.URIs = typed
	}
	page.with(p)
	return v.show("app_new", page)
}

// registerApp makes a further app. Those registered by hand use PKCE unless the
// person says otherwise.
func (s *Server) registerApp(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	uris := slices.DeleteFunc(slices.Clone(form["redirect_uri"]), func(uri string) bool { return uri == "" })
	client, secret, err := s.Clients.Register(v.r.Context(), c, oauth.Registration{
		Name: form.Get("name"), RedirectURIs: uris, Public: form.Get("type") == "public",
		PKCERequired: true, AllowHTTP: form.Has("allow_http"),
	})
	if err != nil {
		p, err := v.refused(err)
		if err != nil {
			return err
		}
		return s.showNewApp(v, p)
	}
	if client.Public {
		return v.done(appPath(client.ID), "app_registered")
	}
	return s.showApp(v, client, secret, nil)
}

// deleteAppForm asks whether it is meant.
type deleteAppForm struct {
	frame
	Client oauth.Client
	Path   string
}

func (s *Server) deleteAppPage(v *visit, c auth.Caller) error {
	client, err := s.Clients.Client(v.r.Context(), c, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	page := &deleteAppForm{
		frame:  v.page(v.t("app_delete.title", map[string]any{"app": client.Name}), integrationsPath+"/app"),
		Client: client, Path: appPath(client.ID),
	}
	return v.show("app_delete", page)
}

func (s *Server) deleteApp(v *visit, c auth.Caller) error {
	if _, err := v.read(); err != nil {
		return err
	}
	if err := s.Clients.Delete(v.r.Context(), c, v.r.PathValue("id")); err != nil {
		return err
	}
	return v.done(integrationsPath, "app_deleted")
}
