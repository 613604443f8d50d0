package acceptance_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// The answer to a successful request (RFC 6749, 5.1).
func TestRFC6749_5_1_TokenAnswer(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	r := p.Ask(t, p.Exchange(p.Code(t, s.SignedIn(t, s.Owner))))
	wantStatus(t, r, http.StatusOK)
	if got := r.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q, want application/json", got)
	}
	if c, p := r.Header.Get("Cache-Control"), r.Header.Get("Pragma"); c != "no-store" || p != "no-cache" {
		t.Errorf("Cache-Control %q and Pragma %q, want no-store and no-cache", c, p)
	}
	if !strings.HasPrefix(r.Body, "{") { // and so no byte order mark
		t.Errorf("the body begins with %q", r.Body[:3])
	}
	fields := decode[map[string]json.RawMessage](t, r)
	for name, want := range map[string]string{"token_type": `"Bearer"`, "expires_in": "3600", "scope": `"all"`} {
		if got := string(fields[name]); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	checkTokens(t, decode[tokens](t, r), "all")
}

// The scope is echoed as it was asked for, also where it is an alias: libraries
// complain about any other. None at all means everything.
func TestRFC6749_3_3_ScopeIsEchoedAsAsked(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	for asked, want := range map[string]string{"all": "all", "": "all", "fax:user:read": "fax:user:read", "fax:user:edit fax:fax:read": "fax:user:edit fax:fax:read"} {
		got := p.Tokens(t, v, "scope="+asked)
		if got.Scope != want {
			t.Errorf("scope %q is echoed as %q, want %q", asked, got.Scope, want)
		}
		if again := granted(t, p.Ask(t, p.Refresh(got.RefreshToken))); again.Scope != want {
			t.Errorf("scope %q is echoed at the refresh as %q, want %q", asked, again.Scope, want)
		}
	}
}

// A code that comes twice was stolen, from or by the one who came first: what it
// bought is revoked.
func TestRFC6749_4_1_2_CodeReplayRevokesWhatItBought(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	code := p.Code(t, s.SignedIn(t, s.Owner))
	bought := granted(t, p.Ask(t, p.Exchange(code)))
	refreshed := granted(t, p.Ask(t, p.Refresh(bought.RefreshToken)))
	wantStatus(t, p.Self(t, bought.AccessToken), http.StatusOK)

	wantOAuthError(t, p.Ask(t, p.Exchange(code)), http.StatusBadRequest, "invalid_grant")
	wantProblem(t, p.Self(t, bought.AccessToken), http.StatusUnauthorized, "invalid_token")
	wantProblem(t, p.Self(t, refreshed.AccessToken), http.StatusUnauthorized, "invalid_token")
	wantOAuthError(t, p.Ask(t, p.Refresh(bought.RefreshToken)), http.StatusBadRequest, "invalid_grant")
}

// The client is authenticated before the code is used: some libraries try one way of
// authentication and then, with the same code, the other.
func TestRFC6749_4_1_3_ClientIsAuthenticatedBeforeTheCodeIsUsed(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	form := p.Exchange(p.Code(t, s.SignedIn(t, s.Owner))).Encode()
	wrong := s.Call(t, http.MethodPost, "/token", form, asForm, basic(p.ID, "fgs_wrong"))
	wantOAuthError(t, wrong, http.StatusUnauthorized, "invalid_client")
	in := s.Call(t, http.MethodPost, "/token", form+"&client_id="+p.ID+"&client_secret=wrong", asForm)
	wantOAuthError(t, in, http.StatusUnauthorized, "invalid_client")
	none := s.Call(t, http.MethodPost, "/token", form, asForm)
	wantOAuthError(t, none, http.StatusUnauthorized, "invalid_client")

	granted(t, s.Call(t, http.MethodPost, "/token", form+"&client_id="+p.ID+"&client_secret="+p.Secret, asForm))
}

