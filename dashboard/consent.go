package dashboard

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/web"
)

// authorize serves an authorization request (RFC 6749 4.1.1). The client and the
// redirect URI come first: without both nothing is ever sent anywhere.
func (s *Server) authorize(v *visit) error {
	ctx := v.r.Context()
	request, err := s.Authorizations.Request(ctx, v.r.URL.RawQuery)
	if err != nil {
		return v.redirected(err)
	}
	web.LineOf(v.w).ClientID = request.Client.ID
	c, found, err := v.identify()
	if err != nil {
		return err
	}
	if !found {
		return s.showSignIn(v, &request, nil)
	}
	if err := s.Authorizations.Available(c, request); err != nil {
		return err
	}
	remembered, err := s.Authorizations.Remembered(ctx, c, request)
	if err != nil {
		return err
	}
	if !remembered {
		return s.showConsent(v, c, request)
	}
	r, err := s.Authorizations.AuthorizeRemembered(ctx, c, request)
	if fault.HasCode(err, "consent_unknown") { // taken back in this moment
		return s.showConsent(v, c, request)
	}
	if err != nil {
		return err
	}
	return v.redirect(r)
}

// consentForm is the page on which a person decides.
type consentForm struct {
	frame
	Ticket       string
	App          string
	Initial      string // the first letter of the app's name
	RegisteredBy string
	RegisteredAt moment
	Organization string
	Host         string // where the browser goes next
	OnDevice     bool   // that is an app on the person's own device
	Public       bool   // another program could pose as this one
	Groups       []scopeGroup
	Refused      []string // what the app will not get, as message ids
	Expires      bool     // under Advanced Security Controls
}

func (s *Server) showConsent(v *visit, c auth.Caller, r oauth.AuthorizationRequest) error {
	ticket, err := s.Authorizations.NewTicket(v.r.Context(), c, r)
	if err != nil {
		return err
	}
	page := &consentForm{
		frame:  v.page(v.t("consent.title", map[string]any{"app": r.Client.Name}), ""),
		Ticket: ticket, App: r.Client.Name, Initial: initial(r.Client.Name),
		RegisteredBy: r.Client.RegisteredBy, RegisteredAt: v.moment(r.Client.CreatedAt),
		Organization: c.Organization.Name, Public: r.Client.Public,
		Groups: groupScopes(r.Scopes, c.Account.Role), Refused: refusedScopes(r.Scopes, c.Account.Role),
		Expires: c.Organization.AdvancedSecurity,
	}
	page.Host, page.OnDevice = destination(r.RedirectURI)
	page.Name, page.Email, page.Wide = c.Account.DisplayName(), c.Account.Email, true
	page.formTarget = formTarget(r.RedirectURI)
	return v.show("consent", page)
}

// decide ends the consent page with a redirect to the client.
func (s *Server) decide(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	decision := form.Get("decision")
	if decision != "allow" && decision != "cancel" {
		return fault.New(fault.Invalid, "decision_missing")
	}
	r, err := s.Authorizations.Decide(v.r.Context(), c, form.Get("ticket"), decision == "allow")
	if err != nil {
		return v.redirected(err)
	}
	return v.redirect(r)
}

func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(name))
	return strings.ToUpper(string(r))
}

// destination names where a redirect URI leads: a host, or the scheme of an app.
func destination(uri string) (name string, onDevice bool) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		scheme, _, _ := strings.Cut(uri, ":")
		return scheme + ":", true
	}
	return u.Host, false
}

// explainRedirectURI shows an app's administrator where the redirect URI of a
// refused request leaves the registered ones. Others learn nothing about the app.
func (v *visit) explainRedirectURI(p *errorPage, e *fault.Error) {
	if e.Code != "authorize_redirect_uri_unknown" {
		return
	}
	c, found, err := v.identify()
	if err != nil || !found {
		return
	}
	client, err := v.server.Clients.Client(v.r.Context(), c, v.r.URL.Query().Get("client_id"))
	if err != nil {
		return
	}
	p.Asked = v.r.URL.Query().Get("redirect_uri")
	p.Nearest = oauth.NearestRedirectURI(client.RedirectURIs, p.Asked)
	p.App = appPath(client.ID)
}
