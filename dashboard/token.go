package dashboard

import (
	"github.com/faxgate/faxgate/auth"
)

const tokensPath = "/profile/integrations/tokens"

// tokensPage lists personal access tokens.
type tokensPage struct {
	frame
	API        bool
	Plan       string
	Administer bool // may look at everybody's
	Everyone   bool // does
	Live, Dead []tokenRow
	People     string
}

// tokenRow is one token. Of its text only the hint is left.
type tokenRow struct {
	ID, Name, Hint string
	Owner          string // e-mail address; empty: the reader's own
	Scopes         []string
	Created        moment
	Expires        moment
	Left           left
	LastUsed       moment
	LastUsedFrom   string
	Revoked        moment // no time: expired, or live
	RevokedBy      string
}

func (s *Server) tokens(v *visit, c auth.Caller) error {
	everyone := c.Administers() && v.r.URL.Query().Has("everyone")
	tokens, err := s.Tokens.List(v.r.Context(), c, everyone)
	if err != nil {
		return err
	}
	owners, err := s.owners(v, c, everyone)
	if err != nil {
		return err
	}
	page := &tokensPage{
		frame: v.page(v.t("tokens.title", nil), tokensPath), API: c.Organization.APIAccess(),
		Plan: v.t("plan."+string(c.Organization.Plan), nil), Administer: c.Administers(), Everyone: everyone,
	}
	for _, t := range tokens {
		row := v.tokenRow(t)
		row.Owner = owners[t.AccountID]
		if t.Live(v.now) {
			page.Live = append(page.Live, row)
		} else {
			page.Dead = append(page.Dead, row)
		}
	}
	if !page.API {
		page.People = v.administrators()
	}
	return v.show("tokens", page)
}

// owners gives the addresses behind the tokens of everybody.
func (s *Server) owners(v *visit, c auth.Caller, everyone bool) (map[string]string, error) {
	if !everyone {
		return nil, nil
	}
	accounts, err := s.Accounts.List(v.r.Context(), c)
	owners := make(map[string]string, len(accounts))
	for _, acc := range accounts {
		owners[acc.ID] = acc.Email
	}
	return owners, err
}

func (v *visit) tokenRow(t auth.Token) tokenRow {
	row := tokenRow{
		ID: t.ID, Name: t.Name, Hint: t.Hint, Scopes: t.Scopes.Names(), Created: v.moment(t.CreatedAt),
		Expires: v.moment(t.ExpiresAt), Left: v.left(t.ExpiresAt),
		LastUsed: v.moment(t.LastUsedAt), LastUsedFrom: t.LastUsedFrom,
	}
	if !t.RevokedAt.IsZero() {
		row.Revoked, row.RevokedBy = v.moment(t.RevokedAt), t.RevokedBy
	}
	return row
}

// revokeToken ends a token at once.
func (s *Server) revokeToken(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	if err := s.Tokens.Revoke(v.r.Context(), c, v.r.PathValue("id")); err != nil {
		return err
	}
	back := tokensPath
	if form.Has("everyone") {
		back += "?everyone=1"
	}
	return v.done(back, "token_revoked")
}