// A code is worth something for its own client, with its own redirect URI. Whoever
// else sends it does not spoil it for its owner.
func TestRFC6749_4_1_3_CodeBelongsToItsClientAndRedirectURI(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect, "--redirect-uri", "https://app.example.com/second")
	thief := s.Program(t, webRedirect)
	public := s.Program(t, webRedirect, "--public")
	code := p.Code(t, s.SignedIn(t, s.Owner))
	for name, r := range map[string]Reply{
		"another client":        thief.Ask(t, thief.Exchange(code)),
		"a public client":       public.Ask(t, public.Exchange(code)),
		"another redirect URI":  p.Ask(t, with(p.Exchange(code), "redirect_uri", "https://app.example.com/second")),
		"a longer redirect URI": p.Ask(t, with(p.Exchange(code), "redirect_uri", webRedirect+"/")),
	} {
		t.Run(name, func(t *testing.T) { wantOAuthError(t, r, http.StatusBadRequest, "invalid_grant") })
	}
	without := p.Exchange(code)
	without.Del("redirect_uri")
	wantOAuthError(t, p.Ask(t, without), http.StatusBadRequest, "invalid_request")
	granted(t, p.Ask(t, p.Exchange(code)))
}

// with is the form with one parameter replaced.
func with(form url.Values, name, value string) url.Values {
	form.Set(name, value)
	return form
}

// A text that is not a code of this server is an invalid grant, whatever is wrong with
// it, and a missing one an invalid request.
func TestRFC6749_5_2_UnknownCodeIsAnInvalidGrant(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	code := p.Code(t, s.SignedIn(t, s.Owner))
	last := "0"
	if strings.HasSuffix(code, "0") {
		last = "1"
	}
	for name, wrong := range map[string]string{
		"cut": code[:len(code)-1], "checksum": code[:len(code)-1] + last, "prefix": "fgr" + code[3:], "made up": "xyz", "unicode": "コード", "never made": neverMade("fgc"),
	} {
		t.Run(name, func(t *testing.T) {
			wantOAuthError(t, p.Ask(t, p.Exchange(wrong)), http.StatusBadRequest, "invalid_grant")
		})
	}
	wantOAuthError(t, p.Ask(t, p.Exchange("")), http.StatusBadRequest, "invalid_request")
	granted(t, p.Ask(t, p.Exchange(code)))
}

// A verifier without a challenge is a downgrade attack (RFC 9700, 4.8.2).
func TestRFC9700_4_8_2_VerifierWithoutAChallengeIsRefused(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	code := p.Code(t, s.SignedIn(t, s.Owner))
	verifier, _ := pkce()
	wantOAuthError(t, p.Ask(t, with(p.Exchange(code), "code_verifier", verifier)), http.StatusBadRequest, "invalid_grant")
	granted(t, p.Ask(t, p.Exchange(code)))
}

// A challenge is answered by its verifier and nothing else.
func TestRFC7636_4_6_ChallengeNeedsItsVerifier(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	for kind, flags := range map[string][]string{"confidential": nil, "public": {"--public"}} {
		t.Run(kind, func(t *testing.T) {
			p := s.Program(t, webRedirect, flags...)
			verifier, challenge := pkce()
			other, _ := pkce()
			code := p.Code(t, v, "code_challenge_method=S256", "code_challenge="+challenge)
			wantOAuthError(t, p.Ask(t, p.Exchange(code)), http.StatusBadRequest, "invalid_grant")
			for name, wrong := range map[string]string{
				"another one": other, "the challenge": challenge, "cut": verifier[:len(verifier)-1], "in lower case": strings.ToLower(verifier),
				"too short": "abc", "too long": strings.Repeat("a", 129), "with a space": verifier + " ",
			} {
				r := p.Ask(t, with(p.Exchange(code), "code_verifier", wrong))
				t.Run(name, func(t *testing.T) { wantOAuthError(t, r, http.StatusBadRequest, "invalid_grant") })
			}
			granted(t, p.Ask(t, with(p.Exchange(code), "code_verifier", verifier)))
		})
	}
}

// form3986 writes every byte that form encoding may encode as a percent triplet.
func form3986(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c == '-' || c == '_' {
			b.WriteString("%" + strings.ToUpper(string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15])))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// Credentials in HTTP Basic come form-encoded as the standard has it, raw as half
