package acceptance_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A decision is remembered for one person, one client and the scopes that were
// allowed. Whatever is not covered by it is asked again.
func TestRFC6749_10_2_ConsentIsForOnePersonOneClientAndItsScopes(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	p.Code(t, v, "scope=fax:fax:edit fax:user:read")
	for scope, asked := range map[string]bool{
		"fax:fax:edit fax:user:read": false, "fax:user:read fax:fax:edit": false, "fax:user:read": false,
		"fax:fax:read":  false, // part of fax:fax:edit
		"fax:user:edit": true, "fax:all:read": true, "all": true, "": true,
	} {
		if got := p.Authorize(t, v, "scope="+scope).HasButton(t, "Allow"); got != asked {
			t.Errorf("scope %q is asked for: %t, want %t", scope, got, asked)
		}
	}
	colleague := s.SignedIn(t, s.Member(t, "colleague@clinic.example", "member"))
	if !p.Authorize(t, colleague, "scope=fax:user:read").HasButton(t, "Allow") {
		t.Error("one person's decision counts for another")
	}
	other := s.Program(t, webRedirect)
	if !other.Authorize(t, v, "scope=fax:user:read").HasButton(t, "Allow") {
		t.Error("the decision about one client counts for another")
	}
}

// Cancel is remembered by nobody.
func TestRFC6749_4_1_2_1_CancelIsAccessDeniedAndAskedAgain(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	if got := p.Refused(t, v.Press(t, p.Authorize(t, v), "Cancel", nil)); got != "access_denied" {
		t.Errorf("Cancel: error %q, want access_denied", got)
	}
	if !p.Authorize(t, v).HasButton(t, "Allow") {
		t.Error("after Cancel nobody is asked")
	}
}

// Another program may pose as a public client, and another app may claim a custom
// scheme: the person is asked each time.
func TestRFC8252_8_6_WhoMayBePosedAsIsAlwaysAskedAbout(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	public := s.Program(t, webRedirect, "--public")
	custom := s.Program(t, "com.example.app:/callback")
	_, challenge := pkce()
	for name, p := range map[string]*Program{"public client": public, "custom scheme": custom} {
		t.Run(name, func(t *testing.T) {
			parameters := []string{"code_challenge_method=S256", "code_challenge=" + challenge}
			p.Code(t, v, parameters...)
			if r := p.Authorize(t, v, parameters...); !r.HasButton(t, "Allow") {
				t.Errorf("the second time nobody is asked: %d, Location %q", r.Status, r.Header.Get("Location"))
			}
		})
	}
}

// appRedirect is a redirect URI that is asked about each time, so that one person can
// be shown many consent pages.
const appRedirect = "com.example.app:/callback"

// consent opens a consent page of the program and gives its form.
func (p *Program) consent(t *testing.T, v *Visitor) (page Reply, form Form) {
	t.Helper()
	page = p.Authorize(t, v)
	wantStatus(t, page, http.StatusOK)
	form = page.Form(t, "Allow")
	if form.Fields.Get("ticket") == "" {
		t.Fatalf("the consent form has no ticket:\n%s", page.Body)
	}
	return page, form
}

// Allow comes from this server's own page: a foreign origin is refused, however it
// shows. A request that tells neither origin nor site does not come from a browser, and the
// ticket alone decides.
func TestRFC6749_10_12_ConsentFromAForeignPageIsRefused(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, appRedirect)
	page, form := p.consent(t, v)
	send := func(form Form, headers ...string) Reply {
		return v.Do(t, http.MethodPost, resolve(t, page.URL, form.Action), form.Fields.Encode(), append(headers, asForm)...)
	}
	for name, headers := range map[string][]string{
		"foreign origin":      {"Origin: https://evil.example"},
		"origin null":         {"Origin: null"},
		"other port":          {"Origin: http://127.0.0.1:1"},
		"cross-site":          {"Sec-Fetch-Site: cross-site"},
		"same-site":           {"Sec-Fetch-Site: same-site"},
		"cross-site and null": {"Sec-Fetch-Site: cross-site", "Origin: null"},
	} {
		t.Run(name, func(t *testing.T) { wantPage(t, send(form, headers...), http.StatusForbidden) })
	}
	if p.Back(t, send(form)).Get("code") == "" { // and none of those used it up
		t.Error("without either header the ticket does not suffice")
	}
	for _, header := range []string{"Origin: " + s.URL, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: none"} {
		_, form := p.consent(t, v)
		if p.Back(t, send(form, header)).Get("code") == "" {
			t.Errorf("a form of this server with %q is refused", header)
		}
	}
}

