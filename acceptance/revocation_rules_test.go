package acceptance_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
)

// about is the form that speaks of a token (RFC 7009, 2.1; RFC 7662, 2.1).
func about(token string) url.Values { return url.Values{"token": {token}} }

// revoke ends a token, or does nothing to it: the answer is the same.
func (p *Program) revoke(t *testing.T, form url.Values) {
	t.Helper()
	r := p.Post(t, "/oauth/revoke", form)
	wantStatus(t, r, http.StatusOK)
	if r.Body != "" || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("revocation answers %q with Cache-Control %q, want nothing and no-store", r.Body, r.Header.Get("Cache-Control"))
	}
}

// Nobody learns from the answer whether a token exists.
func TestRFC7009_2_2_UnknownTokenIsRevokedToo(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	got := p.Tokens(t, s.SignedIn(t, s.Owner))
	for _, token := range []string{
		"x", "fga_", got.AccessToken[:len(got.AccessToken)-1], "fgr" + got.AccessToken[3:], s.PersonalToken(t, s.Owner, "not a client's", "all"), p.Secret,
		neverMade("fga"), neverMade("fgr"), neverMade("fgp"),
	} {
		p.revoke(t, about(token))
	}
	wantOAuthError(t, p.Post(t, "/oauth/revoke", nil), http.StatusBadRequest, "invalid_request")
	wantStatus(t, p.Self(t, got.AccessToken), http.StatusOK)
}

// A client revokes its own tokens and nobody else's; it authenticates first.
func TestRFC7009_2_1_AnotherClientsTokenStaysAlive(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p, other, public := s.Program(t, webRedirect), s.Program(t, webRedirect), s.Program(t, webRedirect, "--public")
	v := s.SignedIn(t, s.Owner)
	got := p.Tokens(t, v)
	personal := s.PersonalToken(t, s.Owner, "mine", "all")
	for _, thief := range []*Program{other, public} {
		for _, token := range []string{got.AccessToken, got.RefreshToken, personal} {
			thief.revoke(t, about(token))
		}
	}
	for name, r := range map[string]Reply{
		"nobody":       s.Call(t, http.MethodPost, "/oauth/revoke", about(got.RefreshToken).Encode(), asForm),
		"wrong secret": s.Call(t, http.MethodPost, "/oauth/revoke", about(got.RefreshToken).Encode(), asForm, basic(p.ID, "x")),
		"id alone":     s.Call(t, http.MethodPost, "/oauth/revoke", about(got.RefreshToken).Encode()+"&client_id="+p.ID, asForm),
	} {
		t.Run(name, func(t *testing.T) { wantOAuthError(t, r, http.StatusUnauthorized, "invalid_client") })
	}
	wantStatus(t, p.Self(t, got.AccessToken), http.StatusOK)
	wantStatus(t, s.Self(t, personal), http.StatusOK)
	granted(t, p.Ask(t, p.Refresh(got.RefreshToken)))
}

// An access token ends alone; a refresh token takes with it every access token of
// its grant, and no other grant.
func TestRFC7009_2_1_RefreshTokenTakesItsAccessTokensAlong(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	for kind, flags := range map[string][]string{"confidential": nil, "public": {"--public"}} {
		t.Run(kind, func(t *testing.T) {
			p := s.Program(t, webRedirect, flags...)
			beside := p.Tokens(t, v)
			first := p.Tokens(t, v)
			second := granted(t, p.Ask(t, p.Refresh(first.RefreshToken)))

			p.revoke(t, with(about(first.AccessToken), "token_type_hint", "refresh_token")) // a hint may be wrong
			wantProblem(t, p.Self(t, first.AccessToken), http.StatusUnauthorized, "invalid_token")
			wantStatus(t, p.Self(t, second.AccessToken), http.StatusOK)
			third := granted(t, p.Ask(t, p.Refresh(second.RefreshToken)))

			p.revoke(t, about(third.RefreshToken))
			for _, token := range []string{second.AccessToken, third.AccessToken} {
				wantProblem(t, p.Self(t, token), http.StatusUnauthorized, "invalid_token")
			}
			for _, token := range []string{first.RefreshToken, third.RefreshToken} {
				wantOAuthError(t, p.Ask(t, p.Refresh(token)), http.StatusBadRequest, "invalid_grant")
			}
			wantStatus(t, p.Self(t, beside.AccessToken), http.StatusOK)
			granted(t, p.Ask(t, p.Refresh(beside.RefreshToken)))
		})
	}
}

// inactive is what introspection says of everything that the caller may not know of.
const inactive = `{"active":false}`

