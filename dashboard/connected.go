package dashboard

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

// connectedPage lists who may act for the person.
type connectedPage struct {
	frame
	Apps    []connectedApp
	Expires bool // under Advanced Security Controls
}

// connectedApp is one app with everything it was allowed.
type connectedApp struct {
	ID, Name string
	Initial  string
	Scopes   []string
	Since    moment
	LastUsed moment
	Left     left   // no text: until it is revoked
	Expires  moment // the end of its last refresh token
	Dead     bool   // it has to be connected again
	Grants   int

	since, lastUsed, expires time.Time
	scopes                   auth.Scopes
}

func (s *Server) connectedApps(v *visit, c auth.Caller) error {
	apps, err := s.connected(v.r.Context(), v, c)
	if err != nil {
		return err
	}
	page := &connectedPage{
		frame: v.page(v.t("connected.title", nil), "/profile/apps"),
		Apps:  apps, Expires: c.Organization.AdvancedSecurity,
	}
	return v.show("connected", page)
}

// connected folds the caller's grants into one entry per app: that is what can be
// revoked.
func (s *Server) connected(ctx context.Context, v *visit, c auth.Caller) ([]connectedApp, error) {
	grants, err := s.Authorizations.Connected(ctx, c)
	if err != nil {
		return nil, err
	}
	var apps []connectedApp
	for _, g := range grants {
		i := slices.IndexFunc(apps, func(a connectedApp) bool { return a.ID == g.ClientID })
		if i < 0 {
			i = len(apps)
			apps = append(apps, connectedApp{ID: g.ClientID, Name: g.ClientName, Initial: initial(g.ClientName), since: g.CreatedAt, Dead: true})
		}
		apps[i].add(g, c.Organization, v.now)
	}
	for i := range apps {
		apps[i].describe(v)
	}
	slices.SortStableFunc(apps, func(a, b connectedApp) int {
		return cmp.Compare(latest(b.lastUsed, b.since).UnixNano(), latest(a.lastUsed, a.since).UnixNano())
	})
	return apps, nil
}

func (a *connectedApp) add(g oauth.ConnectedGrant, org auth.Organization, now time.Time) {
	a.Grants++
	if g.CreatedAt.Before(a.since) {
		a.since = g.CreatedAt
	}
	a.lastUsed = latest(a.lastUsed, g.LastUsedAt)
	a.expires = latest(a.expires, org.RefreshExpiry(g.RefreshIssuedAt))
	a.scopes |= g.Scopes
	a.Dead = a.Dead && !org.RefreshAlive(g.RefreshIssuedAt, now)
}

func (a *connectedApp) describe(v *visit) {
	a.Scopes = a.scopes.Names()
	a.Since, a.LastUsed = v.moment(a.since), v.moment(a.lastUsed)
	a.Expires, a.Left = v.moment(a.expires), v.left(a.expires)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// revokeConsent takes back what an app was allowed. It works at once.
func (s *Server) revokeConsent(v *visit, c auth.Caller) error {
	if _, err := v.read(); err != nil {
		return err
	}
	if err := s.Authorizations.Withdraw(v.r.Context(), c, v.r.PathValue("id")); err != nil {
		return err
	}
	return v.done("/profile/apps", "app_revoked")
}
