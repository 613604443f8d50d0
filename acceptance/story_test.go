package acceptance_test

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// story is what one person does in a browser, from an empty directory on.
type story struct {
	server *Server
	view   View
	page   *Page
	home   string // the first page behind the sign-in

	back   *callback
	client Client
	app    *App
	tokens tokens
}

// The whole way in a browser, with JavaScript and without. The words on buttons and
// links are those that people were promised; whatever has no promised name is found
// by what it is for.
func TestBrowserStory(t *testing.T) {
	t.Parallel()
	for _, view := range []View{{}, {NoScript: true}} {
		t.Run(view.String(), func(t *testing.T) {
			t.Parallel()
			s := Start(t, Options{NoOwner: true})
			st := &story{server: s, view: view, page: Open(t, view), back: newCallback(t)}
			st.tell(t)
		})
	}
}

// tell tells the chapters one after the other; each builds on those before it.
func (st *story) tell(t *testing.T) {
	chapters := []struct {
		name string
		tell func(*testing.T)
	}{
		{"the setup link creates the owner", st.setUp},
		{"a plan without the API offers nothing", st.planRequired},
		{"a token is generated and shown once", st.generateToken},
		{"Activate makes an app", st.activate},
		{"Cancel is an answer, too", st.cancel},
		{"Allow calls the app back", st.allow},
		{"the lines on the page work", st.shownLines},
		{"a remembered consent is not asked again", st.remembered},
		{"Advanced Security Controls", st.controls},
		{"a connected app is revoked", st.connectedApps},
		{"sessions end one by one", st.sessions},
		{"a new password ends the other sessions", st.changePassword},
		{"an invited member gets in", st.invite},
	}
	for _, c := range chapters {
		if !t.Run(c.name, c.tell) {
			t.FailNow()
		}
	}
}

func (st *story) setUp(t *testing.T) {
	link := setupLink.FindString(st.server.Log(t))
	if link == "" {
		t.Fatalf("no setup link was printed:\n%s", st.server.Log(t))
	}
	st.server.Owner = st.server.person(t, "owner@clinic.example")
	st.page.Goto(t, link)
	st.page.Fill(t, Field("email"), st.server.Owner.Email)
	st.page.Fill(t, Field("password"), st.server.Owner.Password)
	st.page.Submit(t, "password")
	st.page.learnCookies(t)
	if st.page.Count(t, Field("password")) > 0 {
		st.page.SignIn(t, st.server.Owner)
	}
	st.page.Wait(t, Link("Profile").First())
	st.home = st.page.URL(t)
}

// integrations opens Profile, Integrations.
func (st *story) integrations(t *testing.T) {
	t.Helper()
	st.page.Goto(t, st.home)
	st.page.Use(t, "Profile")
	st.page.Use(t, "Integrations")
}

func (st *story) planRequired(t *testing.T) {
	st.server.Admin(t, "plan", "premium")
	soon(t, "the page follows the plan", func() bool {
		st.integrations(t)
		return st.page.Count(t, Control("Manage")) == 0
	})
	if n := st.page.Count(t, Control("Activate")); n != 0 {
		t.Errorf("%d controls named Activate, want none", n)
	}
	if text := st.page.Text(t); !strings.Contains(text, "Enterprise") {
		t.Errorf("the page does not say which plan is needed:\n%s", text)
	}
	st.server.Admin(t, "plan", "enterprise")
	soon(t, "the page follows the plan", func() bool {
		st.integrations(t)
		return st.page.Count(t, Control("Manage")) > 0
	})
}

// soon asks until the answer is yes. A server follows a command within a second; what
// is allowed here beyond that is for a busy machine.
func soon(t *testing.T, what string, yes func() bool) {
	t.Helper()
	const bound = 5 * time.Second
	for start := time.Now(); ; {
		asked := time.Now()
		if yes() {
			return
		}
		if asked.Sub(start) > bound {
			t.Fatalf("%s: not within %s", what, bound)
		}
	}
}

