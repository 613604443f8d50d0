package acceptance_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// Every screen in both languages and both schemes: axe-core finds nothing, nothing
// sticks out of a phone's window, and a picture of each is left in artefacts/.
func TestScreens(t *testing.T) {
	t.Parallel()
	views := []View{
		{}, {Dark: true, Phone: true},
		{Language: "ja-JP", Phone: true}, {Language: "ja-JP", Dark: true},
	}
	for _, view := range views {
		t.Run(view.String(), func(t *testing.T) {
			t.Parallel()
			s := Start(t, Options{NoOwner: true})
			w := &walk{server: s, view: view, page: Open(t, view)}
			w.beforeTheOwner(t)
			w.firstSteps(t)
			w.faxes(t)
			w.tokens(t)
			w.webhooks(t)
			w.apps(t)
			w.people(t)
			w.trunks(t)
			w.security(t)
			w.signedOut(t)
			w.withoutPlan(t)
		})
	}
}

// walk is one person's way past every screen, in one view. Nothing on it is found by
// its wording, so that it goes in any language.
type walk struct {
	server *Server
	view   View
	page   *Page
	app    *App
}

// see looks at the screen that the page shows.
func (w *walk) see(t *testing.T, p *Page, screen string) {
	t.Helper()
	t.Run(screen, func(t *testing.T) {
		if got, want := p.Attribute(t, CSS("html"), "lang"), w.view.String()[:2]; got != want {
			t.Errorf("the page's language is %q, want %q", got, want)
		}
		for _, v := range p.Violations(t) {
			t.Errorf("axe-core: %s (%s): %s", v.ID, v.Impact, v.Help)
			for _, n := range v.Nodes {
				t.Logf("%s\n%s\n%s", n.Target, n.HTML, n.Why)
			}
		}
		w.shoot(t, p, screen)
	})
}

// shoot takes the pictures, and looks for what is wider than the window.
func (w *walk) shoot(t *testing.T, p *Page, screen string) {
	t.Helper()
	scheme := View{Language: w.view.Language, Dark: w.view.Dark}
	for _, size := range []viewport{desktop, phone} {
		p.Resize(t, size)
		scheme.Phone = size == phone
		p.Shoot(t, screen+"-"+scheme.String())
		var width int
		if p.Evaluate(t, "document.documentElement.scrollWidth", &width); width > size.Width {
			t.Errorf("the page is %d pixels wide in a window of %d", width, size.Width)
		}
	}
}

// open opens a path and looks at it.
func (w *walk) open(t *testing.T, path, screen string) {
	t.Helper()
	w.page.expectFine(t, w.page.Goto(t, w.server.URL+path))
	w.see(t, w.page, screen)
}

// refused sends the form that has the field, expects to see it again with what is
// wrong, and looks at it.
func (w *walk) refused(t *testing.T, p *Page, field, screen string) {
	t.Helper()
	if a := p.Follow(t, FormOf(field)); a.Status < http.StatusBadRequest || a.Status >= http.StatusInternalServerError {
		t.Errorf("%s: the refused form answered %d, want 4xx", screen, a.Status)
	}
	p.Wait(t, CSS("[role=alert]"))
	w.see(t, p, screen)
}

// press presses the button that the selector finds.
func (w *walk) press(t *testing.T, selector string) {
	t.Helper()
	w.page.expectFine(t, w.page.Follow(t, CSS(selector).First()))
}

func (w *walk) beforeTheOwner(t *testing.T) {
	w.page.Goto(t, w.server.URL+"/")
	w.see(t, w.page, "no-owner")
	w.page.Goto(t, setupLink.FindString(w.server.Log(t)))
	w.see(t, w.page, "setup")
	w.server.Owner = w.server.person(t, "owner@clinic.example")
	w.page.Fill(t, Field("email"), w.server.Owner.Email)
	w.page.Fill(t, Field("password"), "password1234567")
	w.refused(t, w.page, "password", "setup-refused")
	w.page.Fill(t, Field("password"), w.server.Owner.Password)
	w.page.Submit(t, "password")
}

func (w *walk) firstSteps(t *testing.T) {
	w.open(t, "/", "home")
	w.open(t, "/profile", "profile")
	w.open(t, "/profile/security", "password-and-sessions")
	w.page.Fill(t, Field("current_password"), "wrong password")
	w.page.Fill(t, Field("password"), w.server.Owner.Password+"x")
	w.refused(t, w.page, "current_password", "password-refused")
	w.open(t, "/profile/apps", "connected-apps-empty")
	w.open(t, "/profile/integrations", "integrations-empty")
}

