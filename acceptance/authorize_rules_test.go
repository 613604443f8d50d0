package acceptance_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// wantPage ends the test unless the reply is a page for a person with this status:
// an authorization request that must not redirect ends so (RFC 6749, 4.1.2.1).
func wantPage(t *testing.T, r Reply, status int) {
	t.Helper()
	wantStatus(t, r, status)
	if to := r.Header.Get("Location"); to != "" {
		t.Errorf("%s redirects to %s, want a page", r.URL, to)
	}
	if got := r.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/html") {
		t.Errorf("%s: Content-Type %q, want a page", r.URL, got)
	}
}

// wantNoRedirect is wantPage of an authorization request with a bad redirect URI,
// from somebody who is signed in and from somebody who is not.
func (p *Program) wantNoRedirect(t *testing.T, v *Visitor, q url.Values) {
	t.Helper()
	for _, who := range []*Visitor{v, p.server.Visitor(t)} {
		wantPage(t, who.Get(t, "/login?"+q.Encode()), http.StatusBadRequest)
		wantPage(t, who.Get(t, "/oauth/authorize?"+q.Encode()), http.StatusBadRequest)
	}
}

// The redirect URI of a request equals a registered one to the letter. Every near
// miss is a page, never a redirect: whoever controls the other URI would get the code.
func TestRFC9700_2_1_RedirectURIIsComparedExactly(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, "https://app.example.com/callback?tenant=1")
	for name, uri := range map[string]string{
		"case of the host":   "https://APP.example.com/callback?tenant=1",
		"case of the path":   "https://app.example.com/Callback?tenant=1",
		"case of the scheme": "HTTPS://app.example.com/callback?tenant=1",
		"trailing slash":     "https://app.example.com/callback/?tenant=1",
		"further query":      "https://app.example.com/callback?tenant=1&next=2",
		"other query":        "https://app.example.com/callback?tenant=2",
		"no query":           "https://app.example.com/callback",
		"dots in the path":   "https://app.example.com/x/../callback?tenant=1",
		"longer path":        "https://app.example.com/callback/..%2Fevil?tenant=1",
		"user name":          "https://app.example.com@evil.example/callback?tenant=1",
		"user name before":   "https://evil@app.example.com/callback?tenant=1",
		"encoded dot":        "https://app%2eexample.com/callback?tenant=1",
		"encoded letter":     "https://app.example.com/c%61llback?tenant=1",
		"sub-domain":         "https://evil.app.example.com/callback?tenant=1",
		"longer domain":      "https://app.example.com.evil.example/callback?tenant=1",
		"other port":         "https://app.example.com:8443/callback?tenant=1",
		"default port":       "https://app.example.com:443/callback?tenant=1",
		"other scheme":       "http://app.example.com/callback?tenant=1",
		"fragment":           "https://app.example.com/callback?tenant=1#x",
		"space before":       " https://app.example.com/callback?tenant=1",
		"line break after":   "https://app.example.com/callback?tenant=1\n",
		"backslash":          `https://evil.example\@app.example.com/callback?tenant=1`,
		"relative":           "/callback?tenant=1",
		"script":             "javascript:alert(1)",
	} {
		t.Run(name, func(t *testing.T) { p.wantNoRedirect(t, v, p.Request("redirect_uri="+uri)) })
	}
	consent := p.Authorize(t, v)
	if !consent.HasButton(t, "Allow") {
		t.Errorf("the registered URI itself is not accepted: %d\n%s", consent.Status, consent.Text(t))
	}
}

// A program on the person's own machine takes whatever port is free; nothing else of
// its redirect URI may vary, and a host name is not a loopback address.
func TestRFC8252_7_3_OnlyThePortOfALoopbackAddressMayVary(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, "http://127.0.0.1:1234/cb", "--redirect-uri", "http://[::1]/cb", "--redirect-uri", "http://localhost:1234/cb")
	for _, uri := range []string{"http://127.0.0.1:1234/cb", "http://127.0.0.1:50000/cb", "http://127.0.0.1/cb", "http://[::1]:50000/cb", "http://localhost:1234/cb"} {
		if r := p.Authorize(t, v, "redirect_uri="+uri); !r.HasButton(t, "Allow") {
			t.Errorf("%s is refused: %d\n%s", uri, r.Status, r.Text(t))
		}
	}
	for _, uri := range []string{
		"http://localhost:50000/cb", "http://127.0.0.1:50000/cb/", "http://127.0.0.1:50000/cb?x=1", "https://127.0.0.1:1234/cb",
		"http://127.0.0.2:1234/cb", "http://127.0.0.1:1234@evil.example/cb", "http://127.0.0.1.evil.example:1234/cb",
		"http://127.0.0.1:999999/cb", "http://127.0.0.1:/cb", "http://2130706433:1234/cb",
	} {
		p.wantNoRedirect(t, v, p.Request("redirect_uri="+uri))
	}
}

