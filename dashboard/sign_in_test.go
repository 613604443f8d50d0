package dashboard_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/dashboard"
)

// Nobody learns from the answer which addresses have accounts.
func TestAWrongPasswordAndAnUnknownAddressLookTheSame(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	ids := regexp.MustCompile(`[0-9a-f]{16}|value="[^"]*@[^"]*"`)
	page := func(email string) string {
		p := s.browser().post(t, "/login", url.Values{"email": {email}, "password": {"wrong"}}).want(t, http.StatusUnauthorized)
		return ids.ReplaceAllString(p.body, "")
	}
	if known, unknown := page(ownerEmail), page("nobody@clinic.example"); known != unknown {
		t.Errorf("the pages differ:\n%s\n%s", known, unknown)
	}
}

func TestSignInIsOneFormAndKeepsTheAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.browser()
	p := b.get(t, "/login").want(t, http.StatusOK)
	if len(p.all("form:has([name=password])")) != 1 || len(p.all("form [name=email]")) != 1 {
		t.Error("not one form with email and password")
	}
	p = b.press(t, p, "Sign in", url.Values{"email": {ownerEmail}, "password": {"a wrong password"}}).want(t, http.StatusUnauthorized)
	if got := attribute(p.all("[name=email]")[0], "value"); got != ownerEmail {
		t.Errorf("the address stands as %q", got)
	}
	if strings.Contains(p.body, "a wrong password") {
		t.Error("the password is shown again")
	}
	if !p.has(".problems[role=alert][autofocus]") {
		t.Error("the error summary does not take the focus")
	}
}

func TestTooManyFailuresWait(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.browser()
	for range 10 {
		b.post(t, "/login", url.Values{"email": {ownerEmail}, "password": {"wrong"}}).want(t, http.StatusUnauthorized)
	}
	p := b.post(t, "/login", url.Values{"email": {ownerEmail}, "password": {password}}).want(t, http.StatusTooManyRequests)
	if p.header.Get("Retry-After") == "" || !p.has("[name=password]") {
		t.Errorf("Retry-After %q", p.header.Get("Retry-After"))
	}
	s.clock.Advance(2 * auth.FailureWindow)
	b.signIn(t, ownerEmail, password)
}

// A session id from before the sign-in or the step-up opens nothing afterwards
// (session fixation), and one that was signed out is dead.
func TestTheSessionChangesWithEveryChangeOfPrivilege(t *testing.T) {
	t.Parallel()
	for publicURL, want := range map[string]string{"http://127.0.0.1:8080": "faxgate", "https://fax.example": "__Host-faxgate"} {
		s := newSite(t, options{publicURL: publicURL})
		b := s.browser()
		s.clock.Advance(time.Second)
		planted := auth.NewSecret(auth.BrowserSession)
		b.cookies[want] = planted
		b.signIn(t, ownerEmail, password)
		checkCookie(t, b.set, want, strings.HasPrefix(publicURL, "https"))
		first := b.cookies[want]
		s.clock.Advance(time.Second)
		b.get(t, "/").want(t, http.StatusOK)
		b.post(t, "/confirm?return_to=/security", url.Values{"password": {password}}).want(t, http.StatusSeeOther)
		second := b.cookies[want]
		if first == planted || second == first {
			t.Errorf("%s: the session is not new", publicURL)
		}
		b.cookies[want] = first
		b.get(t, "/").want(t, http.StatusSeeOther) // the one before the step-up is dead
		b.cookies[want] = second
		s.clock.Advance(time.Second)
		b.post(t, "/logout", nil).want(t, http.StatusSeeOther)
		if b.cookies[want] != "" {
			t.Error("signing out leaves the cookie")
		}
		b.cookies[want] = second
		b.get(t, "/").want(t, http.StatusSeeOther)
		if got := s.actions(t); !strings.HasPrefix(got, "sign_out sign_in.confirm sign_in ") {
			t.Errorf("audited: %s", got)
		}
	}
}

func checkCookie(t *testing.T, cookies []*http.Cookie, name string, secure bool) {
	t.Helper()
	for _, c := range cookies {
		if c.Name != name {
			continue
		}
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure != secure || c.Domain != "" {
			t.Errorf("cookie %s", c.Raw)
		}
		return
	}
	t.Errorf("no cookie %s among %v", name, cookies)
}