func (w *walk) faxes(t *testing.T) {
	w.open(t, "/faxes", "faxes-empty")
	w.open(t, "/send", "send")
	w.page.Fill(t, Field("to"), "12")
	w.refused(t, w.page, "to", "send-refused")
	w.open(t, "/first-fax", "first-fax")
	w.press(t, `form[action="/first-fax/token"] button`)
	w.see(t, w.page, "first-fax-token")
	w.page.Goto(t, w.server.URL+"/first-fax")
	w.page.Click(t, CSS(`form[action="/first-fax/run"] button`)) // where that leads does not stay for a look
	w.page.Wait(t, CSS(".steps > .done:nth-child(2)"))           // the pages are made; the page follows by itself
	w.page.Wait(t, CSS(".sheets img"))
	w.see(t, w.page, "first-fax-received")
	w.open(t, "/faxes", "faxes")
	w.page.expectFine(t, w.page.Follow(t, CSS(".fax-party a").First()))
	w.see(t, w.page, "fax-received")
	w.open(t, "/faxes?folder=sent", "faxes-sent")
	w.page.expectFine(t, w.page.Follow(t, CSS(".fax-party a").First()))
	w.see(t, w.page, "fax-sent")
	w.page.expectFine(t, w.page.Follow(t, CSS(`main a[href$="/delete"]`)))
	w.see(t, w.page, "fax-delete")
}

func (w *walk) webhooks(t *testing.T) {
	const path = "/profile/integrations/webhooks"
	w.open(t, path, "webhooks-empty")
	w.page.Fill(t, Field("target"), "https://127.0.0.1/fax")
	w.refused(t, w.page, "target", "webhook-refused")
	w.page.Fill(t, Field("target"), "https://app.example/fax")
	w.page.Submit(t, "target")
	w.see(t, w.page, "webhook-shown")
	w.open(t, path, "webhooks")
	w.page.expectFine(t, w.page.Follow(t, CSS("main .rows a").First()))
	w.see(t, w.page, "webhook")
	w.page.expectFine(t, w.page.Follow(t, CSS(`main a[href$="/delete"]`)))
	w.see(t, w.page, "webhook-delete")
}

func (w *walk) tokens(t *testing.T) {
	w.open(t, "/profile/integrations/tokens", "tokens-empty")
	w.open(t, "/profile/integrations/tokens/new", "token-new")
	w.refused(t, w.page, "scope", "token-new-refused")
	w.page.Fill(t, Field("name"), "Monthly report")
	w.page.Check(t, CSS(`[name=scope][value="fax:fax:read"]`))
	w.page.Check(t, CSS(`[name=scope][value="fax:user:read"]`))
	w.page.Submit(t, "scope")
	w.see(t, w.page, "token-shown")
	w.server.Admin(t, "token", "create", "--email", w.server.Owner.Email, "--name", "Old", "--expires", "2d", "--scope", "fax:all:read")
	w.page.Goto(t, w.server.URL+"/profile/integrations/tokens")
	w.press(t, `form[action$="/revoke"] button`)
	w.see(t, w.page, "tokens")
}

func (w *walk) trunks(t *testing.T) {
	w.open(t, "/numbers", "numbers-empty")
	w.open(t, "/trunks/new", "trunk-new")
	w.page.Fill(t, Field("host"), "sip:provider")
	w.refused(t, w.page, "host", "trunk-refused")
	w.page.Fill(t, Field("name"), "Provider")
	w.page.Fill(t, Field("host"), "127.0.0.1:9")
	w.page.Fill(t, Field("numbers"), "+81312345678")
	w.page.Submit(t, "host")
	w.see(t, w.page, "trunk")
	w.page.expectFine(t, w.page.Follow(t, CSS(`main a[href$="/delete"]`)))
	w.see(t, w.page, "trunk-delete")
	w.open(t, "/numbers", "numbers")
}

func (w *walk) apps(t *testing.T) {
	const redirect = "http://localhost:3000/callback"
	w.page.Goto(t, w.server.URL+"/profile/integrations")
	w.press(t, `form[action$="/activate"] button`)
	w.see(t, w.page, "app-activated")
	client := Client{ID: clientID.FindString(w.page.Text(t))}
	w.page.Fill(t, CSS(`[name^="redirect_uri"]`).First(), "http://192.168.1.20/callback")
	w.refused(t, w.page, "redirect_uri", "app-redirect-refused")
	w.page.Fill(t, CSS(`[name^="redirect_uri"]`).First(), redirect)
	w.page.Submit(t, "redirect_uri")
	w.see(t, w.page, "app")
	w.open(t, "/profile/integrations", "integrations")
	w.open(t, "/profile/integrations/apps/new", "app-new")
	w.open(t, "/profile/integrations/apps/"+client.ID+"/delete", "app-delete")

	w.app = w.server.App(t, client, redirect)
	w.page.Goto(t, w.app.AuthorizeURL("all", ""))
	w.see(t, w.page, "consent")
	w.connect(t)
	w.open(t, "/profile/apps", "connected-apps")
}