// While the client or the redirect URI is in doubt nobody is redirected anywhere.
func TestRFC6749_4_1_2_1_UnknownClientNeverRedirects(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	for name, change := range map[string]func(q url.Values){
		"unknown client":         func(q url.Values) { q.Set("client_id", "APIK-00000000000000000000") },
		"no client":              func(q url.Values) { q.Del("client_id") },
		"client id in lower":     func(q url.Values) { q.Set("client_id", strings.ToLower(p.ID)) },
		"client id repeated":     func(q url.Values) { q.Add("client_id", p.ID) },
		"two clients":            func(q url.Values) { q.Add("client_id", "APIK-00000000000000000000") },
		"no redirect URI":        func(q url.Values) { q.Del("redirect_uri") },
		"empty redirect URI":     func(q url.Values) { q.Set("redirect_uri", "") },
		"redirect URI repeated":  func(q url.Values) { q.Add("redirect_uri", webRedirect) },
		"two redirect URIs":      func(q url.Values) { q.Add("redirect_uri", "https://evil.example/") },
		"redirect URI not UTF-8": func(q url.Values) { q.Set("redirect_uri", webRedirect+"\xff") },
		"everything wrong":       func(q url.Values) { q.Set("client_id", "x"); q.Set("response_type", "x") },
	} {
		t.Run(name, func(t *testing.T) {
			q := p.Request()
			change(q)
			p.wantNoRedirect(t, v, q)
		})
	}
}

// A deleted client is an unknown one.
func TestRFC6749_4_1_2_1_DeletedClientNeverRedirects(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	consent := p.Authorize(t, v)
	s.Admin(t, "client", "delete", "--client-id", p.ID)
	link := "/login?" + p.Request().Encode()
	r := wantSoon(t, func() Reply { return v.Get(t, link) }, func(r Reply) bool { return r.Status == http.StatusBadRequest })
	wantPage(t, r, http.StatusBadRequest)
	wantPage(t, v.Press(t, consent, "Allow", nil), http.StatusBadRequest)
}

// S256 is the only challenge method, and an absent method means plain.
func TestRFC7636_4_3_OnlyS256(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	_, challenge := pkce()
	for name, parameters := range map[string][]string{
		"no method":           {"code_challenge=" + challenge},
		"plain":               {"code_challenge=" + challenge, "code_challenge_method=plain"},
		"method in lower":     {"code_challenge=" + challenge, "code_challenge_method=s256"},
		"method alone":        {"code_challenge_method=S256"},
		"challenge too short": {"code_challenge=" + challenge[1:], "code_challenge_method=S256"},
		"challenge too long":  {"code_challenge=" + challenge + "A", "code_challenge_method=S256"},
		"padded challenge":    {"code_challenge=" + challenge + "=", "code_challenge_method=S256"},
		"no base64url":        {"code_challenge=" + strings.Repeat("+", 43), "code_challenge_method=S256"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := p.Refused(t, p.Authorize(t, v, parameters...)); got != "invalid_request" {
				t.Errorf("error %q, want invalid_request", got)
			}
		})
	}
	if r := p.Authorize(t, v, "code_challenge="+challenge, "code_challenge_method=S256"); !r.HasButton(t, "Allow") {
		t.Errorf("an S256 challenge is refused: %d\n%s", r.Status, r.Text(t))
	}
}

// A public client cannot do without PKCE.
func TestRFC9700_2_1_1_PublicClientNeedsAChallenge(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect, "--public")
	if got := p.Refused(t, p.Authorize(t, v)); got != "invalid_request" {
		t.Errorf("error %q, want invalid_request", got)
	}
	if got := p.Tokens(t, v); got.AccessToken == "" {
		t.Error("with a challenge it gets no token")
	}
}

