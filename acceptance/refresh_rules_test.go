package acceptance_test

import (
	"net/http"
	"testing"
)

// A confidential client refreshes with the same token again and again, and what it
// got before goes on working.
func TestRFC6749_6_ConfidentialClientKeepsItsRefreshToken(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	first := p.Tokens(t, s.SignedIn(t, s.Owner))
	access := []string{first.AccessToken}
	for range 3 {
		got := granted(t, p.Ask(t, p.Refresh(first.RefreshToken)))
		checkTokens(t, got, "all")
		if got.RefreshToken != first.RefreshToken {
			t.Error("the refresh token changed")
		}
		access = append(access, got.AccessToken)
	}
	seen := map[string]bool{}
	for _, token := range access {
		wantStatus(t, p.Self(t, token), http.StatusOK)
		seen[token] = true
	}
	if len(seen) != len(access) {
		t.Error("a refresh gave an access token for the second time")
	}
}

// A public client gets another refresh token each time. One that was just replaced,
// by an answer that got lost, yields the same successor: the family never forks.
func TestRFC9700_4_14_2_PublicClientRotatesItsRefreshToken(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect, "--public")
	first := p.Tokens(t, s.SignedIn(t, s.Owner))
	second := granted(t, p.Ask(t, p.Refresh(first.RefreshToken)))
	if second.RefreshToken == first.RefreshToken || second.RefreshToken == "" {
		t.Fatal("the refresh token did not change")
	}
	again := granted(t, p.Ask(t, p.Refresh(first.RefreshToken)))
	if again.RefreshToken != second.RefreshToken {
		t.Error("the replaced token yields another successor: the family forks")
	}
	third := granted(t, p.Ask(t, p.Refresh(second.RefreshToken)))
	late := granted(t, p.Ask(t, p.Refresh(first.RefreshToken)))
	if late.RefreshToken != second.RefreshToken {
		t.Error("the replaced token yields another successor after its successor was replaced too")
	}
	for _, got := range []tokens{first, second, again, third, late} {
		wantStatus(t, p.Self(t, got.AccessToken), http.StatusOK)
	}
}

// A refresh token works for its own client alone, and stays good for it.
func TestRFC9700_4_14_RefreshTokenBelongsToItsClient(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	confidential, public := s.Program(t, webRedirect), s.Program(t, webRedirect, "--public")
	for _, owner := range []*Program{confidential, public} {
		token := owner.Tokens(t, v).RefreshToken
		for _, other := range []*Program{s.Program(t, webRedirect), s.Program(t, webRedirect, "--public")} {
			wantOAuthError(t, other.Ask(t, other.Refresh(token)), http.StatusBadRequest, "invalid_grant")
		}
		granted(t, owner.Ask(t, owner.Refresh(token)))
	}
}

// A text that is not a refresh token of this server is an invalid grant, whatever is
// wrong with it, and a missing one an invalid request.
func TestRFC6749_5_2_UnknownRefreshTokenIsAnInvalidGrant(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	got := p.Tokens(t, s.SignedIn(t, s.Owner))
	for name, wrong := range map[string]string{
		"an access token": got.AccessToken, "cut": got.RefreshToken[:52], "made up": "xyz", "never made": neverMade("fgr"), "a personal token": neverMade("fgp"),
	} {
		t.Run(name, func(t *testing.T) {
			wantOAuthError(t, p.Ask(t, p.Refresh(wrong)), http.StatusBadRequest, "invalid_grant")
		})
	}
	wantOAuthError(t, p.Ask(t, p.Refresh("")), http.StatusBadRequest, "invalid_request")
}

// A public client that proves nothing cannot use a confidential client's token by
// naming that client.
func TestRFC6749_6_ConfidentialClientAuthenticatesToRefresh(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	token := p.Tokens(t, s.SignedIn(t, s.Owner)).RefreshToken
	named := &Program{Client: Client{ID: p.ID}, server: s}
	wantOAuthError(t, named.Ask(t, named.Refresh(token)), http.StatusUnauthorized, "invalid_client")
}

