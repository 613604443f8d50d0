package api_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

func form(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

func confidential() oauth.Registration {
	return oauth.Registration{Name: "App", RedirectURIs: []string{"https://app.example/cb"}}
}

func publicApp() oauth.Registration {
	return oauth.Registration{Name: "Page", RedirectURIs: []string{"https://page.example/cb", "com.example.app:/cb"}, Public: true}
}

// exchange redeems a code with the client's own authentication.
func (g *gate) exchange(t *testing.T, client oauth.Client, secret, code string) answer {
	t.Helper()
	parameters := []string{"grant_type", "authorization_code", "code", code, "redirect_uri", client.RedirectURIs[0]}
	if client.Public {
		return g.post(t, "/token", form(append(parameters, "client_id", client.ID, "code_verifier", verifier)...))
	}
	return g.post(t, "/token", form(parameters...), "Authorization", basic(client.ID, secret))
}

// refresh asks for a new access token.
func (g *gate) refresh(t *testing.T, client oauth.Client, secret, token string, more ...string) answer {
	t.Helper()
	parameters := append([]string{"grant_type", "refresh_token", "refresh_token", token}, more...)
	if client.Public {
		return g.post(t, "/token", form(append(parameters, "client_id", client.ID)...))
	}
	return g.post(t, "/token", form(parameters...), "Authorization", basic(client.ID, secret))
}

// text is a string of an answer.
func (a answer) text(key string) string {
	a.t.Helper()
	s, ok := a.json()[key].(string)
	if !ok {
		a.t.Fatalf("%s has no %s", a.body, key)
	}
	return s
}

func TestRFC6749_5_1_ACodeBuysTokens(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		client, secret := g.register(t, confidential())
		a := g.exchange(t, client, secret, g.allow(t, g.member, client, "all")).is(200, "")
		a.has("Cache-Control", "no-store").has("Pragma", "no-cache").has("Content-Type", "application/json")
		if a.text("token_type") != "Bearer" || a.json()["expires_in"] != 3600.0 || a.text("scope") != "all" ||
			!auth.WellFormed(auth.AccessToken, a.text("access_token")) || !auth.WellFormed(auth.RefreshToken, a.text("refresh_token")) {
			t.Errorf("the keys of the answer are not as they should be")
		}
		if _, found := a.json()["refresh_token_expires_in"]; found {
			t.Error("a refresh token without end has one")
		}
		got := g.call(t, "GET", "/v3/accounts/self", nil, "Authorization", "Bearer "+a.text("access_token"), "x-fax-clientid", client.ID).is(200, "")
		if got.text("uid") != g.member.ID {
			t.Errorf("it opens %s", got.text("uid"))
		}
		for _, secret := range []string{a.text("access_token"), a.text("refresh_token"), secret} {
			if strings.Contains(g.log.String(), secret) {
				t.Error("a secret is in the log")
			}
		}
	})
}

// What clients in the field send: decisions of the help pages, samples and libraries.
func TestTheParametersMayComeFromAnywhere(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		client, secret := g.register(t, confidential())
		refresh := g.exchange(t, client, secret, g.allow(t, g.member, client, "all")).text("refresh_token")
		header := []string{"Authorization", basic(client.ID, secret)}
		parameters := form("grant_type", "refresh_token", "refresh_token", refresh)
		const formType = "application/x-www-form-urlencoded"
		for name, a := range map[string]answer{
			"the body":                       g.post(t, "/token", parameters, header...),
			"the query, an empty body":       g.post(t, "/token?"+parameters, "", header...),
			"the query, no content type":     g.call(t, "POST", "/token?"+parameters, nil, header...),
			"the query, {} as a form":        g.post(t, "/token?"+parameters, "{}", header...),
			"both":                           g.post(t, "/token?"+parameters, parameters, header...),
			"the query, the rest repeated":   g.post(t, "/token?grant_type=refresh_token&client_id="+client.ID, parameters+"&client_id="+client.ID+"&client_secret="+secret),
			"the alias":                      g.post(t, "/oauth/token", parameters, header...),
			"a form with a charset":          g.call(t, "POST", "/token", strings.NewReader(parameters), append(header, "Content-Type", formType+"; charset=utf-8")...),
			"unknown ones as well":           g.post(t, "/token?utm_source=x", parameters+"&x=1&x=2", header...),
			"credentials in body and header": g.post(t, "/token", parameters+"&client_id="+client.ID+"&client_secret="+secret, header...),
		} {
			if a.StatusCode != http.StatusOK || a.json()["refresh_token"] != refresh {
				t.Errorf("%s: %d %s", name, a.StatusCode, a.body)
			}
		}
	})
}