// Whoever asks must be somebody: introspection would tell a thief what he has.
func TestRFC7662_2_1_IntrospectionNeedsAuthentication(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p, public := s.Program(t, webRedirect), s.Program(t, webRedirect, "--public")
	v := s.SignedIn(t, s.Owner)
	mine, theirs := p.Tokens(t, v).AccessToken, public.Tokens(t, v).AccessToken
	for name, r := range map[string]Reply{
		"nobody":                s.Call(t, http.MethodPost, "/oauth/introspect", about(mine).Encode(), asForm),
		"id alone":              s.Call(t, http.MethodPost, "/oauth/introspect", about(mine).Encode()+"&client_id="+p.ID, asForm),
		"wrong secret":          s.Call(t, http.MethodPost, "/oauth/introspect", about(mine).Encode(), asForm, basic(p.ID, "x")),
		"the token itself":      s.Call(t, http.MethodPost, "/oauth/introspect", about(mine).Encode(), asForm, bearer(mine)),
		"a public client":       public.Post(t, "/oauth/introspect", about(theirs)),
		"a token in the URL":    s.Call(t, http.MethodPost, "/oauth/introspect?token="+mine, "", asForm),
		"everything in the URL": s.Call(t, http.MethodPost, "/oauth/introspect?token="+mine+"&client_id="+p.ID, "", asForm),
	} {
		t.Run(name, func(t *testing.T) { wantOAuthError(t, r, http.StatusUnauthorized, "invalid_client") })
	}
	wantOAuthError(t, p.Post(t, "/oauth/introspect", nil), http.StatusBadRequest, "invalid_request")
	inURL := s.Call(t, http.MethodPost, "/oauth/introspect?token="+mine, "", asForm, basic(p.ID, p.Secret))
	wantOAuthError(t, inURL, http.StatusBadRequest, "invalid_request")
}

// A client sees its own tokens; of everything else it learns nothing at all, not
// even whether it exists.
func TestRFC7662_4_WhatIsNotTheCallersIsInactive(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p, other, public := s.Program(t, webRedirect), s.Program(t, webRedirect), s.Program(t, webRedirect, "--public")
	v := s.SignedIn(t, s.Owner)
	got := p.Tokens(t, v, "scope=fax:user:read")
	spent := p.Code(t, v)
	for name, token := range map[string]string{
		"another client's access token":  other.Tokens(t, v).AccessToken,
		"another client's refresh token": other.Tokens(t, v).RefreshToken,
		"a public client's token":        public.Tokens(t, v).AccessToken,
		"a personal token":               s.PersonalToken(t, s.Owner, "mine", "all"),
		"a code":                         spent, "a session": v.Cookie(t).Value, "its own secret": p.Secret, "nonsense": "x",
		"a cut token": got.AccessToken[:52], "an access token that never was": neverMade("fga"), "a refresh token that never was": neverMade("fgr"),
	} {
		t.Run(name, func(t *testing.T) {
			r := p.Post(t, "/oauth/introspect", about(token))
			if r.Status != http.StatusOK || r.Body != inactive {
				t.Errorf("%d %s, want %s", r.Status, r.Body, inactive)
			}
		})
	}
	p.wantActive(t, got)
	p.revoke(t, about(got.RefreshToken))
	for _, token := range []string{got.AccessToken, got.RefreshToken} {
		p.revoke(t, about(token)) // once more, which is not an error
		if r := p.Post(t, "/oauth/introspect", about(token)); r.Body != inactive {
			t.Errorf("after the revocation: %s, want %s", r.Body, inactive)
		}
	}
}

// wantActive holds introspection of the client's own tokens against RFC 7662, 2.2.
func (p *Program) wantActive(t *testing.T, got tokens) {
	t.Helper()
	type introspection struct {
		Active    bool   `json:"active"`
		Scope     string `json:"scope"`
		ClientID  string `json:"client_id"`
		Username  string `json:"username"`
		TokenType string `json:"token_type"`
		Expires   int64  `json:"exp"`
		Issued    int64  `json:"iat"`
		Subject   string `json:"sub"`
		Issuer    string `json:"iss"`
	}
	in := decode[introspection](t, p.Post(t, "/oauth/introspect", about(got.AccessToken)))
	if in.Expires-in.Issued != 3600 || in.Subject == "" || in.Issued == 0 {
		t.Errorf("introspection of an access token: %+v, want 3600 s and a subject", in)
	}
	in.Expires, in.Issued, in.Subject = 0, 0, ""
	if want := (introspection{Active: true, Scope: "fax:user:read", ClientID: p.ID, Username: p.server.Owner.Email, TokenType: "Bearer", Issuer: p.server.URL}); in != want {
		t.Errorf("introspection of an access token: %+v, want %+v", in, want)
	}
	if in := decode[introspection](t, p.Post(t, "/oauth/introspect", about(got.RefreshToken))); !in.Active || in.Expires != 0 || in.TokenType != "" {
		t.Errorf("introspection of a refresh token: %+v, want active, without end and type", in)
	}
}

