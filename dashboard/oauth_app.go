package dashboard

import (
	"slices"
	"strconv"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
)

const integrationsPath = "/profile/integrations"

func appPath(id string) string { return integrationsPath + "/apps/" + id }

// appForm is an OAuth app with all that its developer needs.
type appForm struct {
	frame
	Client   oauth.Client
	Path     string
	Secret   string // just made, and shown here alone; empty: it cannot be shown
	Secrets  []secretRow
	URIs     []uriField
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

// activate makes the first app of the organization, without a question before it.
// The answer shows the secret, which nothing can do again.
func (s *Server) activate(v *visit, c auth.Caller) error {
	if _, err := v.read(); err != nil {
		return err
	}
	client, secret, err := s.Clients.Activate(v.r.Context(), c)
	if fault.HasCode(err, "oauth_active") {
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
		Lines: s.lines(client, secret, v.bodyOnly()), Graces: v.graces(), URIs: v.uriFields(client.RedirectURIs, p),
	}
	for _, x := range client.Secrets {
		page.Secrets = append(page.Secrets, secretRow{x.Hint, v.moment(x.CreatedAt), v.moment(x.ExpiresAt)})
	}
	page.with(p)
	return v.show("app", page)
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

// savedApp ends a change of an app: with its page, or with the form and what is
// wrong with it.
func (s *Server) savedApp(v *visit, c auth.Caller, err error, notice string) error {
	id := v.r.PathValue("id")
	if err == nil {
		return v.done(appPath(id), notice)
	}
	return v.showAgain(err, func(p *problem) error {
		client, err := s.Clients.Client(v.r.Context(), c, id)
		if err != nil {
			return err
		}
		return s.showApp(v, client, "", p)
	})
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
