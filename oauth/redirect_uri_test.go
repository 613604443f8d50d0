package oauth_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/oauth"
)

func TestRFC6749_3_1_2_WhatMayBeRegistered(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{
		"https://app.example/cb",
		"https://app.example",
		"https://app.example:8443/cb?tenant=1&x=%2F",
		"https://192.168.1.10/cb",
		"https://[2001:db8::1]/cb",
		"https://xn--r8jz45g.example/",
		"http://localhost:8080/cb/", // the samples register this one
		"http://127.0.0.1/cb",
		"http://127.0.0.1:0/cb",
		"http://[::1]:8080/",
		"com.example.app:/oauth2redirect", // RFC 8252 7.1
		"com.example.app://oauth",
		"com.example.app:cb",
	} {
		if err := oauth.CheckRedirectURI(uri, false); err != nil {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

func TestRFC6749_3_1_2_WhatMayNotBeRegistered(t *testing.T) {
	t.Parallel()
	for uri, code := range map[string]string{
		"":                                     "redirect_uri_missing",
		"/cb":                                  "redirect_uri_not_absolute",
		"app.example/cb":                       "redirect_uri_not_absolute",
		"//app.example/cb":                     "redirect_uri_not_absolute",
		"https:/cb":                            "redirect_uri_not_absolute",
		"https:cb":                             "redirect_uri_not_absolute",
		"https://":                             "redirect_uri_not_absolute",
		"https://:443/cb":                      "redirect_uri_not_absolute",
		"https://app.example/%zz":              "redirect_uri_not_absolute",
		"http:///cb":                           "redirect_uri_not_absolute",
		"http://a;x/":                          "redirect_uri_host", // it would end a directive of the policy
		"https://a;x/":                         "redirect_uri_host",
		"http://a,b/":                          "redirect_uri_host",
		"http://*.example/":                    "redirect_uri_host",
		"https://'self'/":                      "redirect_uri_host",
		"http://[::1%25lo]/":                   "redirect_uri_host",
		"https://app.example/cb#":              "redirect_uri_fragment",
		"https://app.example/cb#top":           "redirect_uri_fragment",
		"com.example.app:/cb#x":                "redirect_uri_fragment",
		"https://user@app.example/cb":          "redirect_uri_userinfo",
		"https://user:pass@app.example/":       "redirect_uri_userinfo",
		"https://@app.example/cb":              "redirect_uri_userinfo",
		"http://app.example/cb":                "redirect_uri_http",
		"http://192.168.1.10:3000/cb":          "redirect_uri_http",
		"http://localhost.evil.example/":       "redirect_uri_http",
		"http://127.0.0.1.evil.example/":       "redirect_uri_http",
		"http://127.1/cb":                      "redirect_uri_http",
		"http://0.0.0.0/cb":                    "redirect_uri_http",
		"HTTP://app.example/cb":                "redirect_uri_http",
		"javascript:alert(1)":                  "redirect_uri_scheme",
		"data:text/html,x":                     "redirect_uri_scheme",
		"myapp:/cb":                            "redirect_uri_scheme", // RFC 8252 7.1: a domain in reverse
		"file:///etc/passwd":                   "redirect_uri_scheme",
		"urn:ietf:wg:oauth:2.0:oob":            "redirect_uri_scheme",
		"https://app.example/a b":              "redirect_uri_characters",
		"https://app.example/\n":               "redirect_uri_characters",
		"https://app.example/\x00":             "redirect_uri_characters",
		"https://app.example/状態":               "redirect_uri_characters",
		"https://app.example/\xff":             "redirect_uri_characters",
		`https://app.example\@evil.net/`:       "redirect_uri_characters",
		"https://app.example/<script>":         "redirect_uri_characters",
		"https://a/" + string(make([]byte, 1)): "redirect_uri_characters",
		"https://app.example/" + strings.Repeat("a", 2000): "redirect_uri_too_long",
	} {
		e := fault.Of(oauth.CheckRedirectURI(uri, false))
		if e == nil || e.Code != code || e.Kind != fault.Invalid || e.Field != "redirect_uri" {
			t.Errorf("%.60q: %v, want %s", uri, e, code)
		}
	}
}

// Existing clients live on addresses of a local network: the owner may confirm
// that the code crosses it in the clear, and nothing else.
func TestRFC9700_2_1_PlainHTTPNeedsAConfirmation(t *testing.T) {
	t.Parallel()
	err := oauth.CheckRedirectURI("http://192.168.1.10:3000/cb", false)
	if !oauth.RequiresHTTPConfirmation(err) {
		t.Errorf("%v cannot be confirmed", err)
	}
	if err := oauth.CheckRedirectURI("http://192.168.1.10:3000/cb", true); err != nil {
		t.Errorf("confirmed: %v", err)
	}
	for _, uri := range []string{"http://user@app.example/", "http://app.example/#", "javascript:alert(1)", "http://"} {
		err := oauth.CheckRedirectURI(uri, true)
		if err == nil || oauth.RequiresHTTPConfirmation(err) {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

func TestRFC9700_2_1_RedirectURIsAreComparedAsTheyAre(t *testing.T) {
	t.Parallel()
	registered := []string{"https://app.example/cb", "http://localhost:8080/cb/", "com.example.app:/cb"}
	for _, uri := range registered {
		if !oauth.MatchRedirectURI(registered, uri) {
			t.Errorf("%s is not itself", uri)
		}
	}
	for name, uri := range map[string]string{
		"another case of the host":   "https://APP.example/cb",
		"another case of the path":   "https://app.example/CB",
		"another case of the scheme": "HTTPS://app.example/cb",
		"a slash at the end":         "https://app.example/cb/",
		"an extra query":             "https://app.example/cb?x=1",
		"an empty query":             "https://app.example/cb?",
		"an empty fragment":          "https://app.example/cb#",
		"a path that climbs":         "https://app.example/cb/../cb",
		"userinfo":                   "https://app.example@evil.example/cb",
		"an encoded dot":             "https://app%2eexample/cb",
		"an encoded letter":          "https://app.example/%63b",
		"a sub-domain":               "https://x.app.example/cb",
		"the default port":           "https://app.example:443/cb",
		"plain http":                 "http://app.example/cb",
		"another port of localhost":  "http://localhost:9090/cb/", // RFC 8252 8.3: a name may lead elsewhere
		"localhost for 127.0.0.1":    "http://127.0.0.1:8080/cb/",
		"a prefix":                   "https://app.example/c",
		"nothing":                    "",
	} {
		if oauth.MatchRedirectURI(registered, uri) {
			t.Errorf("%s: %s is taken", name, uri)
		}
	}
	if oauth.MatchRedirectURI(nil, "https://app.example/cb") {
		t.Error("a client without redirect URIs has one")
	}
}

func TestRFC8252_7_3_OnlyThePortOfALoopbackAddressMayVary(t *testing.T) {
	t.Parallel()
	registered := []string{"http://127.0.0.1/cb", "http://[::1]:4000/cb?a=b"}
	for _, uri := range []string{
		"http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", "http://127.0.0.1:1/cb",
		"http://[::1]:4000/cb?a=b", "http://[::1]/cb?a=b", "http://[::1]:65535/cb?a=b",
	} {
		if !oauth.MatchRedirectURI(registered, uri) {
			t.Errorf("%s is refused", uri)
		}
	}
	for _, uri := range []string{
		"http://127.0.0.1:51004/cb/", "http://127.0.0.1:51004/cb?", "http://127.0.0.1:51004/", "http://127.0.0.1:51004",
		"http://127.0.0.2:51004/cb", "http://[::1]:51004/cb", "http://127.0.0.1:51004/cb?a=b",
		"https://127.0.0.1:51004/cb", "http://localhost:51004/cb", "http://127.0.0.1:/cb",
		"http://127.0.0.1:123456/cb", "http://127.0.0.1:80a/cb", "http://127.0.0.1:-1/cb",
		"http://127.0.0.1:80@evil.example/cb", "http://127.0.0.1@evil.example/cb",
		"http://127.0.0.1.evil.example/cb", "http://127.0.0.1:51004#/cb", "http://127.0.0.1:51004/cb#",
		"http://127.0.0.1:80:80/cb", `http://127.0.0.1:80\cb`, "http://0177.0.0.1/cb", "http://[0:0::1]/cb?a=b",
	} {
		if oauth.MatchRedirectURI(registered, uri) {
			t.Errorf("%s is taken", uri)
		}
	}
}

// A name that only begins like a loopback address is not one: its port must be as
// registered.
func TestRFC8252_7_3_ANameThatBeginsLikeALoopbackAddressHasNoPortToVary(t *testing.T) {
	t.Parallel()
	registered := []string{"http://127.0.0.1.evil.example/cb", "http://[::1]x/cb"}
	for _, uri := range []string{"http://127.0.0.1:80.evil.example/cb", "http://[::1]:80x/cb"} {
		if oauth.MatchRedirectURI(registered, uri) {
			t.Errorf("%s is taken", uri)
		}
	}
}

func TestTheOwnerIsShownTheNearestRegisteredURI(t *testing.T) {
	t.Parallel()
	registered := []string{"https://app.example/cb", "https://staging.app.example/cb"}
	if got := oauth.NearestRedirectURI(registered, "https://staging.app.example/callback"); got != registered[1] {
		t.Errorf("nearest is %s", got)
	}
	if got := oauth.NearestRedirectURI(nil, "https://app.example/"); got != "" {
		t.Errorf("nearest of none is %s", got)
	}
}

// FuzzRedirectURI holds the comparison: what is taken is the registered one to the
// letter, or differs from it in the port of a loopback address alone.
func FuzzRedirectURI(f *testing.F) {
	f.Add("https://app.example/cb", "https://app.example/cb")
	f.Add("http://127.0.0.1/cb", "http://127.0.0.1:8080/cb")
	f.Add("http://[::1]:1/", "http://[::1]:2/")
	f.Add("http://127.0.0.1:1/cb", "http://127.0.0.1:80@evil.example/cb")
	f.Add("com.example.app:/cb", "com.example.app:/cb#")
	f.Fuzz(func(t *testing.T, registered, uri string) {
		if oauth.CheckRedirectURI(registered, true) != nil {
			return // it never gets into the list
		}
		if !oauth.MatchRedirectURI([]string{registered}, uri) {
			if uri == registered {
				t.Errorf("%q is not itself", uri)
			}
			return
		}
		if uri == registered {
			return
		}
		a, err1 := url.Parse(registered)
		b, err2 := url.Parse(uri)
		if err1 != nil || err2 != nil {
			t.Fatalf("%q matches %q: %v, %v", uri, registered, err1, err2)
		}
		if a.Scheme != "http" || a.Hostname() != "127.0.0.1" && a.Hostname() != "::1" || b.User != nil || b.Fragment != "" {
			t.Fatalf("%q matches %q", uri, registered)
		}
		a.Host, b.Host = a.Hostname(), b.Hostname()
		if a.String() != b.String() {
			t.Errorf("%q matches %q", uri, registered)
		}
	})
}