func TestRFC6749_5_2_WhatIsWrongWithATokenRequest(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		client, secret := g.register(t, confidential())
		header := []string{"Authorization", basic(client.ID, secret)}
		parameters := "grant_type=refresh_token&refresh_token=" + auth.NewSecret(auth.RefreshToken)
		for name, tt := range map[string]struct {
			a      answer
			status int
			code   string
		}{
			"nothing at all":               {g.call(t, "POST", "/token", nil), 400, "invalid_request"},
			"no grant type":                {g.post(t, "/token", "code=x", header...), 400, "invalid_request"},
			"the password grant":           {g.post(t, "/token", "grant_type=password&username=a&password=b", header...), 400, "unsupported_grant_type"},
			"client credentials":           {g.post(t, "/token", "grant_type=client_credentials", header...), 400, "unsupported_grant_type"},
			"no client":                    {g.post(t, "/token", parameters), 401, "invalid_client"},
			"the secret in the query":      {g.post(t, "/token?client_secret="+secret, parameters+"&client_id="+client.ID), 400, "invalid_request"},
			"a parameter twice":            {g.post(t, "/token", parameters+"&grant_type=refresh_token", header...), 400, "invalid_request"},
			"another value in each place":  {g.post(t, "/token?grant_type=authorization_code", parameters, header...), 400, "invalid_request"},
			"ten thousand parameters":      {g.post(t, "/token", strings.Repeat("a=b&", 10_000), header...), 400, "invalid_request"},
			"invalid UTF-8":                {g.post(t, "/token", "grant_type=refresh_token&refresh_token=%ff", header...), 400, "invalid_request"},
			"JSON":                         {g.call(t, "POST", "/token", strings.NewReader(`{"grant_type":"refresh_token"}`), append(header, "Content-Type", "application/json")...), 400, "invalid_request"},
			"multipart":                    {g.call(t, "POST", "/token", strings.NewReader("--x--"), append(header, "Content-Type", "multipart/form-data; boundary=x")...), 400, "invalid_request"},
			"an unknown refresh token":     {g.post(t, "/token", parameters, header...), 400, "invalid_grant"},
			"something as a refresh token": {g.post(t, "/token", "grant_type=refresh_token&refresh_token=x", header...), 400, "invalid_grant"},
			"a code as refresh token":      {g.post(t, "/token", "grant_type=refresh_token&refresh_token="+auth.NewSecret(auth.AuthorizationCode), header...), 400, "invalid_grant"},
			"no refresh token":             {g.post(t, "/token", "grant_type=refresh_token", header...), 400, "invalid_request"},
			"no code":                      {g.post(t, "/token", "grant_type=authorization_code&redirect_uri=x", header...), 400, "invalid_request"},
			"no redirect URI":              {g.post(t, "/token", "grant_type=authorization_code&code="+auth.NewSecret(auth.AuthorizationCode), header...), 400, "invalid_request"},
			"an unknown code":              {g.post(t, "/token", "grant_type=authorization_code&redirect_uri=x&code="+auth.NewSecret(auth.AuthorizationCode), header...), 400, "invalid_grant"},
			"bytes instead of a client id": {g.post(t, "/token", parameters, "Authorization", basic("APIK-"+strings.Repeat("\x00", 20), secret)), 401, "invalid_client"},
			"broken UTF-8 as a client id":  {g.post(t, "/token", parameters, "Authorization", basic("APIK-"+strings.Repeat("\xff", 20), secret)), 401, "invalid_client"},
			"NUL in a scope":               {g.post(t, "/token", parameters+"&scope=a%00", header...), 400, "invalid_request"},
		} {
			tt.a.is(tt.status, tt.code).has("Cache-Control", "no-store").has("Pragma", "no-cache")
			if tt.a.text("error_description") == "" {
				t.Errorf("%s: nothing is said", name)
			}
		}
	})
}

