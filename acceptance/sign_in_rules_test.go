package acceptance_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// behindProxy are the options of a server behind a proxy on this machine: requests
// can then come from any address, see from.
var behindProxy = Options{Env: []string{"FAXGATE_TRUSTED_PROXIES=127.0.0.1"}}

// from is the header by which the proxy tells an address.
func from(address string) string { return "X-Forwarded-For: " + address }

// try sends an e-mail address and a password to the sign-in form, without cookies.
func (s *Server) try(t *testing.T, email, password string, headers ...string) Reply {
	t.Helper()
	form := url.Values{"email": {email}, "password": {password}}
	return s.Call(t, http.MethodPost, "/login", form.Encode(), append(headers, asForm)...)
}

// An unknown address, a wrong password, and an account that cannot sign in get the
// same answer, to the letter.
func TestNIST800_63B_3_2_2_RefusedSignInTellsNothing(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	disabled := s.Member(t, "disabled@clinic.example", "member")
	s.Admin(t, "account", "disable", "--email", disabled.Email)
	answers := map[string]string{
		"wrong password": seen(s.try(t, s.Owner.Email, "wrong password 123")), "unknown": seen(s.try(t, "nobody@clinic.example", s.Owner.Password)),
		"disabled, right password": seen(s.try(t, disabled.Email, disabled.Password)), "no password": seen(s.try(t, s.Owner.Email, "")),
		"no address": seen(s.try(t, "", s.Owner.Password)), "no e-mail address": seen(s.try(t, "' OR 1=1 --", "x")),
	}
	for name, got := range answers {
		if want := answers["unknown"]; got != want {
			t.Errorf("%s is answered otherwise than an unknown address:\n%s\n%s", name, got, want)
		}
	}
	if !strings.HasPrefix(answers["unknown"], "401") || strings.Contains(answers["unknown"], "Set-Cookie") {
		t.Errorf("a refused sign-in: %s", answers["unknown"])
	}
}

// seen is all that can be seen of an answer but what differs in each: the request's
// id, the time, and the address that was typed.
func seen(r Reply) string {
	header := r.Header.Clone()
	header.Del("X-Request-Id")
	header.Del("Date")
	header.Del("Content-Length") // of the page with the typed address in it
	body := r.Body
	if i := strings.Index(body, `name="email"`); i >= 0 {
		value := strings.Index(body[i:], `value="`) + i + len(`value="`)
		body = body[:value] + body[value+strings.Index(body[value:], `"`):]
	}
	return fmt.Sprintln(r.Status, header, body)
}

// Nor does the time tell anything: both take a password hash. Of several attempts the
// fastest counts, since all else on this machine only makes them slower; three
// rounds, of which one has to show it.
func TestNIST800_63B_3_2_2_RefusedSignInTakesTheSameTime(t *testing.T) {
	t.Parallel()
	s := Start(t, behindProxy)
	attempt := 0
	fastest := func(email string) (least time.Duration) {
		least = time.Hour
		for range 4 {
			attempt++
			address := from(fmt.Sprintf("192.0.2.%d", attempt))
			start := time.Now()
			wantStatus(t, s.try(t, email, "wrong password 123", address), http.StatusUnauthorized)
			least = min(least, time.Since(start))
		}
		return least
	}
	var unknown, wrong time.Duration
	for range 3 {
		unknown, wrong = fastest("nobody@clinic.example"), fastest(s.Owner.Email)
		if unknown < 2*wrong && wrong < 2*unknown {
			return
		}
	}
	t.Errorf("an unknown address takes %s, a wrong password %s", unknown, wrong)
}

// failUntilThrottled fails to sign in until the server has enough of it, which must
// be after about so many attempts. The limit is a little higher where two windows of
// time meet.
func (s *Server) failUntilThrottled(t *testing.T, limit int, attempt func(i int) Reply) Reply {
	t.Helper()
	for i := range limit + 3 {
		r := attempt(i)
		if r.Status == http.StatusTooManyRequests {
			if i < limit {
				t.Errorf("throttled after %d failures, want %d", i, limit)
			}
			if r.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			return r
		}
		wantStatus(t, r, http.StatusUnauthorized)
	}
	t.Fatalf("not throttled after %d failures", limit+3)
	return Reply{}
}