// state comes back byte for byte, with a code as with an error, and only if it was
// sent.
func TestRFC6749_4_1_2_StateComesBackByteForByte(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p, asked := s.Program(t, webRedirect), s.Program(t, appRedirect)
	p.Code(t, v) // from now on the consent is remembered
	for name, state := range map[string]string{
		"none":      "",
		"plain":     "xyzABC123",
		"unicode":   "状態🖷é\u0301",
		"reserved":  "a+b c&d=e/f?g#h;i,j%k%41%",
		"html":      `"><script>alert('1')</script>`,
		"spaces":    "  two  ",
		"controls":  "a\tb\r\nc\x7f",
		"2 KB":      strings.Repeat("0123456789abcdef", 128),
		"base64url": "eyJyIjoiaHR0cHM6Ly9hLmIifQ==",
	} {
		t.Run(name, func(t *testing.T) {
			p.wantState(t, p.Authorize(t, v, "state="+state), state)
			p.wantState(t, p.Authorize(t, v, "state="+state, "response_type=token"), state)
			asked.wantState(t, v.Press(t, asked.Authorize(t, v, "state="+state), "Allow", nil), state)
			asked.wantState(t, v.Press(t, asked.Authorize(t, v, "state="+state), "Cancel", nil), state)
		})
	}
}

// A state that no program needs is refused, and not sent back.
func TestRFC6749_4_1_2_OverlongStateIsRefused(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	r := p.Authorize(t, s.SignedIn(t, s.Owner), "state="+strings.Repeat("x", 5000))
	if back := p.Back(t, r); back.Get("error") != "invalid_request" || back.Has("state") {
		t.Errorf("the program is called back with %v, want invalid_request without a state", back)
	}
}

func (p *Program) wantState(t *testing.T, r Reply, want string) {
	t.Helper()
	back := p.Back(t, r)
	if got := back.Get("state"); got != want || back.Has("state") != (want != "") {
		t.Errorf("state %q came back (there: %t), want %q", got, back.Has("state"), want)
	}
}

// Every redirect names its issuer as the metadata writes it, so that a client of
// several servers cannot be led to mix them up.
func TestRFC9207_2_EveryRedirectNamesItsIssuer(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	want := s.metadata(t).Issuer
	for name, r := range map[string]Reply{
		"cancel":     v.Press(t, p.Authorize(t, v), "Cancel", nil),
		"allow":      v.Press(t, p.Authorize(t, v), "Allow", nil),
		"remembered": p.Authorize(t, v),
		"error":      p.Authorize(t, v, "scope=nonsense"),
	} {
		if got := p.Back(t, r)["iss"]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: iss %q, want %q", name, got, want)
		}
	}
}

// The implicit grant and its relatives are gone: there is one response type.
func TestRFC9700_2_1_2_OnlyTheCodeResponseType(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	for _, kind := range []string{"token", "id_token", "code token", "none", "CODE", "code "} {
		if got := p.Refused(t, p.Authorize(t, v, "response_type="+kind)); got != "unsupported_response_type" {
			t.Errorf("response_type=%s: error %q, want unsupported_response_type", kind, got)
		}
	}
	if got := p.Refused(t, p.Authorize(t, v, "response_type=")); got != "invalid_request" {
		t.Errorf("no response_type: error %q, want invalid_request", got)
	}
	for _, mode := range []string{"fragment", "form_post"} {
		if got := p.Refused(t, p.Authorize(t, v, "response_mode="+mode)); got != "invalid_request" {
			t.Errorf("response_mode=%s: error %q, want invalid_request", mode, got)
		}
	}
}

// A parameter comes once at most; those that nobody here knows are ignored.
func TestRFC6749_3_1_ParametersComeOnce(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	_, challenge := pkce()
	full := []string{"state=x", "code_challenge_method=S256", "code_challenge=" + challenge}
	for _, name := range []string{"response_type", "scope", "state", "code_challenge", "code_challenge_method"} {
		q := p.Request(full...)
		q.Add(name, q.Get(name))
		if got := p.Refused(t, v.Open(t, "/login?"+q.Encode())); got != "invalid_request" {
			t.Errorf("%s twice: error %q, want invalid_request", name, got)
		}
	}
	q := p.Request(full...)
	q["unknown"], q["nonce"], q["redirect_uri[]"] = []string{"1", "2"}, []string{"x"}, []string{"https://evil.example/"}
	if r := v.Open(t, "/login?"+q.Encode()); !r.HasButton(t, "Allow") {
		t.Errorf("unknown parameters are not ignored: %d\n%s", r.Status, r.Text(t))
	}
}

