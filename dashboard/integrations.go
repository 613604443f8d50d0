package dashboard

import (
	"github.com/faxgate/faxgate/auth"
)

// integrationsPage is where programs get access: by tokens, by OAuth.
type integrationsPage struct {
	frame
	API        bool   // the plan has API access
	Plan       string // in words
	Tokens     int    // the person's live ones
	Earlier    bool   // without API access: there are tokens that could be revoked
	Administer bool   // may activate OAuth
	Apps       []appRow
	Connected  int
	Hooks      int    // the person's webhooks
	People     string // whom to ask
}

// appRow is an OAuth app of the organization.
type appRow struct {
	ID, Name, Path string
	Public         bool
	LastUsed       moment
	NoRedirect     bool // nobody can authorize it yet
}

func (s *Server) integrations(v *visit, c auth.Caller) error {
	page := &integrationsPage{
		frame: v.page(v.t("integrations.title", nil), "/profile/integrations"),
		API:   c.Organization.APIAccess(), Plan: v.t("plan."+string(c.Organization.Plan), nil), Administer: c.Administers(),
	}
	tokens, err := s.Tokens.List(v.r.Context(), c, false)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if t.Live(v.now) {
			page.Tokens++
		}
	}
	page.Earlier = len(tokens) > 0
	hooks, err := s.Hooks.List(v.r.Context(), hookOwner(c), "")
	if err != nil {
		return err
	}
	page.Hooks = len(hooks)
	apps, err := s.connected(v.r.Context(), v, c)
	if err != nil {
		return err
	}
	page.Connected = len(apps)
	if c.Administers() {
		if page.Apps, err = s.appRows(v, c); err != nil {
			return err
		}
	}
	if !page.API || !page.Administer {
		page.People = v.administrators()
	}
	return v.show("integrations", page)
}

func (s *Server) appRows(v *visit, c auth.Caller) ([]appRow, error) {
	clients, err := s.Clients.List(v.r.Context(), c)
	var rows []appRow
	for _, x := range clients {
		rows = append(rows, appRow{
			ID: x.ID, Name: x.Name, Path: appPath(x.ID), Public: x.Public,
			LastUsed: v.moment(x.LastUsedAt), NoRedirect: len(x.RedirectURIs) == 0,
		})
	}
	return rows, err
}