// connect lets a second app, whose redirect somebody answers, act for the owner.
func (w *walk) connect(t *testing.T) {
	t.Helper()
	back := newCallback(t)
	app := w.server.App(t, w.server.Client(t, "Appointments", back.URL), back.URL)
	w.page.Goto(t, app.AuthorizeURL("fax:fax:read fax:user:read", ""))
	w.page.Follow(t, CSS(`form[action="/consent"] button[value=allow]`))
	app.Exchange(t, back.Wait(t).Get("code"))
}

func (w *walk) people(t *testing.T) {
	w.server.Member(t, "reception@clinic.example", "manager")
	w.page.Goto(t, w.server.URL+"/members")
	w.page.Fill(t, Field("email"), "reception@clinic.example")
	w.refused(t, w.page, "email", "invitation-refused")
	w.page.Fill(t, Field("email"), "nurse@clinic.example")
	w.page.Submit(t, "email")
	w.see(t, w.page, "members")
	w.invitation(t, regexp.MustCompile(`http://\S+/invitation/\S+`).FindString(w.page.Text(t)))
	for i, screen := range []string{"member", "member-invited"} {
		w.page.Goto(t, w.server.URL+"/members")
		link := CSS(`main a[href^="/members/"]:has-text("` + []string{"reception", "nurse"}[i] + `")`)
		w.page.expectFine(t, w.page.Follow(t, link.First()))
		w.see(t, w.page, screen)
	}
	w.page.Goto(t, w.server.URL+"/members")
	w.page.expectFine(t, w.page.Follow(t, CSS(`main a[href^="/members/"]:has-text("reception")`).First()))
	w.page.expectFine(t, w.page.Follow(t, CSS(`main a[href$="/faxes"]`)))
	w.see(t, w.page, "faxes-of-a-member")
	w.open(t, "/faxes", "faxes-whose")
}

func (w *walk) invitation(t *testing.T, link string) {
	t.Helper()
	p := Open(t, w.view)
	p.Goto(t, link)
	w.see(t, p, "invitation")
}

func (w *walk) security(t *testing.T) {
	w.open(t, "/security", "controls-off")
	w.press(t, `form[action="/security"] button`)
	w.see(t, w.page, "controls-on")
	w.open(t, "/profile/apps", "connected-apps-30-days")
	w.open(t, "/audit", "audit")
	w.open(t, "/confirm?return_to=%2Fsecurity", "confirm")
}

func (w *walk) signedOut(t *testing.T) {
	main := w.page
	defer func() { w.page = main }()
	w.page = Open(t, w.view)
	w.open(t, "/login", "sign-in")
	w.page.Fill(t, Field("email"), w.server.Owner.Email)
	w.page.Fill(t, Field("password"), "wrong password")
	w.refused(t, w.page, "password", "sign-in-refused")
	w.open(t, strings.TrimPrefix(w.app.AuthorizeURL("all", ""), w.server.URL), "sign-in-for-an-app")
	w.open(t, "/forgot", "forgotten-password")
	w.wrong(t, "/nowhere", http.StatusNotFound, "not-found")
	w.wrong(t, "/login?response_type=code&client_id=APIK-nobody", http.StatusBadRequest, "unknown-app")
	w.wrong(t, "/invitation/fgl_nothing", http.StatusNotFound, "invitation-unknown")
}

// wrong opens a path that is an error.
func (w *walk) wrong(t *testing.T, path string, status int, screen string) {
	t.Helper()
	if a := w.page.Goto(t, w.server.URL+path); a.Status != status {
		t.Errorf("%s answered %d, want %d", path, a.Status, status)
	}
	w.see(t, w.page, screen)
}

func (w *walk) withoutPlan(t *testing.T) {
	other := *w.app
	other.Redirect = "http://localhost:3000/other"
	w.wrong(t, strings.TrimPrefix(other.AuthorizeURL("all", ""), w.server.URL), http.StatusBadRequest, "redirect-mismatch")
	w.server.Admin(t, "plan", "free")
	soon(t, "the page follows the plan", func() bool {
		w.page.Goto(t, w.server.URL+"/profile/integrations")
		return w.page.Count(t, CSS(`form[action$="/activate"], a[href$="/tokens"].primary`)) == 0
	})
	w.see(t, w.page, "plan-required")
}