func (st *story) generateToken(t *testing.T) {
	st.integrations(t)
	st.page.Use(t, "Manage")
	list := st.page.URL(t)
	if st.page.Count(t, Field("scope")) == 0 {
		st.page.Use(t, "Generate token")
	}
	st.page.Fill(t, Field("name"), "Browser")
	st.page.Check(t, CSS(`[name=scope][value="fax:user:read"]`))
	st.page.Press(t, "Generate token")
	token := st.shownSecret(t, "fgp")
	checkAccount(t, st.runLine(t, st.line(t, token, "/v3/accounts/self")), st.server.Owner)
	st.copyButton(t)

	st.page.Reload(t)
	if strings.Contains(st.page.HTML(t), token) {
		t.Error("the page shows the token again when it is loaded again")
	}
	st.page.Goto(t, list)
	if text := st.page.Text(t); !strings.Contains(text, token[len(token)-4:]) || strings.Contains(text, token) {
		t.Errorf("the list has to show the last four characters of the token, and no more:\n%s", text)
	}
}

// shownSecret is the secret with this prefix that stands on the page.
func (st *story) shownSecret(t *testing.T, prefix string) string {
	t.Helper()
	for _, secret := range tokenText.FindAllString(st.page.Text(t), -1) {
		if strings.HasPrefix(secret, prefix+"_") {
			return secret
		}
	}
	t.Fatalf("no %s secret at %s:\n%s", prefix, st.page.URL(t), st.page.Text(t))
	return ""
}

// copyButton is there with a script, and absent where it could do nothing.
func (st *story) copyButton(t *testing.T) {
	t.Helper()
	if got := st.page.Count(t, CSS(`button:visible:text-is("Copy")`)); (got > 0) == st.view.NoScript {
		t.Errorf("%d Copy buttons can be seen", got)
	}
}

// shellLine matches a line for a shell as pages show it, continued with backslashes.
var shellLine = regexp.MustCompile(`(?m)^curl (?:.*\\\n)*.*$`)

// line is the curl line on the page that contains all the texts.
func (st *story) line(t *testing.T, texts ...string) string {
	t.Helper()
lines:
	for _, line := range shellLine.FindAllString(st.page.Text(t), -1) {
		for _, text := range texts {
			if !strings.Contains(line, text) {
				continue lines
			}
		}
		return line
	}
	t.Fatalf("no curl line with %q on the page:\n%s", texts, st.page.Text(t))
	return ""
}

// runLine runs a line as somebody does who copied it into a shell.
func (st *story) runLine(t *testing.T, line string) []byte {
	t.Helper()
	cmd := exec.Command("sh", "-c", line+" --silent --show-error")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, stderr(err))
	}
	suite.secrets.learn(string(out))
	return out
}

func (st *story) activate(t *testing.T) {
	st.integrations(t)
	st.page.Press(t, "Activate")
	st.client = Client{ID: clientID.FindString(st.page.Text(t)), Secret: st.shownSecret(t, "fgs")}
	if st.client.ID == "" {
		t.Fatalf("Activate shows no client id:\n%s", st.page.Text(t))
	}
	st.page.Fill(t, CSS(`[name^="redirect_uri"]`).First(), st.back.URL)
	st.page.Submit(t, "redirect_uri")
	if strings.Contains(st.page.HTML(t), st.client.Secret) {
		t.Error("the client secret is shown a second time")
	}
	st.app = st.server.App(t, st.client, st.back.URL)
}

func (st *story) cancel(t *testing.T) {
	st.page.Goto(t, st.app.AuthorizeURL("all", "the story"))
	st.page.Press(t, "Cancel")
	if back := st.back.Wait(t); back.Get("error") != "access_denied" || back.Get("state") != "the story" || back.Has("code") {
		t.Errorf("Cancel calls the app back with %v, want access_denied and the state", back)
	}
}

// allow follows the link that the page shows, as somebody who has to sign in first.
func (st *story) allow(t *testing.T) {
	link := st.authorizeLink(t)
	stranger := Open(t, st.view)
	stranger.Goto(t, link)
	stranger.SignIn(t, st.server.Owner)
	if text := stranger.Text(t); !strings.Contains(text, "127.0.0.1") || !strings.Contains(text, st.server.Owner.Email) {
		t.Errorf("the consent page does not say where it leads and who is signed in:\n%s", text)
	}
	stranger.Press(t, "Allow")
	st.tokens = st.app.Exchange(t, st.back.Wait(t).Get("code"))
	checkTokens(t, st.tokens, "all")
}