// the world sends them, or copied from an article without base64.
func TestRFC6749_2_3_1_BasicCredentialsInEveryEncoding(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	token := p.Tokens(t, s.SignedIn(t, s.Owner)).RefreshToken
	refresh := func(header string) Reply {
		return s.Call(t, http.MethodPost, "/token", p.Refresh(token).Encode(), asForm, "Authorization: "+header)
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(p.ID + ":" + p.Secret))
	for name, header := range map[string]string{
		"raw":                      basic(p.ID, p.Secret)[len("Authorization: "):],
		"form-encoded":             basic(form3986(p.ID), form3986(p.Secret))[len("Authorization: "):],
		"id encoded":               basic(form3986(p.ID), p.Secret)[len("Authorization: "):],
		"secret encoded":           basic(p.ID, form3986(p.Secret))[len("Authorization: "):],
		"scheme in lower":          "basic " + encoded,
		"without padding":          "Basic " + strings.TrimRight(encoded, "="),
		"without base64":           "Basic " + p.ID + ":" + p.Secret,
		"two spaces in the header": "Basic  " + encoded,
	} {
		t.Run(name, func(t *testing.T) { granted(t, refresh(header)) })
	}
	for name, header := range map[string]string{
		"no colon": "Basic " + base64.StdEncoding.EncodeToString([]byte(p.ID)), "no base64, cut": "Basic " + p.ID + ":" + p.Secret[:50],
		"no base64, no id": "Basic user:" + p.Secret, "nothing": "Basic", "bearer": "Bearer " + p.Secret, "too long": "Basic " + strings.Repeat("QUFB", 3000),
	} {
		t.Run(name, func(t *testing.T) {
			r := refresh(header)
			wantOAuthError(t, r, http.StatusUnauthorized, "invalid_client")
			if got := r.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Basic ") {
				t.Errorf("WWW-Authenticate %q, want Basic", got)
			}
		})
	}
	if got := wantOAuthError(t, refresh("Basic "+p.ID+":secret"), http.StatusUnauthorized, "invalid_client"); !strings.Contains(got.ErrorDescription, "base64(client_id:client_secret)") {
		t.Errorf("a header without base64 is explained with %q", got.ErrorDescription)
	}
}

// A client authenticates in one way. The same credentials in both places are no
// doubt; different ones are.
func TestRFC6749_2_3_OneWayOfAuthentication(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	other := s.Program(t, webRedirect)
	token := p.Tokens(t, s.SignedIn(t, s.Owner)).RefreshToken
	ask := func(parameters ...string) Reply {
		form := p.Refresh(token)
		for i := 0; i < len(parameters); i += 2 {
			form.Set(parameters[i], parameters[i+1])
		}
		return s.Call(t, http.MethodPost, "/token", form.Encode(), asForm, basic(p.ID, p.Secret))
	}
	granted(t, ask("client_id", p.ID))
	granted(t, ask("client_id", p.ID, "client_secret", p.Secret))
	for name, r := range map[string]Reply{
		"another secret": ask("client_id", p.ID, "client_secret", other.Secret),
		"another client": ask("client_id", other.ID),
		"both":           ask("client_id", other.ID, "client_secret", other.Secret),
		"an assertion":   ask("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", "x.y.z"),
	} {
		t.Run(name, func(t *testing.T) { wantOAuthError(t, r, http.StatusBadRequest, "invalid_request") })
	}
	twice := s.Call(t, http.MethodPost, "/token", p.Refresh(token).Encode(), asForm, basic(p.ID, p.Secret), basic(other.ID, other.Secret))
	wantOAuthError(t, twice, http.StatusBadRequest, "invalid_request")
}

// withoutID is the body without what differs in every answer.
func (r Reply) withoutID(t *testing.T) string {
	t.Helper()
	fields := decode[map[string]any](t, r)
	delete(fields, "request_id")
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// An unknown client and a wrong secret get the same answer, so that nobody learns
// which ids exist. It challenges whoever tried HTTP Basic.
func TestRFC6749_5_2_WrongClientIs401(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	public := s.Program(t, webRedirect, "--public")
	form := p.Refresh("fgr_x").Encode()
	withBasic := map[string]Reply{
		"unknown client":              s.Call(t, http.MethodPost, "/token", form, asForm, basic("APIK-00000000000000000000", p.Secret)),
		"no client id":                s.Call(t, http.MethodPost, "/token", form, asForm, basic("x", p.Secret)),
		"wrong secret":                s.Call(t, http.MethodPost, "/token", form, asForm, basic(p.ID, public.ID)),
		"no secret":                   s.Call(t, http.MethodPost, "/token", form, asForm, basic(p.ID, "")),
		"public client with a secret": s.Call(t, http.MethodPost, "/token", form, asForm, basic(public.ID, p.Secret)),
	}
	inBody := map[string]Reply{
		"unknown client": s.Call(t, http.MethodPost, "/token", form+"&client_id=APIK-00000000000000000000&client_secret="+p.Secret, asForm),
		"wrong secret":   s.Call(t, http.MethodPost, "/token", form+"&client_id="+p.ID+"&client_secret=wrong", asForm),
		"no secret":      s.Call(t, http.MethodPost, "/token", form+"&client_id="+p.ID, asForm),
	}
	bodies := map[string]bool{}
	for challenged, replies := range map[bool]map[string]Reply{true: withBasic, false: inBody} {
		for name, r := range replies {
			wantOAuthError(t, r, http.StatusUnauthorized, "invalid_client")
			if got := r.Header.Get("WWW-Authenticate"); strings.HasPrefix(got, "Basic ") != challenged {
				t.Errorf("%s: WWW-Authenticate %q; tried HTTP Basic: %t", name, got, challenged)
			}
			bodies[r.withoutID(t)] = true
		}
	}
	if len(bodies) != 1 {
		t.Errorf("the answers differ: %v", bodies)
	}
}

// registered are the error codes of RFC 6749, 5.2, with RFC 7009's.
var registered = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "unsupported_token_type",
}