func TestRFC6749_5_2_BasicIsChallengedWhereItWasTried(t *testing.T) {
	g := sqlite(t)
	client, _ := g.register(t, confidential())
	g.post(t, "/token", "grant_type=refresh_token&refresh_token=x", "Authorization", basic(client.ID, "wrong")).
		is(401, "invalid_client").has("Www-Authenticate", `Basic realm="faxgate", charset="UTF-8"`)
	g.post(t, "/token", "grant_type=refresh_token&refresh_token=x&client_secret=wrong&client_id="+client.ID).
		is(401, "invalid_client").has("Www-Authenticate", "")
}

// RFC 6749 4.1.3. golang.org/x/oauth2 tries Basic, and then the same code again with
// credentials in the body: a wrong secret must not use it up.
func TestRFC6749_4_1_3_WhoeverMayNotHaveACodeLeavesItAsItWas(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		client, secret := g.register(t, confidential())
		other, otherSecret := g.register(t, confidential())
		code := g.allow(t, g.member, client, "all")
		parameters := []string{"grant_type", "authorization_code", "code", code, "redirect_uri", client.RedirectURIs[0]}
		g.post(t, "/token", form(parameters...), "Authorization", basic(client.ID, "wrong")).is(401, "invalid_client")
		g.exchange(t, other, otherSecret, code).is(400, "invalid_grant").says("error_description", "another client")
		parameters[5] = "https://app.example/cb/"
		g.post(t, "/token", form(parameters...), "Authorization", basic(client.ID, secret)).is(400, "invalid_grant").says("error_description", "redirect_uri")
		parameters[5] = client.RedirectURIs[0]
		g.post(t, "/token", form(append(parameters, "code_verifier", verifier)...), "Authorization", basic(client.ID, secret)).
			is(400, "invalid_grant").says("error_description", "no code_challenge") // RFC 9700 4.8.2
		g.exchange(t, client, secret, code).is(200, "")
	})
}

func TestRFC7636_4_6_APublicClientProvesThatItAsked(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		client, _ := g.register(t, publicApp())
		code := g.allow(t, g.member, client, "all")
		parameters := []string{"grant_type", "authorization_code", "code", code, "redirect_uri", client.RedirectURIs[0], "client_id", client.ID}
		g.post(t, "/token", form(parameters...)).is(400, "invalid_grant").says("error_description", "code_verifier is missing")
		g.post(t, "/token", form(append(parameters, "code_verifier", strings.Repeat("a", 43))...)).is(400, "invalid_grant")
		g.exchange(t, client, "", code).is(200, "")
	})
}

// RFC 6749 10.5: a code used twice revokes what it bought.
func TestRFC6749_10_5_ACodeWorksOnce(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		client, secret := g.register(t, confidential())
		code := g.allow(t, g.member, client, "all")
		bought := g.exchange(t, client, secret, code).is(200, "")
		g.exchange(t, client, secret, code).is(400, "invalid_grant").says("error_description", "used before")
		g.call(t, "GET", "/v3/accounts/self", nil, "Authorization", "Bearer "+bought.text("access_token"), "x-fax-clientid", client.ID).
			is(401, "invalid_token").says("reason", "token_revoked")
		g.refresh(t, client, secret, bought.text("refresh_token")).is(400, "invalid_grant").says("error_description", "used twice")
	})
}

func TestRFC6749_6_ARefreshNarrowsTheTokenAndNotTheGrant(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		client, secret := g.register(t, confidential())
		refresh := g.exchange(t, client, secret, g.allow(t, g.member, client, "fax:user:edit fax:fax:read")).text("refresh_token")
		narrow := g.refresh(t, client, secret, refresh, "scope", "fax:fax:read").is(200, "")
		if narrow.text("scope") != "fax:fax:read" || narrow.text("refresh_token") != refresh {
			t.Errorf("answered %s", narrow.text("scope"))
		}
		g.call(t, "GET", "/v3/accounts/self", nil, "Authorization", "Bearer "+narrow.text("access_token"), "x-fax-clientid", client.ID).is(403, "insufficient_scope")
		g.refresh(t, client, secret, refresh, "scope", "all").is(400, "invalid_scope")
		g.refresh(t, client, secret, refresh, "scope", "fax:shop:read").is(400, "invalid_scope")
		if whole := g.refresh(t, client, secret, refresh).is(200, ""); whole.text("scope") != "fax:user:edit fax:fax:read" {
			t.Errorf("the grant has shrunk to %s", whole.text("scope"))
		}
	})
}

