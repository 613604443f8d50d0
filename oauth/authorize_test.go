package oauth_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
)

const (
	issuer      = "https://fax.example"
	redirectURI = "https://app.example/cb"
)

// newAuthorizations is the authorization endpoint in front of a desk's clients, of
// which both have the redirect URI.
func newAuthorizations() (*oauth.Authorizations, *desk) {
	d := newDesk()
	for id, c := range d.shelf.clients {
		c.RedirectURIs = []string{redirectURI, "https://app.example/cb?tenant=1"}
		d.shelf.clients[id] = c
	}
	return &oauth.Authorizations{Clients: d.Clients, Issuer: issuer, Now: d.Now, NewID: auth.NewID}, d
}

// query is an authorization request of the client with some parameters changed;
// "-" leaves one out.
func query(id string, changes ...string) string {
	v := url.Values{"response_type": {"code"}, "client_id": {id}, "redirect_uri": {redirectURI}, "state": {"s"}}
	for i := 0; i < len(changes); i += 2 {
		if changes[i+1] == "-" {
			v.Del(changes[i])
		} else {
			v.Set(changes[i], changes[i+1])
		}
	}
	return v.Encode()
}

func TestRFC6749_4_1_1_ARequestIsRead(t *testing.T) {
	t.Parallel()
	x, d := newAuthorizations()
	for name, q := range map[string]string{
		"the shortest":          query(d.id, "state", "-"),
		"with scope all":        query(d.id, "scope", "all"),
		"unknown ones ignored":  query(d.id) + "&prompt=none&nonce=a&nonce=b",
		"with PKCE":             query(d.id, "code_challenge", challenge, "code_challenge_method", "S256"),
		"with a response mode":  query(d.id, "response_mode", "query"),
		"an empty scope":        query(d.id, "scope", ""),
		"a scope of spaces":     query(d.id, "scope", "  "),
		"a URI with its query":  query(d.id, "redirect_uri", redirectURI+"?tenant=1"),
		"a public client, PKCE": query(d.public, "code_challenge", challenge, "code_challenge_method", "S256"),
	} {
		r, err := x.Request(t.Context(), q)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r.Scope != "all" || r.Scopes != auth.All || r.Query != q {
			t.Errorf("%s: %+v", name, r)
		}
	}
	r, err := x.Request(t.Context(), query(d.id, "scope", "fax:fax:edit fax:user:read"))
	if err != nil || r.Scope != "fax:fax:edit fax:user:read" || r.Scopes != auth.FaxEdit|auth.UserRead {
		t.Errorf("fine scopes: %+v, %v", r, err)
	}
}