// Every refusal is JSON with a registered code, kept by no cache, and tells nothing
// of the server's inside.
func TestRFC6749_5_2_ErrorsAreJSONWithARegisteredCode(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	inside := []string{"goroutine", ".go:", "SELECT", "sql", "sqlite", "pgx", "panic", "/v3/", "runtime"}
	for name, form := range map[string]string{
		"nothing": "", "no grant type": "a=b", "unknown grant": "grant_type=urn:x:y", "no code": "grant_type=authorization_code",
		"no refresh token": "grant_type=refresh_token", "quote": "grant_type=refresh_token&refresh_token='%20OR%201=1--",
		"NUL": "grant_type=refresh_token&refresh_token=%00", "no UTF-8": "grant_type=refresh_token&refresh_token=%ff%fe", "bad percent": "grant_type=%zz",
		"long": "grant_type=refresh_token&refresh_token=" + strings.Repeat("a", 60000), "quotes": `grant_type="\"`, "line breaks": "grant_type=a%0d%0aX-Evil:%201",
		"unknown scope": "grant_type=refresh_token&refresh_token=x&scope=%22",
	} {
		t.Run(name, func(t *testing.T) {
			r := s.Call(t, http.MethodPost, "/token", form, asForm, basic(p.ID, p.Secret))
			wantStatus(t, r, http.StatusBadRequest)
			got := decode[tokens](t, r)
			if !slices.Contains(registered, got.Error) || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %s %v\n%s", name, got.Error, r.Header, r.Body)
			}
			for _, c := range got.ErrorDescription { // RFC 6749, 5.2: %x20-21 / %x23-5B / %x5D-7E
				if c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
					t.Errorf("%s: the description has %q", name, c)
				}
			}
			for _, word := range inside {
				if strings.Contains(r.Body, word) {
					t.Errorf("%s: the body tells %q: %s", name, word, r.Body)
				}
			}
		})
	}
}

// The token endpoint is POST only (RFC 6749, 3.2).
func TestRFC6749_3_2_TokenEndpointIsPOSTOnly(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	code := p.Code(t, s.SignedIn(t, s.Owner))
	for _, path := range []string{"/token", "/oauth/token", "/oauth/revoke", "/oauth/introspect"} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodPatch} {
			r := s.Call(t, method, path+"?"+p.Exchange(code).Encode(), "", basic(p.ID, p.Secret))
			if r.Status != http.StatusMethodNotAllowed || r.Header.Get("Allow") != "POST" {
				t.Errorf("%s %s: %d, Allow %q, want 405 and POST", method, path, r.Status, r.Header.Get("Allow"))
			}
		}
	}
	granted(t, p.Ask(t, p.Exchange(code)))
}

// The password grant, the implicit grant and the client's own grant are absent.
func TestRFC9700_2_4_OtherGrantsAreAbsent(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	for _, grant := range []string{
		"password", "client_credentials", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer", "Authorization_Code",
	} {
		form := url.Values{"grant_type": {grant}, "username": {s.Owner.Email}, "password": {s.Owner.Password}}
		wantOAuthError(t, p.Ask(t, form), http.StatusBadRequest, "unsupported_grant_type")
	}
}