// RFC 6749 10.4, RFC 9700 4.14: a refresh token is bound to its client.
func TestRFC6749_10_4_ARefreshTokenIsItsClientsAlone(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		client, secret := g.register(t, confidential())
		other, otherSecret := g.register(t, confidential())
		refresh := g.exchange(t, client, secret, g.allow(t, g.member, client, "all")).text("refresh_token")
		g.refresh(t, other, otherSecret, refresh).is(400, "invalid_grant").says("error_description", "another client")
		g.refresh(t, client, secret, refresh).is(200, "")
	})
}

func TestTheClientHeaderIsNeededAndMustBeRight(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		client, secret := g.register(t, confidential())
		other, _ := g.register(t, confidential())
		token := "Bearer " + g.exchange(t, client, secret, g.allow(t, g.member, client, "all")).text("access_token")
		personal := "Bearer " + g.token(t, g.member, auth.All)
		call := func(headers ...string) answer { return g.call(t, "GET", "/v3/accounts/self", nil, headers...) }
		call("Authorization", token, "x-fax-clientid", client.ID).is(200, "")
		call("Authorization", token, "X-FAX-CLIENTID", client.ID).is(200, "")
		call("Authorization", token).is(403, "client_id_header_required").says("action", client.ID)
		call("Authorization", token, "x-fax-clientid", "").is(403, "client_id_header_required")
		call("Authorization", token, "x-fax-clientid", other.ID).is(403, "client_id_mismatch")
		call("Authorization", token, "x-fax-clientid", client.ID, "x-fax-clientid", other.ID).is(403, "client_id_mismatch")
		call("Authorization", personal).is(200, "")
		call("Authorization", personal, "x-fax-clientid", other.ID).is(200, "")

		err := g.api.Clients.Change(t.Context(), auth.Operator(g.org), client.ID, oauth.Settings{Name: "App", ClientHeader: false})
		if err != nil {
			t.Fatal(err)
		}
		call("Authorization", token).is(200, "")
		call("Authorization", token, "x-fax-clientid", other.ID).is(403, "client_id_mismatch")
	})
}

func TestRFC7009_2_RevokingATokenAndARefreshToken(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		client, secret := g.register(t, confidential())
		other, otherSecret := g.register(t, confidential())
		bought := g.exchange(t, client, secret, g.allow(t, g.member, client, "all"))
		access, refresh := bought.text("access_token"), bought.text("refresh_token")
		again := g.refresh(t, client, secret, refresh).text("access_token")
		works := func(token string, want int) {
			t.Helper()
			if got := g.call(t, "GET", "/v3/accounts/self", nil, "Authorization", "Bearer "+token, "x-fax-clientid", client.ID).StatusCode; got != want {
				t.Errorf("status %d, want %d", got, want)
			}
		}
		revoke := func(client oauth.Client, secret, token string) answer {
			t.Helper()
			return g.post(t, "/oauth/revoke", form("token", token), "Authorization", basic(client.ID, secret))
		}
		for _, token := range []string{access, refresh, auth.NewSecret(auth.AccessToken), "x", g.token(t, g.member, auth.All)} {
			if a := revoke(other, otherSecret, token).is(200, ""); len(a.body) != 0 { // 2.2: nobody learns anything
				t.Errorf("answered %s", a.body)
			}
		}
		works(access, 200)
		revoke(client, secret, access).is(200, "")
		works(access, 401)
		works(again, 200) // the token ended alone
		g.audited(t, "token.revoke", access, client)
		revoke(client, secret, refresh).is(200, "")
		works(again, 401)
		g.refresh(t, client, secret, refresh).is(400, "invalid_grant").says("error_description", "the client revoked it")
		revoke(client, secret, refresh).is(200, "")

		g.post(t, "/oauth/revoke", form("token", access)).is(401, "invalid_client")
		g.post(t, "/oauth/revoke", "", "Authorization", basic(client.ID, secret)).is(400, "invalid_request")
		g.post(t, "/oauth/revoke?token="+access, "", "Authorization", basic(client.ID, secret)).is(400, "invalid_request")
	})
}