// authorizeLink is the ready link on the app's page.
func (st *story) authorizeLink(t *testing.T) string {
	t.Helper()
	st.openApp(t)
	link := regexp.MustCompile(`http://\S+/login\?\S+`).FindString(st.page.Text(t))
	if link == "" {
		t.Fatalf("no authorization link on the app's page:\n%s", st.page.Text(t))
	}
	return link
}

func (st *story) openApp(t *testing.T) {
	t.Helper()
	st.integrations(t)
	st.page.expectFine(t, st.page.Follow(t, CSS(`a[href*="`+st.client.ID+`"]`).First()))
}

// shownLines does what the app's page tells developers to do, word for word.
func (st *story) shownLines(t *testing.T) {
	code := st.code(t)
	st.openApp(t)
	fill := strings.NewReplacer("CODE", code, "CLIENT_SECRET", st.client.Secret).Replace
	var got tokens
	st.runJSON(t, fill(st.line(t, "authorization_code")), &got)
	checkTokens(t, got, "all")

	refresh := strings.NewReplacer("REFRESH_TOKEN", got.RefreshToken, "CLIENT_SECRET", st.client.Secret).Replace
	st.runJSON(t, refresh(st.line(t, "grant_type=refresh_token")), &got)
	checkTokens(t, got, "all")

	call := strings.Replace(st.line(t, "x-fax-clientid"), "ACCESS_TOKEN", got.AccessToken, 1)
	checkAccount(t, st.runLine(t, call), st.server.Owner)
}

func (st *story) runJSON(t *testing.T, line string, v any) {
	t.Helper()
	if out := st.runLine(t, line); json.Unmarshal(out, v) != nil {
		t.Fatalf("%s\nanswered %s", line, out)
	}
}

// code comes without a question, since the consent is remembered.
func (st *story) code(t *testing.T) string {
	t.Helper()
	st.page.Goto(t, st.app.AuthorizeURL("all", ""))
	st.page.Wait(t, Heading("done"))
	return st.back.Wait(t).Get("code")
}

func (st *story) remembered(t *testing.T) {
	if st.code(t) == "" {
		t.Error("no code")
	}
	narrower := st.server.App(t, st.client, st.back.URL)
	st.page.Goto(t, narrower.AuthorizeURL("fax:user:read", "narrow"))
	st.page.Wait(t, Heading("done"))
	if back := st.back.Wait(t); back.Get("state") != "narrow" || back.Get("code") == "" {
		t.Errorf("less than what was allowed is asked for: the app is called back with %v", back)
	}
}

// securityPage is where the switch is; its link carries no promised name.
const securityPage = `nav a[href="/security"]`

func (st *story) controls(t *testing.T) {
	st.page.Goto(t, st.home)
	st.page.expectFine(t, st.page.Follow(t, CSS(securityPage)))
	text := st.page.Text(t)
	if !regexp.MustCompile(`\b2\b`).MatchString(text) { // one in allow, one in shownLines
		t.Errorf("the page does not say that the switch concerns two grants:\n%s", text)
	}
	st.page.expectFine(t, st.page.Follow(t, CSS(`main form button`).First()))
	soon(t, "refresh tokens live 30 days", func() bool {
		r := st.app.Refresh(t, st.tokens.RefreshToken)
		wantStatus(t, r, http.StatusOK)
		left := decode[tokens](t, r).RefreshExpiresIn
		return left > 29*86400 && left <= 30*86400
	})
	st.openConnectedApps(t)
	if text := st.page.Text(t); !regexp.MustCompile(`\b(29|30) days left`).MatchString(text) {
		t.Errorf("the connected apps show no days left:\n%s", text)
	}
}

func (st *story) openConnectedApps(t *testing.T) {
	t.Helper()
	st.page.Goto(t, st.home)
	st.page.Use(t, "Profile")
	st.page.expectFine(t, st.page.Follow(t, CSS(`a[href="/profile/apps"]`).First()))
}