// Ten failures for an account from one address end the tries from there, with the
// right password too; the person elsewhere is not concerned.
func TestNIST800_63B_3_2_2_FailuresAreThrottledPerAccount(t *testing.T) {
	t.Parallel()
	s := Start(t, behindProxy)
	const stranger, home = "192.0.2.1", "198.51.100.1"
	s.failUntilThrottled(t, 10, func(int) Reply { return s.try(t, s.Owner.Email, "wrong password 123", from(stranger)) })
	wantStatus(t, s.try(t, s.Owner.Email, s.Owner.Password, from(stranger)), http.StatusTooManyRequests)
	wantStatus(t, s.try(t, strings.ToUpper(s.Owner.Email), "x", from(stranger)), http.StatusTooManyRequests)
	wantStatus(t, s.try(t, "other@clinic.example", "x", from(stranger)), http.StatusUnauthorized)
	wantStatus(t, s.try(t, s.Owner.Email, s.Owner.Password, from(home)), http.StatusSeeOther)
}

// A hundred failures from one address end its tries for every account. What is
// throttled costs no password hash.
func TestNIST800_63B_3_2_2_FailuresAreThrottledPerAddress(t *testing.T) {
	t.Parallel()
	s := Start(t, behindProxy)
	const stranger = "192.0.2.1"
	s.failUntilThrottled(t, 100, func(i int) Reply {
		return s.try(t, fmt.Sprintf("person-%d@clinic.example", i), "wrong password 123", from(stranger))
	})
	wantStatus(t, s.try(t, s.Owner.Email, s.Owner.Password, from(stranger)), http.StatusTooManyRequests)
	wantStatus(t, s.try(t, s.Owner.Email, s.Owner.Password, from("192.0.2.2")), http.StatusSeeOther)
}

// A stranger with many addresses can tire out an account, but never lock its owner
// out where the owner signed in before.
func TestNIST800_63B_3_2_2_NobodyIsLockedOutByAStranger(t *testing.T) {
	t.Parallel()
	s := Start(t, behindProxy)
	const home = "198.51.100.1"
	wantStatus(t, s.try(t, s.Owner.Email, s.Owner.Password, from(home)), http.StatusSeeOther)
	s.failUntilThrottled(t, 50, func(i int) Reply {
		return s.try(t, s.Owner.Email, "wrong password 123", from(fmt.Sprintf("192.0.2.%d", i)))
	})
	wantStatus(t, s.try(t, s.Owner.Email, s.Owner.Password, from("203.0.113.1")), http.StatusTooManyRequests)
	wantStatus(t, s.try(t, s.Owner.Email, s.Owner.Password, from(home)), http.StatusSeeOther)
}

// Guessing client secrets is throttled as well, per client and address.
func TestRFC6749_2_3_1_FailedClientsAreThrottled(t *testing.T) {
	t.Parallel()
	s := Start(t, behindProxy)
	p, other := s.Program(t, webRedirect), s.Program(t, webRedirect)
	ask := func(secret, address string) Reply {
		return s.Call(t, http.MethodPost, "/token", "grant_type=refresh_token&refresh_token=x", asForm, basic(p.ID, secret), from(address))
	}
	const stranger, home = "192.0.2.1", "198.51.100.1"
	r := s.failUntilThrottled(t, 20, func(int) Reply { return ask("wrong", stranger) })
	wantOAuthError(t, r, http.StatusTooManyRequests, "temporarily_unavailable")
	wantStatus(t, ask(p.Secret, stranger), http.StatusTooManyRequests)
	wantOAuthError(t, ask(p.Secret, home), http.StatusBadRequest, "invalid_grant")
	wantOAuthError(t, other.Ask(t, other.Refresh("x")), http.StatusBadRequest, "invalid_grant")
}

