package oauth_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/oauth"
)

// RFC 6749 3.1, 3.2: parameters sent without a value count as omitted, unknown
// ones are ignored.
func TestRFC6749_3_2_ParametersAreReadFromBodyAndQuery(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, query, body string
		want              url.Values
	}{
		{"from the body", "", "grant_type=refresh_token&refresh_token=x", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}},
		{"from the query", "grant_type=refresh_token&refresh_token=x", "", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}},
		{"from both, some here, some there", "grant_type=x&client_id=a", "code=c", url.Values{"grant_type": {"x"}, "client_id": {"a"}, "code": {"c"}}},
		{"from both, equal", "grant_type=x&code=c", "code=c&grant_type=x", url.Values{"grant_type": {"x"}, "code": {"c"}}},
		{"empty ones are absent", "code=", "code=c&state=", url.Values{"code": {"c"}}},
		{"unknown ones are ignored, even twice", "x=1&x=2", "y=%ff&code=c", url.Values{"code": {"c"}}},
		{"encoded", "", "redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fa%3Db%26c&scope=fax%3Aall%3Aread+fax:fax:edit", url.Values{
			"redirect_uri": {"https://app.example/cb?a=b&c"}, "scope": {"fax:all:read fax:fax:edit"},
		}},
		{"unicode", "", "state=%E7%8A%B6%E6%85%8B", url.Values{"state": {"状態"}}},
		{"without a sign", "", "code&grant_type=x", url.Values{"grant_type": {"x"}}},
		{"names are encoded, too", "", "%63ode=c", url.Values{"code": {"c"}}},
		{"names keep their case", "", "Code=c", url.Values{}},
		{"separators without anything", "&&", "&code=c&&", url.Values{"code": {"c"}}},
		{"nothing", "", "", url.Values{}},
	} {
		f, err := oauth.ParseForm(tt.query, tt.body)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		for _, p := range oauth.ParameterNames() {
			if f.Get(p) != tt.want.Get(p) {
				t.Errorf("%s: %s = %q, want %q", tt.name, p, f.Get(p), tt.want.Get(p))
			}
		}
	}
}

func TestRFC6749_3_2_WhatIsWrongWithParametersIsSaid(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, query, body, say string
	}{
		{"repeated in the body", "", "code=a&code=b", "code is repeated"},
		{"repeated with the same value", "", "code=a&code=a", "code is repeated"},
		{"repeated in the query", "state=a&state=a", "", "state is repeated"},
		{"another value in each place", "code=a", "code=b", "one value in the query string and another one in the body"},
		{"the secret in the query", "client_secret=s", "", "must not stand in the URL"},
		{"the secret in both places", "client_secret=s", "client_secret=s", "must not stand in the URL"},
		{"a password in the query", "password=p", "", "must not stand in the URL"},
		{"an assertion in the query", "client_assertion=a", "", "must not stand in the URL"},
		{"bad percent", "", "code=%zz", "code is not form-encoded"},
		{"a percent at the end", "", "code=100%", "code is not form-encoded"},
		{"bad percent in a name", "", "co%zde=x", "name is not form-encoded"},
		{"no UTF-8", "", "code=%ff%fe", "code is not UTF-8"},
		{"half a character", "", "state=%E7%8A", "state is not UTF-8"},
		{"raw bytes", "", "scope=\xff", "scope is not UTF-8"},
		{"a surrogate", "", "state=%ED%A0%80", "state is not UTF-8"},
		{"NUL", "", "code=a%00b", "code is not UTF-8 text"},
	} {
		f, err := oauth.ParseForm(tt.query, tt.body)
		var e *oauth.Error
		if !errors.As(err, &e) || e.Code != oauth.InvalidRequest || !strings.Contains(e.Description, tt.say) {
			t.Errorf("%s: %v, want …%s…", tt.name, err, tt.say)
			continue
		}
		for _, p := range []string{"code", "state", "client_secret", "password", "scope"} {
			if f.Get(p) != "" {
				t.Errorf("%s: %s keeps a value that is in doubt", tt.name, p)
			}
		}
	}
}