func (st *story) connectedApps(t *testing.T) {
	st.openConnectedApps(t)
	st.page.Press(t, "Revoke")
	r := st.app.Refresh(t, st.tokens.RefreshToken)
	wantStatus(t, r, http.StatusBadRequest)
	if got := decode[tokens](t, r); got.Error != "invalid_grant" || got.ErrorDescription == "" {
		t.Errorf("refresh after Revoke: %q %q, want invalid_grant with a description", got.Error, got.ErrorDescription)
	}
	wantProblem(t, st.app.Account(t, st.tokens.AccessToken), http.StatusUnauthorized, "invalid_token")
	st.page.Goto(t, st.app.AuthorizeURL("all", ""))
	st.page.Wait(t, Button("Allow"))
}

// sessionsPage lists the sessions; its link carries no promised name.
const sessionsPage = `a[href="/profile/security"]`

func (st *story) openSessions(t *testing.T) {
	t.Helper()
	st.page.Goto(t, st.home)
	st.page.Use(t, "Profile")
	st.page.expectFine(t, st.page.Follow(t, CSS(sessionsPage).First()))
}

// signedIn is another browser in which the owner is signed in.
func (st *story) signedIn(t *testing.T, who Person) *Page {
	t.Helper()
	p := Open(t, st.view)
	p.Goto(t, st.server.URL+"/login")
	p.SignIn(t, who)
	p.Wait(t, Link("Profile").First())
	return p
}

// wantSignedOut expects the sign-in page where a signed-in person sees the first one.
func (st *story) wantSignedOut(t *testing.T, p *Page) {
	t.Helper()
	p.Goto(t, st.home)
	p.Wait(t, Field("password"))
}

func (st *story) sessions(t *testing.T) {
	one, two := st.signedIn(t, st.server.Owner), st.signedIn(t, st.server.Owner)
	st.openSessions(t)
	end := CSS(`form[action*="/sessions/"][action$="/end"]:not([action$="/sessions/end"]) button`)
	before := st.page.Count(t, end)
	st.page.expectFine(t, st.page.Follow(t, end.First()))
	if after := st.page.Count(t, end); before < 2 || after != before-1 {
		t.Errorf("%d other sessions, and after one was ended %d", before, after)
	}
	st.page.expectFine(t, st.page.Follow(t, CSS(`form[action$="/sessions/end"] button`)))
	st.wantSignedOut(t, one)
	st.wantSignedOut(t, two)
	st.page.Goto(t, st.home)
	st.page.Wait(t, Link("Profile").First())
}

func (st *story) changePassword(t *testing.T) {
	other := st.signedIn(t, st.server.Owner)
	changed := st.server.person(t, st.server.Owner.Email)
	st.openSessions(t)
	st.page.Fill(t, Field("current_password"), st.server.Owner.Password)
	st.page.Fill(t, Field("password"), changed.Password)
	st.page.Submit(t, "current_password")
	st.wantSignedOut(t, other)
	st.server.Owner = changed
	st.signedIn(t, changed)
}

func (st *story) invite(t *testing.T) {
	member := st.server.person(t, "member@clinic.example")
	st.page.Goto(t, st.home)
	st.page.Use(t, "Members")
	st.page.Fill(t, Field("email"), member.Email)
	st.page.Submit(t, "email")
	link := regexp.MustCompile(`http://\S+/invitation/\S+`).FindString(st.page.Text(t))
	if link == "" {
		t.Fatalf("no mail is configured, and the page shows no invitation link:\n%s", st.page.Text(t))
	}
	theirs := Open(t, st.view)
	theirs.Goto(t, link)
	theirs.Fill(t, Field("password"), member.Password)
	theirs.Submit(t, "password")
	if theirs.Count(t, Link("Profile")) == 0 {
		theirs = st.signedIn(t, member)
	}
	theirs.Use(t, "Profile")
	theirs.Use(t, "Integrations")
	if manage, activate := theirs.Count(t, Control("Manage")), theirs.Count(t, Control("Activate")); manage == 0 || activate != 0 {
		t.Errorf("a member sees %d Manage and %d Activate, want tokens but no apps", manage, activate)
	}
	if members := theirs.Count(t, Link("Members")); members != 0 {
		t.Errorf("a member sees a link to Members")
	}
}