// sessionCookie is the cookie that an answer sets for the session.
func sessionCookie(t *testing.T, r Reply) *http.Cookie {
	t.Helper()
	for _, line := range r.Header.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(c.Name, "faxgate") {
			return c
		}
	}
	t.Fatalf("%s (%d) sets no session cookie: %v", r.URL, r.Status, r.Header.Values("Set-Cookie"))
	return nil
}

// The session's cookie is for this server alone, for no script, and for no form of
// another site; where the public URL is https it cannot be planted by a neighbour.
func TestRFC6265_4_1_SessionCookie(t *testing.T) {
	t.Parallel()
	plain := Start(t, Options{})
	secured := Start(t, Options{Env: []string{"FAXGATE_PUBLIC_URL=https://fax.example.com"}})
	for name, x := range map[string]struct {
		server *Server
		cookie string
		secure bool
	}{"http on loopback": {plain, "faxgate", false}, "https": {secured, "__Host-faxgate", true}} {
		t.Run(name, func(t *testing.T) {
			c := sessionCookie(t, x.server.try(t, x.server.Owner.Email, x.server.Owner.Password))
			if c.Name != x.cookie || c.Secure != x.secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
				t.Errorf("cookie %s, want %s, HttpOnly, SameSite=Lax, Path=/, no Domain, Secure: %t", c.Raw[:20], x.cookie, x.secure)
			}
			page := x.server.Call(t, http.MethodGet, "/profile", "", "Cookie: "+c.Name+"="+c.Value)
			wantStatus(t, page, http.StatusOK)
		})
	}
}

// opens reports whether a session cookie opens a page.
func (s *Server) opens(t *testing.T, c *http.Cookie) bool {
	t.Helper()
	return s.Call(t, http.MethodGet, "/profile", "", "Cookie: "+c.Name+"="+c.Value).Status == http.StatusOK
}

// Each sign-in, each step up and the sign-out end the session secret of before: one
// that was planted or overheard is worth nothing after them.
func TestNIST800_63B_5_1_SessionSecretChangesWithThePrivilege(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	secrets := []*http.Cookie{v.Cookie(t)}
	for name, change := range map[string]func() Reply{
		"sign-in": func() Reply {
			return v.Post(t, "/login", url.Values{"email": {s.Owner.Email}, "password": {s.Owner.Password}})
		},
		"step-up": func() Reply { return v.Post(t, "/confirm", url.Values{"password": {s.Owner.Password}}) },
	} {
		wantStatus(t, change(), http.StatusSeeOther)
		now := v.Cookie(t)
		for _, before := range secrets {
			if before.Value == now.Value || s.opens(t, before) {
				t.Errorf("after the %s the session of before lives", name)
			}
		}
		if !s.opens(t, now) {
			t.Errorf("after the %s the new session opens nothing", name)
		}
		secrets = append(secrets, now)
	}
	last := v.Cookie(t)
	wantStatus(t, v.Post(t, "/logout", nil), http.StatusSeeOther)
	if v.Cookie(t) != nil || s.opens(t, last) {
		t.Error("after the sign-out the session lives")
	}
}

// A wrong password at the step-up changes nothing.
func TestNIST800_63B_5_2_StepUpNeedsThePassword(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	before := v.Cookie(t).Value
	wantStatus(t, v.Post(t, "/confirm", url.Values{"password": {"wrong password 123"}}), http.StatusBadRequest)
	if v.Cookie(t).Value != before {
		t.Error("a wrong password changed the session")
	}
	wantStatus(t, s.Visitor(t).Post(t, "/confirm", url.Values{"password": {s.Owner.Password}}), http.StatusUnauthorized)
}

// A cookie that this server did not make is never taken over.
func TestNIST800_63B_5_1_PlantedSessionIsNotTakenOver(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	planted := neverMade("fgo")
	r := s.try(t, s.Owner.Email, s.Owner.Password, "Cookie: faxgate="+planted)
	c := sessionCookie(t, r)
	if c.Value == planted || s.opens(t, &http.Cookie{Name: "faxgate", Value: planted}) {
		t.Error("the planted session was taken over")
	}
	if !s.opens(t, c) {
		t.Errorf("sign-in with a planted cookie: %d, and no session", r.Status)
	}
}