// Behind a proxy the server's own origin is the public URL, whatever name the proxy
// uses to reach it.
func TestRFC6749_10_12_OwnOriginIsThePublicURL(t *testing.T) {
	t.Parallel()
	const public = "https://fax.example.com"
	s := Start(t, Options{Env: []string{"FAXGATE_PUBLIC_URL=" + public}})
	send := func(origin string) Reply {
		form := url.Values{"email": {s.Owner.Email}, "password": {s.Owner.Password}}
		return s.Call(t, http.MethodPost, "/login", form.Encode(), asForm, "Origin: "+origin)
	}
	wantStatus(t, send(public), http.StatusSeeOther)
	for _, origin := range []string{"null", "https://evil.example", "http://fax.example.com", public + ".evil.example", public + ":8443"} {
		wantPage(t, send(origin), http.StatusForbidden)
	}
}

// A ticket works once, whatever was decided with it.
func TestRFC6749_10_12_ConsentTicketWorksOnce(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, appRedirect)
	for _, first := range []string{"Cancel", "Allow"} {
		page, _ := p.consent(t, v)
		p.Back(t, v.Press(t, page, first, nil))
		wantPage(t, v.Press(t, page, "Allow", nil), http.StatusForbidden)
	}
}

// A ticket belongs to the session it was made for.
func TestRFC6749_10_12_ConsentTicketBelongsToItsSession(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, appRedirect)
	for name, other := range map[string]*Visitor{
		"another browser of the same person": s.SignedIn(t, s.Owner),
		"another person":                     s.SignedIn(t, s.Member(t, "colleague@clinic.example", "admin")),
	} {
		page, _ := p.consent(t, v)
		t.Run(name, func(t *testing.T) { wantPage(t, other.Press(t, page, "Allow", nil), http.StatusForbidden) })
	}
	page, form := p.consent(t, v)
	wantPage(t, s.Visitor(t).Press(t, page, "Allow", nil), http.StatusUnauthorized)
	ticket := form.Fields.Get("ticket")
	for name, wrong := range map[string]string{"none": "", "cut": ticket[:len(ticket)-1], "another secret of the same length": v.Cookie(t).Value} {
		t.Run("ticket: "+name, func(t *testing.T) {
			wantPage(t, v.Press(t, page, "Allow", url.Values{"ticket": {wrong}}), http.StatusForbidden)
		})
	}
}

// After a new sign-in a ticket of before is worth nothing.
func TestRFC6749_10_12_ConsentTicketEndsWithItsSession(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, appRedirect)
	page, _ := p.consent(t, v)
	wantStatus(t, v.Post(t, "/logout", nil), http.StatusSeeOther)
	wantStatus(t, v.SignIn(t, s.Owner), http.StatusSeeOther)
	wantPage(t, v.Press(t, page, "Allow", nil), http.StatusForbidden)
}

// A consent that was taken back is asked for again.
func TestRFC6749_10_2_WithdrawnConsentIsAskedForAgain(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	got := p.Tokens(t, v)
	v.withdraw(t, p)
	wantProblem(t, p.Self(t, got.AccessToken), http.StatusUnauthorized, "invalid_token")
	if !p.Authorize(t, v).HasButton(t, "Allow") {
		t.Error("after the consent was taken back nobody is asked")
	}
}

// withdraw takes back what the person allowed the program.
func (v *Visitor) withdraw(t *testing.T, p *Program) {
	t.Helper()
	for _, b := range all(v.Open(t, "/profile/apps").document(t), "form button") {
		if f := formOf(b); textOf(b) == "Revoke" && strings.Contains(f.Action, p.ID) {
			wantStatus(t, v.Post(t, f.Action, f.Fields), http.StatusSeeOther)
			return
		}
	}
	t.Fatalf("%s is not among the connected apps", p.ID)
}
