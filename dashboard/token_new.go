package dashboard

import (
	"slices"
	"time"

	"github.com/faxgate/faxgate/auth"
)

// newTokenForm asks what a token shall be good for.
type newTokenForm struct {
	frame
	Presets   []preset
	Ages      []age
	FirstDate string // the date field's bounds, YYYY-MM-DD
	LastDate  string
	Zone      string // of the hour at which a date ends
	Longest   time.Duration
	Families  []family
}

// preset is a link that ticks boxes.
type preset struct {
	Path, Text string
	Current    bool
}

// presets are the common choices of scopes.
var presets = []struct {
	name   string
	scopes auth.Scopes
}{
	{"send", auth.FaxEdit | auth.NumbersRead},
	{"receive", auth.FaxRead | auth.WebhookEdit},
	{"read", auth.FaxAllRead},
	{"full", auth.FaxAllEdit},
}

// family is a row of check boxes.
type family struct {
	Name       string // message id
	What       string // message id of a sentence
	Read, Edit *box   // nil: the family has no such scope
	Endpoints  []endpoint
}

// box is one scope to tick.
type box struct {
	Scope   string
	Checked bool
	Above   bool // above the person's role
}

// endpoint is a call that a scope opens.
type endpoint struct {
	Call string // method and path
	Edit bool   // opened by the edit scope alone
}

func (s *Server) newTokenPage(v *visit, c auth.Caller) error {
	if err := c.Organization.RequireAPI(); err != nil {
		return err
	}
	return s.showNewToken(v, c, nil)
}

func (s *Server) showNewToken(v *visit, c auth.Caller, p *problem) error {
	chosen := v.r.URL.Query().Get("preset")
	ticked := ticked(v, chosen)
	page := &newTokenForm{
		frame: v.page(v.t("token_new.title", nil), tokensPath), Ages: v.ages(),
		FirstDate: v.now.In(v.zone).Format(time.DateOnly), LastDate: v.now.Add(auth.MaxTokenAge).In(v.zone).Format(time.DateOnly),
		Zone: v.zone.String(), Longest: auth.MaxTokenAge,
	}
	for _, x := range presets {
		page.Presets = append(page.Presets, preset{
			Path: tokensPath + "/new?preset=" + x.name, Text: v.t("preset."+x.name, nil), Current: x.name == chosen,
		})
	}
	for _, f := range auth.ScopeFamilies() {
		page.Families = append(page.Families, s.family(f, ticked, c.Account.Role))
	}
	page.with(p)
	return v.show("token_new", page)
}

// ticked are the scopes whose boxes are ticked: as posted before, else as the
// preset has them.
func ticked(v *visit, chosen string) []string {
	if v.form != nil {
		return v.form["scope"]
	}
	for _, x := range presets {
		if x.name == chosen {
			return x.scopes.Names()
		}
	}
	return nil
}

func (s *Server) family(f auth.ScopeFamily, ticked []string, role auth.Role) family {
	makeBox := func(scope auth.Scopes) *box {
		if scope == 0 {
			return nil
		}
		above := role.Excess(scope) != 0
		return &box{Scope: scope.String(), Checked: !above && slices.Contains(ticked, scope.String()), Above: above}
	}
	return family{
		Name: "family." + f.Name, What: "family_what." + f.Name,
		Read: makeBox(f.Read), Edit: makeBox(f.Edit), Endpoints: s.endpoints(f),
	}
}

// endpoints lists the calls that a family's scopes open.
func (s *Server) endpoints(f auth.ScopeFamily) []endpoint {
	var out []endpoint
	for _, route := range s.API {
		switch {
		case f.Read != 0 && f.Read.Allows(route.Scopes):
			out = append(out, endpoint{Call: route.Pattern})
		case f.Edit.Allows(route.Scopes):
			out = append(out, endpoint{Call: route.Pattern, Edit: true})
		}
	}
	return out
}

// shownToken is the only page that ever has the token's text.
type shownToken struct {
	frame
	Token   tokenRow
	Secret  string
	CallURL string
}

// generateToken makes a token and shows it in the answer to the POST. There is no
// other way to see it: a GET of the same address is the empty form again.
func (s *Server) generateToken(v *visit, c auth.Caller) error {
	if _, err := v.read(); err != nil {
		return err
	}
	secret, t, err := s.generate(v, c)
	if err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showNewToken(v, c, p) })
	}
	page := &shownToken{
		frame: v.page(v.t("token_shown.title", map[string]any{"name": t.Name}), tokensPath),
		Token: v.tokenRow(t), Secret: secret, CallURL: s.PublicURL + "/v3/accounts/self",
	}
	page.Closed, page.referrer = true, noReferrer
	return v.show("token_shown", page)
}

func (s *Server) generate(v *visit, c auth.Caller) (string, auth.Token, error) {
	var scopes auth.Scopes
	for _, name := range v.form["scope"] {
		one, err := auth.ParseScopes(name)
		if err != nil {
			return "", auth.Token{}, err
		}
		scopes |= one
	}
	expires, err := v.expiry(v.form.Get("expires"), v.form.Get("expires_date"))
	if err != nil {
		return "", auth.Token{}, err
	}
	return s.Tokens.Generate(v.r.Context(), c, auth.NewToken{Name: v.form.Get("name"), ExpiresAt: expires, Scopes: scopes})
}