// metadata is what the server says of itself (RFC 8414, 2; RFC 9207, 3).
type metadata struct {
	Issuer             string   `json:"issuer"`
	Authorization      string   `json:"authorization_endpoint"`
	Token              string   `json:"token_endpoint"`
	Revocation         string   `json:"revocation_endpoint"`
	Introspection      string   `json:"introspection_endpoint"`
	Scopes             []string `json:"scopes_supported"`
	ResponseTypes      []string `json:"response_types_supported"`
	GrantTypes         []string `json:"grant_types_supported"`
	TokenMethods       []string `json:"token_endpoint_auth_methods_supported"`
	RevocationMethods  []string `json:"revocation_endpoint_auth_methods_supported"`
	IntrospectMethods  []string `json:"introspection_endpoint_auth_methods_supported"`
	ChallengeMethods   []string `json:"code_challenge_methods_supported"`
	IssuerIsInRedirect bool     `json:"authorization_response_iss_parameter_supported"`
}

func (s *Server) metadata(t *testing.T) metadata {
	t.Helper()
	r := s.Call(t, http.MethodGet, "/.well-known/oauth-authorization-server", "")
	wantStatus(t, r, http.StatusOK)
	if got := r.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("metadata: Content-Type %q", got)
	}
	return decode[metadata](t, r)
}

// The metadata names the issuer exactly, every endpoint, and what clients may do.
func TestRFC8414_2_Metadata(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	m := s.metadata(t)
	if m.Issuer != s.URL {
		t.Errorf("issuer %q, want %q", m.Issuer, s.URL)
	}
	if !m.IssuerIsInRedirect {
		t.Error("the metadata does not promise iss in redirects")
	}
	for name, x := range map[string]struct{ got, want []string }{
		"response types":        {m.ResponseTypes, []string{"code"}},
		"grant types":           {m.GrantTypes, []string{"authorization_code", "refresh_token"}},
		"challenge methods":     {m.ChallengeMethods, []string{"S256"}},
		"token methods":         {m.TokenMethods, []string{"client_secret_basic", "client_secret_post", "none"}},
		"revocation methods":    {m.RevocationMethods, []string{"client_secret_basic", "client_secret_post", "none"}},
		"introspection methods": {m.IntrospectMethods, []string{"client_secret_basic", "client_secret_post"}},
	} {
		if slices.Sort(x.got); !slices.Equal(x.got, x.want) {
			t.Errorf("%s: %v, want %v", name, x.got, x.want)
		}
	}
	for _, scope := range []string{"all", "fax:all:read", "fax:all:edit", "fax:user:edit", "fax:file:edit"} {
		if !slices.Contains(m.Scopes, scope) {
			t.Errorf("scope %s is not in %v", scope, m.Scopes)
		}
	}
	if slices.Contains(m.Scopes, "fax:shop:read") {
		t.Error("a scope is listed that is never offered")
	}
}

// Where the metadata points there is the endpoint, under the name it has there.
func TestRFC8414_2_EveryEndpointIsWhereTheMetadataSays(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	m := s.metadata(t)
	v := s.SignedIn(t, s.Owner)
	consent := v.Open(t, m.Authorization+"?"+p.Request().Encode())
	code := p.Back(t, v.Press(t, consent, "Allow", nil)).Get("code")
	post := func(endpoint string, form url.Values) Reply {
		r, err := fetch(programs, http.MethodPost, endpoint, form.Encode(), asForm, basic(p.ID, p.Secret))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	got := granted(t, post(m.Token, p.Exchange(code)))
	wantStatus(t, post(m.Introspection, about(got.AccessToken)), http.StatusOK)
	wantStatus(t, post(m.Revocation, about(got.AccessToken)), http.StatusOK)
	wantStatus(t, p.Self(t, got.AccessToken), http.StatusUnauthorized)
}

// The issuer is the public URL, whatever a request calls the server.
func TestRFC8414_2_IssuerIsThePublicURL(t *testing.T) {
	t.Parallel()
	const public = "https://fax.example.com"
	s := Start(t, Options{Env: []string{"FAXGATE_PUBLIC_URL=" + public + "/"}})
	if got := s.metadata(t); got.Issuer != public || got.Token != public+"/token" {
		t.Errorf("issuer %q and token endpoint %q, want those of %s", got.Issuer, got.Token, public)
	}
	evil := s.Call(t, http.MethodGet, "/.well-known/oauth-authorization-server", "", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http", "Forwarded: host=evil.example")
	if got := decode[metadata](t, evil); got.Issuer != public {
		t.Errorf("issuer %q for a request with forwarded headers, want %s", got.Issuer, public)
	}
}