// RFC 6749 4.1.2.1: with a client and a redirect URI that are beyond doubt, the
// error can go back to the client.
func TestRFC6749_4_1_2_1_WhatIsBeyondDoubtIsKept(t *testing.T) {
	t.Parallel()
	f, err := oauth.ParseForm("client_id=APIK-1&redirect_uri=https://app.example/cb&scope=a&scope=b&state=s", "")
	if err == nil || f.Get("client_id") != "APIK-1" || f.Get("redirect_uri") == "" || f.Get("state") != "s" || f.Get("scope") != "" {
		t.Errorf("kept: client_id %q, scope %q; %v", f.Get("client_id"), f.Get("scope"), err)
	}
	f, _ = oauth.ParseForm("client_id=APIK-1&redirect_uri=https://a.example/&redirect_uri=https://b.example/", "")
	if f.Get("redirect_uri") != "" {
		t.Error("of two redirect URIs one is kept")
	}
}

// The reading ends at the limit: what is wrong with later parameters is not looked at.
func TestTenThousandParametersAreNotRead(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"unknown ones": strings.Repeat("a=b&", 10_000),
		"empty ones":   strings.Repeat("&", 10_000),
		"known ones":   strings.Repeat("code=c&", 10_000),
		"broken ones":  strings.Repeat("a=b&", oauth.MaxParameters) + strings.Repeat("code=%zz&", 10_000),
	} {
		f, err := oauth.ParseForm("client_id=APIK-1", body)
		var e *oauth.Error
		if !errors.As(err, &e) || e.Code != oauth.InvalidRequest || !strings.HasPrefix(e.Description, "More than") {
			t.Errorf("%s: %v", name, err)
		}
		if f.Get("client_id") != "" {
			t.Errorf("%s: something is kept", name)
		}
	}
	if _, err := oauth.ParseForm("", strings.Repeat("a=b&", oauth.MaxParameters)); err != nil {
		t.Errorf("as many as are allowed: %v", err)
	}
}

func TestTheFormKnowsWhatCameInTheQuery(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		query, body string
		want        bool
	}{
		{"", "code=c", false},
		{"code=c", "", true},
		{"utm=x&code=", "code=c", false}, // nothing that counts
		{"code=c", "code=c", true},
	} {
		if f, _ := oauth.ParseForm(tt.query, tt.body); f.FromQuery() != tt.want {
			t.Errorf("%q, %q: %t", tt.query, tt.body, f.FromQuery())
		}
	}
}

// FuzzForm holds the reader of parameters against net/url's: what it takes is
// there once, as net/url reads it, and never a secret of the query.
func FuzzForm(f *testing.F) {
	f.Add("grant_type=refresh_token&refresh_token=x", "")
	f.Add("code=a", "code=b&client_secret=s")
	f.Add("state=%E7%8A%B6&scope=a+b", "{}")
	f.Add("client_secret=x;code=%zz", "a=\xff&%63ode=c&=&&==")
	f.Fuzz(func(t *testing.T, query, body string) {
		form, err := oauth.ParseForm(query, body)
		if err != nil {
			var e *oauth.Error
			if !errors.As(err, &e) || e.Code != oauth.InvalidRequest || !allowedInDescription(e.Description) {
				t.Fatalf("ParseForm(%q, %q) = %v", query, body, err)
			}
			return
		}
		inQuery, inBody := reference(query), reference(body)
		for _, p := range oauth.ParameterNames() {
			want := slices.DeleteFunc(slices.Concat(inQuery[p], inBody[p]), func(v string) bool { return v == "" })
			want = slices.Compact(want)
			if len(want) > 1 || len(want) == 1 && want[0] != form.Get(p) || len(want) == 0 && form.Get(p) != "" {
				t.Fatalf("ParseForm(%q, %q): %s = %q, want %q", query, body, p, form.Get(p), want)
			}
		}
		if strings.Join(inQuery["client_secret"], "") != "" {
			t.Fatalf("ParseForm(%q, %q) takes a secret from the URL", query, body)
		}
	})
}

// reference is net/url's reading, which takes no semicolons; ours takes them as
// the text that they are (WHATWG URL 5.1).
func reference(text string) url.Values {
	v, _ := url.ParseQuery(strings.ReplaceAll(text, ";", "%3B"))
	return v
}

// allowedInDescription holds RFC 6749 5.2: %x20-21 / %x23-5B / %x5D-7E.
func allowedInDescription(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r > 0x7e || r == '"' || r == '\\' })
}