// An unknown scope is refused, with the name that was probably meant.
func TestRFC6749_3_3_UnknownScopeNamesTheNearest(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	for asked, nearest := range map[string]string{
		"fax:use:read": "fax:user:read", "fax:faxes:edit": "fax:fax:edit", "ALL": "all", "fax:user:read fax:webhooks:read": "fax:webhook:read",
	} {
		back := p.Back(t, p.Authorize(t, v, "scope="+asked))
		if back.Get("error") != "invalid_scope" || !strings.Contains(back.Get("error_description"), nearest) {
			t.Errorf("scope %q: %v, want invalid_scope that names %s", asked, back, nearest)
		}
	}
	if got := p.Refused(t, p.Authorize(t, v, "scope=fax:shop:read")); got != "invalid_scope" {
		t.Errorf("a scope that is known and never offered: error %q, want invalid_scope", got)
	}
}

// After a form with credentials comes a 303: a 307 would make the browser send the
// password on to the client.
func TestRFC9700_4_12_AfterAFormComes303(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.Visitor(t)
	p := s.Program(t, webRedirect)
	wantStatus(t, v.SignInAt(t, p.Authorize(t, v), s.Owner), http.StatusSeeOther)
	wantStatus(t, v.Press(t, p.Authorize(t, v), "Cancel", nil), http.StatusSeeOther)
	wantStatus(t, v.Press(t, p.Authorize(t, v), "Allow", nil), http.StatusSeeOther)

	// Where the consent is remembered, the sign-in is the last form before the code.
	again := s.Visitor(t)
	r := again.SignInAt(t, p.Authorize(t, again), s.Owner)
	wantStatus(t, r, http.StatusSeeOther)
	last := again.settle(t, r)
	wantStatus(t, last, http.StatusSeeOther)
	if p.Back(t, last).Get("code") == "" {
		t.Errorf("no code after the sign-in: %s", last.Header.Get("Location"))
	}
}

// No page of another origin may read what a cookie opens.
func TestRFC9700_2_6_NoCrossOriginAnswersOnPages(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, "https://spa.example.com/cb", "--public") // even an origin that may call /token
	for _, path := range []string{"/login", "/login?" + p.Request().Encode(), "/oauth/authorize?" + p.Request().Encode(), "/consent", "/", "/profile", "/logout"} {
		for _, method := range []string{http.MethodGet, http.MethodOptions} {
			r := v.Do(t, method, path, "", "Origin: https://spa.example.com", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type")
			for name := range r.Header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s answers with %s: %s", method, path, name, r.Header.Get(name))
				}
			}
		}
	}
}

// return_to leads to a page of this server, whatever is written into it.
func TestRFC9700_4_11_2_SignInIsNoOpenRedirector(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	signedIn := s.SignedIn(t, s.Owner)
	for _, target := range []string{
		"//evil.example", `\\evil.example`, `/\evil.example`, "https:evil.example", "https://evil.example/", "http:///evil.example",
		"///evil.example", "/%2F/evil.example", "/%5Cevil.example", "\t//evil.example", "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)",
		"evil.example", "@evil.example", ".evil.example", s.URL + ".evil.example/", s.URL + "@evil.example/",
	} {
		s.wantLocal(t, signedIn.Get(t, "/login?return_to="+url.QueryEscape(target)), target)
	}
	for _, target := range []string{"//evil.example", "https://evil.example/", `/\evil.example`} {
		v := s.Visitor(t)
		page := v.Get(t, "/login?return_to="+url.QueryEscape(target))
		s.wantLocal(t, v.SignInAt(t, page, s.Owner), target)
	}
	if r := signedIn.Get(t, "/login?return_to=%2Fprofile"); r.Header.Get("Location") != "/profile" {
		t.Errorf("return_to=/profile leads to %q", r.Header.Get("Location"))
	}
}

// wantLocal ends the test unless a browser that follows the redirect stays, also if a
// proxy decodes it on the way.
func (s *Server) wantLocal(t *testing.T, r Reply, target string) {
	t.Helper()
	wantStatus(t, r, http.StatusSeeOther)
	location := r.Header.Get("Location")
	decoded, err := url.PathUnescape(location)
	if err != nil {
		t.Fatal(err)
	}
	for _, seen := range []string{location, decoded} {
		seen = strings.NewReplacer(`\`, "/", "\t", "", "\r", "", "\n", "").Replace(seen) // as the URL standard has it
		if !strings.HasPrefix(seen, "/") || strings.HasPrefix(seen, "//") {
			t.Errorf("return_to=%q leads to %q, want a page of this server", target, location)
		}
	}
}