// A refresh may ask for less, never for more, and asking for less does not shrink
// what was granted.
func TestRFC6749_6_RefreshNarrowsAndNeverWidens(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	token := p.Tokens(t, v, "scope=fax:user:edit fax:fax:read").RefreshToken
	for _, wider := range []string{"all", "fax:all:read", "fax:user:edit fax:member:read", "fax:fax:edit", "fax:all:edit"} {
		wantOAuthError(t, p.Ask(t, with(p.Refresh(token), "scope", wider)), http.StatusBadRequest, "invalid_scope")
	}
	wantOAuthError(t, p.Ask(t, with(p.Refresh(token), "scope", "nonsense")), http.StatusBadRequest, "invalid_scope")

	narrow := granted(t, p.Ask(t, with(p.Refresh(token), "scope", "fax:user:read")))
	if narrow.Scope != "fax:user:read" {
		t.Errorf("the narrower scope is echoed as %q", narrow.Scope)
	}
	wantProblem(t, p.rename(t, narrow.AccessToken), http.StatusForbidden, "insufficient_scope")
	full := granted(t, p.Ask(t, p.Refresh(narrow.RefreshToken)))
	if full.Scope != "fax:user:edit fax:fax:read" {
		t.Errorf("after the narrower refresh the scope is %q", full.Scope)
	}
	wantStatus(t, p.rename(t, full.AccessToken), http.StatusNoContent)

	// A narrower scope of everything is part of it as well.
	all := p.Tokens(t, v).RefreshToken
	granted(t, p.Ask(t, with(p.Refresh(all), "scope", "fax:user:read")))
}

// rename changes the account, which needs a scope to edit.
func (p *Program) rename(t *testing.T, token string) Reply {
	t.Helper()
	return p.server.Call(t, http.MethodPut, "/v3/accounts/self", `{"name":"Hana"}`, bearer(token), "x-fax-clientid: "+p.ID, asJSON)
}

const asJSON = "Content-Type: application/json"

// While Advanced Security Controls are on, a refresh token lives 30 days from its
// issue, also one that was issued before, and every answer says how long it has left.
func TestAdvancedSecurityControlsTellWhenARefreshTokenEnds(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p, public := s.Program(t, webRedirect), s.Program(t, webRedirect, "--public")
	before, rotating := p.Tokens(t, v), public.Tokens(t, v)
	if before.RefreshExpiresIn != 0 {
		t.Errorf("while the controls are off a refresh token ends in %v s", before.RefreshExpiresIn)
	}
	s.Admin(t, "security", "--advanced=on")
	const month = 30 * 24 * 3600
	left := func(got tokens) bool { return got.RefreshExpiresIn > month-600 && got.RefreshExpiresIn <= month }
	wantSoon(t, func() Reply { return p.Ask(t, p.Refresh(before.RefreshToken)) }, func(r Reply) bool { return left(granted(t, r)) })
	if got := granted(t, public.Ask(t, public.Refresh(rotating.RefreshToken))); !left(got) {
		t.Errorf("a rotated token ends in %v s, want a little less than 30 days", got.RefreshExpiresIn)
	}
	if got := p.Tokens(t, v); !left(got) {
		t.Errorf("a new token ends in %v s, want 30 days", got.RefreshExpiresIn)
	}
	s.Admin(t, "security", "--advanced=off")
	wantSoon(t, func() Reply { return p.Ask(t, p.Refresh(before.RefreshToken)) }, func(r Reply) bool { return granted(t, r).RefreshExpiresIn == 0 })
}

// The switch says how many grants it will hit before it is applied, and needs an
// owner: an admin does not see it.
func TestAdvancedSecurityControlsAreTheOwners(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	s.Program(t, webRedirect).Tokens(t, v)
	page := v.Open(t, "/security")
	wantStatus(t, page, http.StatusOK)
	admin := s.SignedIn(t, s.Member(t, "admin@clinic.example", "admin"))
	wantPage(t, admin.Open(t, "/security"), http.StatusForbidden)
	wantPage(t, admin.Post(t, "/security", map[string][]string{"advanced": {"on"}}), http.StatusForbidden)
}
