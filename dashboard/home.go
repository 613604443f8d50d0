package dashboard

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
)

// homePage says what to do next and what is about to end.
type homePage struct {
	frame
	API          bool   // the plan has API access
	Plan         string // in words
	Organization string
	Tokens, Apps int // live ones
	Expiring     []expiring
	Faxes        bool   // there are some
	Unread       int    // in the inbox
	People       string // whom to ask about the plan
	CallURL      string
}

// expiring is a credential that ends soon.
type expiring struct {
	Name string
	Path string
	App  bool // a connected app, else a token
	Left left
	At   moment
}

func (s *Server) home(v *visit, c auth.Caller) error {
	page := &homePage{
		frame: v.page(v.t("home.title", nil), "/"),
		API:   c.Organization.APIAccess(), Plan: v.t("plan."+string(c.Organization.Plan), nil), Organization: c.Organization.Name,
		CallURL: s.PublicURL + "/v3/accounts/self",
	}
	if err := page.faxes(s, v, c); err != nil {
		return err
	}
	if err := page.tokens(s, v, c); err != nil {
		return err
	}
	if err := page.apps(s, v, c); err != nil {
		return err
	}
	if !page.API {
		page.People = v.administrators()
	}
	return v.show("home", page)
}

func (page *homePage) faxes(s *Server, v *visit, c auth.Caller) error {
	by := own(c)
	latest, err := s.Faxes.List(v.r.Context(), by, fax.Filter{Limit: 1})
	if err != nil {
		return err
	}
	page.Faxes = len(latest) > 0
	page.Unread, err = s.Faxes.Unread(v.r.Context(), by)
	return err
}

func (page *homePage) tokens(s *Server, v *visit, c auth.Caller) error {
	all, err := s.Tokens.List(v.r.Context(), c, false)
	if err != nil {
		return err
	}
	for _, t := range all {
		if !t.Live(v.now) {
			continue
		}
		page.Tokens++
		if l := v.left(t.ExpiresAt); l.Tone != "" {
			page.Expiring = append(page.Expiring, expiring{Name: t.Name, Path: "/profile/integrations/tokens", Left: l, At: v.moment(t.ExpiresAt)})
		}
	}
	return nil
}

func (page *homePage) apps(s *Server, v *visit, c auth.Caller) error {
	apps, err := s.connected(v.r.Context(), v, c)
	if err != nil {
		return err
	}
	page.Apps = len(apps)
	for _, a := range apps {
		if a.Left.Tone != "" {
			page.Expiring = append(page.Expiring, expiring{Name: a.Name, Path: "/profile/apps", App: true, Left: a.Left, At: a.Expires})
		}
	}
	return nil
}

// left is how long something still works, in words and with a tone that does not
// depend on colour alone.
type left struct {
	Text string // "12 days left"; empty: it never ends
	Tone string // empty: more than two weeks; warn: two weeks; danger: three days or over
}

// The days before an expiry from which on it is pointed out.
const (
	warnDays   = 14
	dangerDays = 3
)

func (v *visit) left(end time.Time) left {
	if end.IsZero() {
		return left{}
	}
	days := -1
	if d := end.Sub(v.now); d > 0 {
		days = int(d / (24 * time.Hour))
	}
	l := left{Text: locale.DaysLeft(v.language, days)}
	switch {
	case days <= dangerDays:
		l.Tone = "danger"
	case days <= warnDays:
		l.Tone = "warn"
	}
	return l
}

// administrators names whom to ask; empty where nobody could be found.
func (v *visit) administrators() string {
	if v.caller == nil {
		return ""
	}
	return v.server.administratorsOf(v.r.Context(), v.language, *v.caller)
}

func (s *Server) administratorsOf(ctx context.Context, l locale.Language, c auth.Caller) string {
	people, err := s.Accounts.Administrators(ctx, c)
	if err != nil {
		return "" // the page is about something else and stands without it
	}
	var names []string
	for _, acc := range people {
		names = append(names, acc.Email)
	}
	return locale.Text(l, "people.list", map[string]any{"names": names})
}
