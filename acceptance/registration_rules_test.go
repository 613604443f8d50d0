package acceptance_test

import (
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
)

// register posts redirect URIs to the form of the owner's app, with further fields,
// and reports whether they were taken.
func (v *Visitor) register(t *testing.T, p *Program, uri string, fields url.Values) (Reply, bool) {
	t.Helper()
	page := v.Open(t, "/profile/integrations/apps/"+p.ID)
	name, button := page.redirectField(t)
	form := url.Values{name: {uri}}
	for field, values := range fields {
		form[field] = values
	}
	r := v.Press(t, page, button, form)
	return r, r.Status == http.StatusSeeOther
}

// wantRegistered ends the test unless the program is sent to exactly that URI.
func (p *Program) wantRegistered(t *testing.T, v *Visitor, uri string, want bool) {
	t.Helper()
	r := p.Authorize(t, v, "redirect_uri="+uri)
	if got := r.Status == http.StatusOK; got != want {
		t.Errorf("a request with redirect URI %s is accepted: %t (%d), want %t", uri, got, r.Status, want)
	}
}

// What cannot be a redirect URI is refused when it is registered, with the reason:
// a fragment never reaches a server, and a private scheme is a domain in reverse.
func TestRFC8252_7_1_RegistrationRefusesWhatIsNoRedirectURI(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	for name, uri := range map[string]string{
		"fragment (RFC 6749, 3.1.2)":       "https://app.example.com/cb#part",
		"empty fragment":                   "https://app.example.com/cb#",
		"scheme without a dot":             "myapp:/cb",
		"scheme of the browser":            "javascript:alert(1)",
		"data":                             "data:text/html,x",
		"relative":                         "/cb",
		"no host":                          "https:///cb",
		"user name":                        "https://user@app.example.com/cb",
		"space inside":                     "https://app.example.com/c b",
		"letters outside ASCII":            "https://app.example.com/\u3042",
		"quote":                            `https://app.example.com/"onload=`,
		"longer than anybody would accept": "https://app.example.com/" + strings.Repeat("x", 2000),
	} {
		t.Run(name, func(t *testing.T) {
			r, taken := v.register(t, p, uri, url.Values{"allow_http": {"on"}})
			if taken || r.Status != http.StatusBadRequest || len(all(r.document(t), "[role=alert], .error, .problem")) == 0 {
				t.Errorf("%s: %d, want 400 and the reason\n%s", uri, r.Status, r.Text(t))
			}
			p.wantRegistered(t, v, webRedirect, true) // as it was
		})
	}
	for _, uri := range []string{"https://other.example.com/cb?tenant=1", "com.example.app:/cb", "http://127.0.0.1:8000/cb", "http://localhost/cb"} {
		if r, taken := v.register(t, p, uri, nil); !taken {
			t.Errorf("%s is refused: %d\n%s", uri, r.Status, r.Text(t))
		}
		p.wantRegistered(t, v, uri, true)
	}
}

// Plain http to another machine carries the code in the clear. It is registered only
// by somebody who was told so and confirms it.
func TestRFC9700_2_1_PlainHTTPNeedsAConfirmation(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	p := s.Program(t, webRedirect)
	const uri = "http://192.168.1.20/cb"
	r, taken := v.register(t, p, uri, nil)
	if taken || r.Status != http.StatusBadRequest {
		t.Fatalf("%s is registered without a warning: %d", uri, r.Status)
	}
	p.wantRegistered(t, v, uri, false)
	boxes := all(r.document(t), `form input[type=checkbox][name=allow_http]:not([checked])`)
	if len(boxes) != 1 || !strings.Contains(r.Text(t), "plain http") {
		t.Fatalf("no warning with a box to tick:\n%s", r.Text(t))
	}
	name, button := r.redirectField(t)
	confirmed := v.Press(t, r, button, url.Values{name: {uri}, "allow_http": {attribute(boxes[0], "value")}})
	wantStatus(t, confirmed, http.StatusSeeOther)
	p.wantRegistered(t, v, uri, true)
}

// The same rules hold at the command line.
func TestRFC8252_7_1_CommandLineRegistersByTheSameRules(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	for _, uri := range []string{"https://app.example.com/cb#x", "myapp:/cb", "http://192.168.1.20/cb"} {
		if said := s.AdminRefuses(t, "client", "create", "--email", s.Owner.Email, "--name", "x", "--redirect-uri", uri); !strings.Contains(said, uri) {
			t.Errorf("the refusal of %s does not name it: %s", uri, said)
		}
	}
	p := s.Program(t, "http://192.168.1.20/cb", "--allow-http")
	p.wantRegistered(t, s.SignedIn(t, s.Owner), p.Redirect, true)
}

// AdminRefuses runs `faxgate admin …`, which has to fail, and gives what it says.
func (s *Server) AdminRefuses(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(suite.binary, append([]string{"admin"}, args...)...)
	cmd.Env, cmd.Dir = append(s.env, "LANG=C.UTF-8"), s.dir
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("faxgate admin %s: exit status 0, want a refusal\n%s", strings.Join(args, " "), out)
	}
	return string(out)
}

// Apps that are registered by hand use PKCE unless their owner says otherwise; the
// one that Activate makes, for clients that exist already, does not have to.
func TestOAuth2_1_7_6_NewAppsUsePKCE(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v := s.SignedIn(t, s.Owner)
	activated := v.Press(t, v.Open(t, "/profile/integrations"), "Activate", nil)
	wantStatus(t, activated, http.StatusOK)
	first := &Program{Client: Client{ID: clientID.FindString(activated.Body)}, Redirect: webRedirect, server: s}
	if _, taken := v.register(t, first, webRedirect, nil); !taken {
		t.Fatal("the redirect URI is not taken")
	}
	if r := first.Authorize(t, v); !r.HasButton(t, "Allow") {
		t.Errorf("the app of Activate needs PKCE: %d, Location %q", r.Status, r.Header.Get("Location"))
	}

	form := v.Open(t, "/profile/integrations/apps/new")
	name, button := form.redirectField(t)
	made := v.Press(t, form, button, url.Values{"name": {"By hand"}, name: {webRedirect}})
	wantStatus(t, made, http.StatusOK)
	second := &Program{Client: Client{ID: clientID.FindString(made.Body)}, Redirect: webRedirect, server: s}
	if got := second.Refused(t, second.Authorize(t, v)); got != "invalid_request" {
		t.Errorf("an app registered by hand may go without PKCE: %q", got)
	}
}