// RFC 6749 4.1.2.1: an unknown client or redirect URI must not redirect.
func TestRFC6749_4_1_2_1_WhatIsUnknownNeverRedirects(t *testing.T) {
	t.Parallel()
	x, d := newAuthorizations()
	for name, tt := range map[string]struct{ query, code string }{
		"nothing":                {"", "authorize_client_missing"},
		"no client":              {query(""), "authorize_client_missing"},
		"two clients":            {query(d.id) + "&client_id=" + d.public, "authorize_client_missing"},
		"an unknown client":      {query(auth.NewClientID()), "authorize_client_unknown"},
		"something as client":    {query("test"), "authorize_client_unknown"},
		"no redirect URI":        {query(d.id, "redirect_uri", "-"), "authorize_redirect_uri_missing"},
		"two redirect URIs":      {query(d.id) + "&redirect_uri=https://app.example/cb", "authorize_redirect_uri_missing"},
		"an unknown URI":         {query(d.id, "redirect_uri", "https://evil.example/cb"), "authorize_redirect_uri_unknown"},
		"a URI with more path":   {query(d.id, "redirect_uri", redirectURI+"/x"), "authorize_redirect_uri_unknown"},
		"and all else is wrong":  {query(d.id, "redirect_uri", "https://evil.example/", "response_type", "token"), "authorize_redirect_uri_unknown"},
		"a URI in broken UTF-8":  {query(d.id, "redirect_uri", "https://app.example/\xff"), "authorize_redirect_uri_missing"},
		"ten thousand of others": {query(d.id) + strings.Repeat("&a=b", 10_000), "authorize_client_missing"},
	} {
		_, err := x.Request(t.Context(), tt.query)
		var r *oauth.Redirect
		if e := fault.Of(err); errors.As(err, &r) || e == nil || e.Code != tt.code || e.Kind != fault.Invalid {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
}

func TestRFC6749_4_1_2_1_OtherErrorsGoBackToTheClient(t *testing.T) {
	t.Parallel()
	x, d := newAuthorizations()
	for name, tt := range map[string]struct {
		query string
		code  oauth.Code
		say   string
	}{
		"no response type":       {query(d.id, "response_type", "-"), oauth.InvalidRequest, "response_type is missing"},
		"implicit":               {query(d.id, "response_type", "token"), oauth.UnsupportedResponseType, "response_type=code alone"},
		"hybrid":                 {query(d.id, "response_type", "code id_token"), oauth.UnsupportedResponseType, "response_type=code alone"},
		"a form post":            {query(d.id, "response_mode", "form_post"), oauth.InvalidRequest, "response_mode"},
		"a fragment":             {query(d.id, "response_mode", "fragment"), oauth.InvalidRequest, "response_mode"},
		"an unknown scope":       {query(d.id, "scope", "test"), oauth.InvalidScope, "'test' is unknown. Did you mean "},
		"a scope of the shop":    {query(d.id, "scope", "fax:shop:read"), oauth.InvalidScope, "not offered"},
		"a scope twice":          {query(d.id, "scope", "all") + "&scope=all", oauth.InvalidRequest, "scope is repeated"},
		"a response type twice":  {query(d.id) + "&response_type=code", oauth.InvalidRequest, "response_type is repeated"},
		"the secret in the URL":  {query(d.id, "client_secret", d.secret), oauth.InvalidRequest, "must not stand in the URL"},
		"plain PKCE":             {query(d.id, "code_challenge", challenge, "code_challenge_method", "plain"), oauth.InvalidRequest, "S256"},
		"PKCE without method":    {query(d.id, "code_challenge", challenge), oauth.InvalidRequest, "S256"},
		"a method alone":         {query(d.id, "code_challenge_method", "S256"), oauth.InvalidRequest, "without code_challenge"},
		"a short challenge":      {query(d.id, "code_challenge", "abc", "code_challenge_method", "S256"), oauth.InvalidRequest, "43 characters"},
		"a public one, no PKCE":  {query(d.public), oauth.InvalidRequest, "must use PKCE"},
		"a state of five KB":     {query(d.id, "state", strings.Repeat("s", 5000)), oauth.InvalidRequest, "state is longer"},
		"a state that is broken": {query(d.id, "state", "\xff"), oauth.InvalidRequest, "state is not UTF-8"},
	} {
		_, err := x.Request(t.Context(), tt.query)
		var r *oauth.Redirect
		if !errors.As(err, &r) || r.Err == nil || r.Err.Code != tt.code || !strings.Contains(r.Err.Description, tt.say) {
			t.Errorf("%s: %v, want %s …%s…", name, err, tt.code, tt.say)
			continue
		}
		if r.Code != "" || r.RedirectURI != redirectURI || r.Issuer != issuer {
			t.Errorf("%s: %+v", name, r)
		}
		if strings.Contains(r.Location(), d.secret) {
			t.Errorf("%s: the secret goes on to the client's log", name)
		}
	}
}

func TestRFC6749_4_1_2_StateComesBackByteForByte(t *testing.T) {
	t.Parallel()
	x, d := newAuthorizations()
	for _, state := range []string{
		"s", "状態 🙂", "a+b c%20d&e=f#g?h/i", strings.Repeat("x", 2048), `"\<>`, "\t\n", "%", "é", "e\u0301",
	} {
		r, err := x.Request(t.Context(), query(d.id, "state", state))
		if err != nil {
			t.Errorf("%q: %v", state, err)
			continue
		}
		location, err := url.Parse((&oauth.Redirect{RedirectURI: r.RedirectURI, State: r.State, Code: "c"}).Location())
		if err != nil || location.Query().Get("state") != state {
			t.Errorf("%q comes back as %q, %v", state, location.Query().Get("state"), err)
		}
	}
}

func TestRFC6749_4_1_2_TheRedirectCarriesCodeStateAndIssuer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		redirect oauth.Redirect
		base     string
		want     url.Values
	}{
		{
			oauth.Redirect{RedirectURI: redirectURI, Issuer: issuer, Code: "c", State: "s"}, redirectURI,
			url.Values{"code": {"c"}, "state": {"s"}, "iss": {issuer}},
		},
		{ // no state was sent, none comes back
			oauth.Redirect{RedirectURI: redirectURI, Issuer: issuer, Code: "c"}, redirectURI,
			url.Values{"code": {"c"}, "iss": {issuer}},
		},
		{ // RFC 6749 3.1.2: a query of the client's own stays
			oauth.Redirect{RedirectURI: redirectURI + "?tenant=1&x=%2F", Issuer: issuer, Code: "c"}, redirectURI,
			url.Values{"tenant": {"1"}, "x": {"/"}, "code": {"c"}, "iss": {issuer}},
		},
		{
			oauth.Redirect{RedirectURI: "com.example.app:/cb", Issuer: issuer, Code: "c"}, "com.example.app:/cb",
			url.Values{"code": {"c"}, "iss": {issuer}},
		},
		{
			oauth.Redirect{RedirectURI: redirectURI, Issuer: issuer, State: "s", Err: oauth.Refuse(oauth.AccessDenied, "No.")}, redirectURI,
			url.Values{"error": {"access_denied"}, "error_description": {"No."}, "state": {"s"}, "iss": {issuer}},
		},
	} {
		location := tt.redirect.Location()
		base, q, _ := strings.Cut(location, "?")
		got, err := url.ParseQuery(q)
		if err != nil || base != tt.base || got.Encode() != tt.want.Encode() {
			t.Errorf("Location = %s, want %s?%s", location, tt.base, tt.want.Encode())
		}
		if strings.HasPrefix(tt.redirect.RedirectURI, base+"?") && !strings.HasPrefix(location, tt.redirect.RedirectURI+"&") {
			t.Errorf("Location = %s does not keep %s as it is", location, tt.redirect.RedirectURI)
		}
	}
}

// tickets is an AuthorizationStore that keeps the last ticket.
type tickets struct {
	oauth.AuthorizationStore
	last oauth.Ticket
}

func (s *tickets) PutTicket(_ context.Context, t oauth.Ticket) error {
	s.last = t
	return nil
}

// A parameter that nobody knows may hold anything. The ticket keeps the query as
// text that every database takes.
func TestATicketKeepsTheQueryAsText(t *testing.T) {
	t.Parallel()
	x, d := newAuthorizations()
	store := &tickets{}
	x.Store = store
	r, err := x.Request(t.Context(), query(d.id)+"&x=\xff\xfe")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.NewTicket(t.Context(), auth.Caller{}, r); err != nil {
		t.Fatal(err)
	}
	if store.last.Query != query(d.id)+"&x=" {
		t.Errorf("the ticket keeps %q", store.last.Query)
	}
}

func TestARedirectInTheLogHoldsNoCode(t *testing.T) {
	t.Parallel()
	code := auth.NewSecret(auth.AuthorizationCode)
	if text := (&oauth.Redirect{Code: code, State: "s"}).Error(); strings.Contains(text, code) {
		t.Errorf("the log would have %q", "redirect with the code itself")
	}
}
