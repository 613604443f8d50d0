package dashboard

import (
	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

// newAppForm registers a further app.
type newAppForm struct {
	frame
	URIs []uriField
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
	page := &newAppForm{frame: v.page(v.t("app_new.title", nil), integrationsPath+"/app"), URIs: v.uriFields(nil, p)}
	page.with(p)
	return v.show("app_new", page)
}

// registerApp makes a further app. Those registered by hand use PKCE; the app's page can
// switch that off.
func (s *Server) registerApp(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	client, secret, err := s.Clients.Register(v.r.Context(), c, oauth.Registration{
		Name: form.Get("name"), RedirectURIs: typedURIs(form["redirect_uri"]), Public: form.Get("type") == "public",
		PKCERequired: true, AllowHTTP: form.Has("allow_http"),
	})
	if err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showNewApp(v, p) })
	}
	if client.Public {
		return v.done(appPath(client.ID), "app_registered")
	}
	return s.showApp(v, client, secret, nil)
}