// RFC 9700 4.11.2: no parameter of ours leads to another site.
func TestNoOpenRedirectThroughReturnTo(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	for _, to := range []string{
		"//evil.example", "//evil.example/x", "//evil@fax.example/", `\\evil.example`, `/\evil.example`, "https:evil.example", "https://evil.example/", "https:/evil.example",
		"javascript:alert(1)", "/\t/evil.example", "\t//evil.example", "/%2fevil.example", "/%5cevil.example", " /", "evil", "/x\r\nSet-Cookie: a=b", "///evil.example", "",
	} {
		b := s.browser()
		path := "/login?return_to=" + url.QueryEscape(to)
		form := url.Values{"email": {ownerEmail}, "password": {password}}
		if p := b.post(t, path, form).want(t, http.StatusSeeOther); p.location() != "/" {
			t.Errorf("signing in with return_to=%q leads to %q", to, p.location())
		}
		if p := b.get(t, path).want(t, http.StatusSeeOther); p.location() != "/" {
			t.Errorf("being signed in with return_to=%q leads to %q", to, p.location())
		}
		if p := b.post(t, "/language", url.Values{"language": {"en"}, "return_to": {to}}).want(t, http.StatusSeeOther); p.location() != "/" {
			t.Errorf("the language with return_to=%q leads to %q", to, p.location())
		}
		if p := b.post(t, "/logout", url.Values{"return_to": {to}}).want(t, http.StatusSeeOther); p.location() != "/login" {
			t.Errorf("signing out with return_to=%q leads to %q", to, p.location())
		}
	}
	b := s.browser()
	p := b.get(t, "/profile/integrations?x=1&y=%2F").want(t, http.StatusSeeOther)
	p = b.press(t, b.follow(t, p), "Sign in", url.Values{"email": {ownerEmail}, "password": {password}})
	if p.location() != "/profile/integrations?x=1&y=%2F" {
		t.Errorf("after the sign-in: %q", p.location())
	}
}

// What a browser makes of a local path must be on this server.
func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/", "/a?b=c", "//evil", "//evil/x", "%2f", "//", `/\evil`, "/%2f/evil", "https:evil", "/\x00", "/login?redirect_uri=https%3A%2F%2Fa.b"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://fax.example/login")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := dashboard.LocalPath(path)
		browsers := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(strings.TrimSpace(got))
		u, err := base.Parse(browsers)
		if err != nil || u.Host != base.Host || u.Scheme != base.Scheme || !strings.HasPrefix(got, "/") || strings.HasPrefix(browsers, "//") {
			t.Errorf("LocalPath(%q) = %q, which leads to %v", path, got, u)
		}
	})
}

func TestSetup(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{noOwner: true})
	b := s.browser()
	link := "/setup?code=" + s.code
	p := b.follow(t, b.get(t, "/")).want(t, http.StatusOK)
	p.contains(t, "no owner yet", "setup link", "30 minutes")
	if strings.Contains(p.body, s.code) || p.has("[name=password]") {
		t.Error("the page without an owner tells the code or offers to sign in")
	}
	for _, path := range []string{"/setup", "/setup?code=", "/setup?code=fgl_x", "/setup?code=" + auth.NewSecret(auth.OneTimeLink)} {
		b.get(t, path).want(t, http.StatusForbidden)
		b.post(t, path, url.Values{"email": {ownerEmail}, "password": {password}}).want(t, http.StatusForbidden)
	}
	form := b.get(t, link).want(t, http.StatusOK)
	fields := url.Values{"email": {ownerEmail}, "password": {"short"}, "organization": {"Sakura Clinic"}, "time_zone": {"Asia/Tokyo"}, "country": {"JP"}}
	p = b.press(t, form, "Create owner", fields).want(t, http.StatusBadRequest)
	if attribute(p.all("[name=organization]")[0], "value") != "Sakura Clinic" || !p.has("[name=country] option[value=JP][selected]") {
		t.Error("what was typed is gone")
	}
	if !p.has("a[href='#password']") || !p.has("#password[aria-invalid=true][aria-describedby]") {
		t.Error("the error does not lead to its field")
	}
	fields.Set("password", password)
	p = b.follow(t, b.press(t, form, "Create owner", fields))
	if p.path != "/first-fax" {
		t.Errorf("came to %s", p.path)
	}
	p.contains(t, ownerEmail, "The server is ready", "Your test number")
	b.get(t, "/").contains(t, "Sakura Clinic")
	b.get(t, link).want(t, http.StatusGone)
	b.press(t, form, "Create owner", fields).want(t, http.StatusGone)
	s.browser().get(t, "/login").want(t, http.StatusOK).contains(t, "Password")
}

func TestTheSetupCodeExpires(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{noOwner: true})
	s.clock.Advance(auth.SetupAge - time.Second)
	s.browser().get(t, "/setup?code="+s.code).want(t, http.StatusOK)
	s.clock.Advance(time.Second)
	s.browser().get(t, "/setup?code="+s.code).want(t, http.StatusGone).contains(t, "Restart the server")
}

func TestSetupFollowsTheBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{noOwner: true})
	b := s.browser()
	b.language = "ja-JP,ja;q=0.9,en;q=0.8"
	p := b.get(t, "/setup?code="+s.code)
	p.contains(t, "サーバーの初期設定")
	if !p.has("[name=time_zone] option[value='Asia/Tokyo'][selected]") || !p.has("[name=country] option[value=JP][selected]") {
		t.Error("Japan is not preselected")
	}
	p = b.follow(t, b.press(t, p, "English", nil))
	p.contains(t, "Set up your server")
	p = b.follow(t, b.press(t, p, "Create owner", url.Values{"email": {ownerEmail}, "password": {password}}))
	p.contains(t, "The server is ready")
}