// audited looks for a record that names the access token and the client.
func (g *gate) audited(t *testing.T, action, access string, client oauth.Client) {
	t.Helper()
	token, err := g.db.TokenByHash(t.Context(), auth.AccessToken, auth.HashOf(access))
	if err != nil {
		t.Fatal(err)
	}
	all, err := g.db.Audits(t.Context(), g.org.ID, 100)
	if err != nil || !slices.ContainsFunc(all, func(a auth.Audit) bool {
		return a.Action == action && a.ObjectID == token.ID && a.Actor.ClientID == client.ID
	}) {
		t.Errorf("no record of %s of %s by %s among %+v, %v", action, token.ID, client.ID, all, err)
	}
}

func TestRFC7662_2_IntrospectionShowsAClientItsOwn(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		client, secret := g.register(t, confidential())
		other, otherSecret := g.register(t, confidential())
		public, _ := g.register(t, publicApp())
		bought := g.exchange(t, client, secret, g.allow(t, g.member, client, "fax:user:read"))
		access, refresh := bought.text("access_token"), bought.text("refresh_token")
		ask := func(client oauth.Client, secret, token string) answer {
			t.Helper()
			return g.post(t, "/oauth/introspect", form("token", token), "Authorization", basic(client.ID, secret)).is(200, "")
		}
		in := ask(client, secret, access).json()
		for key, want := range map[string]any{
			"active": true, "scope": "fax:user:read", "client_id": client.ID, "username": g.member.Email, "token_type": "Bearer",
			"sub": g.member.ID, "iss": publicURL, "iat": float64(g.clock.Now().Unix()), "exp": float64(g.clock.Now().Unix() + 3600),
		} {
			if in[key] != want {
				t.Errorf("%s = %v, want %v", key, in[key], want)
			}
		}
		in = ask(client, secret, refresh).json()
		if in["active"] != true || in["exp"] != nil || in["token_type"] != nil {
			t.Errorf("the refresh token is %v", in)
		}
		for name, a := range map[string]answer{
			"another's access token":  ask(other, otherSecret, access),
			"another's refresh token": ask(other, otherSecret, refresh),
			"a personal token":        ask(client, secret, g.token(t, g.member, auth.All)),
			"an unknown one":          ask(client, secret, auth.NewSecret(auth.AccessToken)),
			"something":               ask(client, secret, "x"),
			"a client secret":         ask(client, secret, secret),
		} {
			if string(a.body) != `{"active":false}` {
				t.Errorf("%s: %s", name, a.body)
			}
		}
		g.change(t, func(o *auth.Organization) { o.Plan = auth.Free })
		for _, token := range []string{access, refresh} {
			if a := ask(client, secret, token); string(a.body) != `{"active":false}` {
				t.Errorf("without API access: %s", a.body)
			}
		}
		g.post(t, "/oauth/introspect", form("token", access)).is(401, "invalid_client")
		g.post(t, "/oauth/introspect", form("token", access, "client_id", public.ID)).is(401, "invalid_client")
	})
}

func TestRFC8414_3_TheServerDescribesItself(t *testing.T) {
	g := sqlite(t)
	m := g.call(t, "GET", "/.well-known/oauth-authorization-server", nil).is(200, "").has("Access-Control-Allow-Origin", "*").json()
	for key, want := range map[string]any{
		"issuer": publicURL, "authorization_endpoint": publicURL + "/login", "token_endpoint": publicURL + "/token",
		"revocation_endpoint": publicURL + "/oauth/revoke", "introspection_endpoint": publicURL + "/oauth/introspect",
		"authorization_response_iss_parameter_supported": true,
	} {
		if m[key] != want {
			t.Errorf("%s = %v, want %v", key, m[key], want)
		}
	}
	for key, want := range map[string]string{
		"response_types_supported": "code", "grant_types_supported": "authorization_code refresh_token", "code_challenge_methods_supported": "S256",
		"token_endpoint_auth_methods_supported":         "client_secret_basic client_secret_post none",
		"introspection_endpoint_auth_methods_supported": "client_secret_basic client_secret_post",
		"scopes_supported":                              strings.Join(auth.OfferedScopes(), " "),
	} {
		var got []string
		for _, v := range m[key].([]any) {
			got = append(got, v.(string))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s = %v, want %s", key, got, want)
		}
	}
}
