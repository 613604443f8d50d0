package acceptance_test

import (
	"net/http"
	"testing"
)

// Whatever ends a token at one node is seen at another within a second, though that
// one has just seen the token and remembers it.
func TestRFC7009_2_RevocationIsSeenOnEveryNodeWithinASecond(t *testing.T) {
	t.Parallel()
	a, b := twoNodes(t)
	v := a.SignedIn(t, a.Owner)
	member := a.Member(t, "member@clinic.example", "member")
	theirs := a.SignedIn(t, member)
	for name, end := range map[string]func(t *testing.T, p *Program, got tokens){
		"access token revoked":  func(t *testing.T, p *Program, got tokens) { p.revoke(t, about(got.AccessToken)) },
		"refresh token revoked": func(t *testing.T, p *Program, got tokens) { p.revoke(t, about(got.RefreshToken)) },
		"consent withdrawn":     func(t *testing.T, p *Program, _ tokens) { theirs.withdraw(t, p) },
		"client deleted": func(t *testing.T, p *Program, _ tokens) {
			wantStatus(t, v.Post(t, "/profile/integrations/apps/"+p.ID+"/delete", nil), http.StatusSeeOther)
		},
		"client deleted at the command line": func(t *testing.T, p *Program, _ tokens) { a.Admin(t, "client", "delete", "--client-id", p.ID) },
	} {
		t.Run(name, func(t *testing.T) {
			p := a.Program(t, webRedirect)
			got := p.Tokens(t, theirs)
			there := p.at(b)
			wantStatus(t, there.Self(t, got.AccessToken), http.StatusOK)
			end(t, p, got)
			wantProblem(t, p.Self(t, got.AccessToken), http.StatusUnauthorized, "invalid_token") // here at once
			wantProblem(t, wantSoon(t, func() Reply { return there.Self(t, got.AccessToken) }, refused), http.StatusUnauthorized, "invalid_token")
		})
	}
}

// The same holds for personal tokens, accounts and plans.
func TestRFC6750_3_1_DisabledAccountIsRefusedOnEveryNodeWithinASecond(t *testing.T) {
	t.Parallel()
	a, b := twoNodes(t)
	v := a.SignedIn(t, a.Owner)
	p := a.Program(t, webRedirect)
	who := a.Member(t, "member@clinic.example", "member")
	theirs := a.SignedIn(t, who)
	got := p.Tokens(t, theirs)
	personal := theirs.newToken(t, "mine").Token(t, "fgp")
	id := a.uid(t, personal)
	calls := map[string]func() Reply{
		"access token": func() Reply { return p.at(b).Self(t, got.AccessToken) }, "personal token": func() Reply { return b.Self(t, personal) },
		"session": func() Reply {
			return b.Call(t, http.MethodGet, "/profile", "", "Cookie: faxgate="+theirs.Cookie(t).Value)
		},
	}
	each := func(status int) {
		t.Helper()
		for name, ask := range calls {
			r := wantSoon(t, ask, func(r Reply) bool { return r.Status == status || name == "session" && r.Status != http.StatusOK })
			if name != "session" && status == http.StatusUnauthorized {
				wantProblem(t, r, status, "invalid_token")
			}
		}
	}
	each(http.StatusOK)
	wantStatus(t, v.Post(t, "/members/"+id+"/disable", nil), http.StatusSeeOther)
	each(http.StatusUnauthorized)
	wantOAuthError(t, p.at(b).Ask(t, p.Refresh(got.RefreshToken)), http.StatusBadRequest, "invalid_grant")

	wantStatus(t, v.Post(t, "/members/"+id+"/enable", nil), http.StatusSeeOther)
	delete(calls, "session") // those ended for good
	each(http.StatusOK)
	a.Admin(t, "account", "disable", "--email", who.Email)
	each(http.StatusUnauthorized)
	a.Admin(t, "account", "enable", "--email", who.Email)
	each(http.StatusOK)
	a.Admin(t, "plan", "business")
	each(http.StatusForbidden)
	a.Admin(t, "plan", "enterprise")
	each(http.StatusOK)
	a.revokePersonal(t, personal)
	delete(calls, "access token")
	each(http.StatusUnauthorized)
}

// On SQLite a command at the same data directory is another node.
func TestRFC7009_2_CommandsAreHeardOfWithinASecond(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	who := s.Member(t, "member@clinic.example", "member")
	v := s.SignedIn(t, who)
	p := s.Program(t, webRedirect)
	got, personal := p.Tokens(t, v), s.PersonalToken(t, who, "mine", "all")
	self := func() Reply { return p.Self(t, got.AccessToken) }
	mine := func() Reply { return s.Self(t, personal) }
	accepted := func(r Reply) bool { return r.Status == http.StatusOK }
	wantSoon(t, self, accepted)
	wantSoon(t, mine, accepted)

	s.Admin(t, "account", "disable", "--email", who.Email)
	wantSoon(t, self, refused)
	wantSoon(t, mine, refused)
	wantStatus(t, v.Get(t, "/profile"), http.StatusSeeOther)
	s.Admin(t, "account", "enable", "--email", who.Email)
	wantSoon(t, self, accepted)
	wantSoon(t, mine, accepted)
	s.revokePersonal(t, personal)
	wantProblem(t, wantSoon(t, mine, refused), http.StatusUnauthorized, "invalid_token")
	s.Admin(t, "client", "delete", "--client-id", p.ID)
	wantProblem(t, wantSoon(t, self, refused), http.StatusUnauthorized, "invalid_token")
	wantOAuthError(t, p.Ask(t, p.Refresh(got.RefreshToken)), http.StatusUnauthorized, "invalid_client")
}
