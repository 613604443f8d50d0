package dashboard_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

// everyPage opens each page of the product in a browser, the error pages among
// them.
func everyPage(t *testing.T, language string) []*page {
	t.Helper()
	fresh := newSite(t, options{noOwner: true})
	newcomer := fresh.browser()
	newcomer.language = language
	pages := []*page{
		newcomer.get(t, "/login"), newcomer.get(t, "/setup?code="+fresh.code), newcomer.get(t, "/setup"),
		newcomer.post(t, "/setup?code="+fresh.code, url.Values{"password": {"x"}}),
	}

	s := newSite(t, options{mail: true})
	client, secret := s.app(t, oauth.Registration{Name: "Patient Records", RedirectURIs: []string{redirectURI}})
	public, _ := s.app(t, oauth.Registration{Name: "Phone", Public: true, RedirectURIs: []string{"com.example.app:/cb"}})
	_, member := s.member(t, "member@clinic.example", auth.Member)
	b, stranger := s.browser(), s.browser()
	b.language, stranger.language = language, language
	b.signIn(t, ownerEmail, password)
	link := "/login?" + request(client).Encode()
	consent := b.get(t, link)
	decision := url.Values{"decision": {"allow"}, "ticket": {attribute(consent.all("[name=ticket]")[0], "value")}}
	s.exchange(t, client, secret, b.post(t, "/consent", decision).back(t, redirectURI).Get("code"))
	_, invited, err := s.Accounts.Invite(t.Context(), s.caller(t), "guest@clinic.example", auth.Member, "")
	if err != nil {
		t.Fatal(err)
	}
	invitation := s.link(t, "invitation")
	b.post(t, "/profile/email", url.Values{"email": {"new@clinic.example"}})
	stranger.post(t, "/forgot", url.Values{"email": {ownerEmail}})
	token := func(name string) *page {
		return b.post(t, "/profile/integrations/tokens/new", url.Values{"name": {name}, "scope": {"fax:user:read"}, "expires": {"7"}})
	}
	pages = append(pages, consent, token("Scanner"), token("Scanner"), token("Other"))
	tokens, err := s.Tokens.List(t.Context(), s.caller(t), false)
	if err != nil {
		t.Fatal(err)
	}
	b.post(t, "/profile/integrations/tokens/"+tokens[0].ID+"/revoke", nil)
	pages = append(pages, s.faxPages(t, b)...)
	pages = append(pages, s.trunkPages(t, b)...)
	app := "/profile/integrations/apps/" + client.ID
	for _, path := range []string{
		"/", "/profile", "/profile/security", "/profile/integrations", "/profile/integrations/tokens", "/profile/integrations/tokens?everyone=1",
		"/profile/integrations/tokens/new?preset=full", "/profile/integrations/apps/new", app, app + "/delete",
		"/profile/integrations/apps/" + public.ID, "/profile/apps", "/members", "/members/" + member.ID, "/members/" + invited.ID,
		"/security", "/confirm", "/audit", "/nowhere", "/login?" + request(client, "redirect_uri", "https://evil.example/").Encode(),
		"/login?" + request(public, "code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method", "S256").Encode(),
	} {
		pages = append(pages, b.get(t, path))
	}
	for _, path := range []string{"/login", link, "/forgot", invitation, s.link(t, "password_reset"), s.link(t, "email_change_confirm"), "/reset/x", "/nowhere"} {
		pages = append(pages, stranger.get(t, path))
	}
	return append(pages,
		stranger.post(t, "/login", url.Values{"email": {ownerEmail}, "password": {"wrong"}}),
		stranger.post(t, "/forgot", url.Values{"email": {ownerEmail}}),
		b.post(t, app+"/redirect-uris", url.Values{"redirect_uri": {"http://192.168.1.20/cb"}}),
		b.post(t, app+"/secret", url.Values{"grace": {"1"}}),
		b.post(t, "/members", url.Values{"email": {"x"}, "role": {"member"}}),
		b.post(t, "/confirm", url.Values{"password": {"x"}}),
		b.post(t, "/consent", nil),
	)
}

// No page can be framed or cached. Pages with forms keep the referrer within the
// server, because browsers take the Origin of a form from it; pages with a secret
// send none.
func TestRFC9700_4_16_EveryPageIsProtected(t *testing.T) {
	t.Parallel()
	for _, p := range everyPage(t, "en") {
		for name, want := range map[string]string{
			"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
		} {
			if got := p.header.Get(name); got != want {
				t.Errorf("%s: %s: %s, want %s", p.path, name, got, want)
			}
		}
		policy := p.header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'; ", "script-src 'self'; ", "style-src 'self'; ", "frame-ancestors 'none'; ", "base-uri 'none'; ", "form-action 'self'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy lacks %s: %s", p.path, want, policy)
			}
		}
		want := "same-origin"
		if !p.has("form") {
			want = "no-referrer"
		}
		if got := p.header.Get("Referrer-Policy"); got != want && (p.has("form") || p.has(".secret")) {
			t.Errorf("%s: Referrer-Policy %s, want %s", p.path, got, want)
		}
	}
}

// The policy forbids inline scripts and styles; a page must not have any.
func TestPagesAreWellFormed(t *testing.T) {
	t.Parallel()
	for _, p := range everyPage(t, "en") {
		if len(p.all("h1")) != 1 || len(p.all("main")) != 1 || len(p.all("head > title")) != 1 {
			t.Errorf("%s: %d h1, %d main, %d title", p.path, len(p.all("h1")), len(p.all("main")), len(p.all("head > title")))
		}
		if p.has("style, [style], script:not([src]), base, iframe, object") {
			t.Errorf("%s has inline style or script", p.path)
		}
		seen := map[string]bool{}
		for n := range p.doc.Descendants() {
			for _, a := range n.Attr {
				switch {
				case strings.HasPrefix(a.Key, "on"):
					t.Errorf("%s: <%s %s>", p.path, n.Data, a.Key)
				case a.Key == "id" && seen[a.Val]:
					t.Errorf("%s: the id %s stands twice", p.path, a.Val)
				case a.Key == "id":
					seen[a.Val] = true
				}
			}
		}
		p.checkReferences(t)
	}
}

// checkReferences looks that labels, descriptions and links within the page lead
// somewhere, and that every field has a label.
func (p *page) checkReferences(t *testing.T) {
	t.Helper()
	exists := func(id string) bool { return p.has("[id='" + id + "']") }
	for _, n := range p.all("label[for], [aria-describedby], a[href^='#'], button[data-copy]") {
		ids := attribute(n, "for") + " " + attribute(n, "aria-describedby") + " " + attribute(n, "data-copy")
		if href := attribute(n, "href"); strings.HasPrefix(href, "#") {
			ids += " " + href[1:]
		}
		for id := range strings.FieldsSeq(ids) {
			if !exists(id) {
				t.Errorf("%s: <%s> refers to #%s, which is not there", p.path, n.Data, id)
			}
		}
	}
	for _, n := range p.all("input:not([type=hidden]), select, textarea") {
		if !p.has("label[for='"+attribute(n, "id")+"']") && !within(n, "label") {
			t.Errorf("%s: the field %s has no label", p.path, attribute(n, "name"))
		}
	}
}

func within(n *html.Node, element string) bool {
	for a := range n.Ancestors() {
		if a.Data == element {
			return true
		}
	}
	return false
}

// No message id and no unfilled blank reaches a page, in either language, and every
// Japanese page speaks Japanese.
func TestEveryPageIsInBothLanguages(t *testing.T) {
	t.Parallel()
	ids := messageIDs(t)
	japanese := regexp.MustCompile(`\p{Hiragana}`)
	for _, language := range []string{"en", "ja"} {
		for _, p := range everyPage(t, language) {
			if got := attribute(p.all("html")[0], "lang"); got != language || p.header.Get("Content-Language") != language {
				t.Errorf("%s: lang %s, want %s", p.path, got, language)
			}
			words := strings.Fields(p.text("body") + " " + p.text("title"))
			for _, word := range words {
				if ids[strings.Trim(word, ".,:;()")] && !p.has(".log") {
					t.Errorf("%s shows the message id %s", p.path, word)
				}
			}
			all := p.text("main")
			if strings.Contains(all, "<no value>") || strings.Contains(all, "{{") {
				t.Errorf("%s has a blank:\n%s", p.path, all)
			}
			if (language == "ja") != japanese.MatchString(p.text("main h1")+all) {
				t.Errorf("%s (%s) speaks another language:\n%s", p.path, language, all)
			}
		}
	}
}

func messageIDs(t *testing.T) map[string]bool {
	t.Helper()
	raw, err := os.ReadFile("../locale/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var messages map[string]any
	if err := json.Unmarshal(raw, &messages); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for id := range messages {
		ids[id] = true
	}
	return ids
}

func TestLanguageByBrowserCookieAndProfile(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.browser()
	b.language = "ja"
	p := b.get(t, "/login")
	p.contains(t, "サインイン")
	p = b.follow(t, b.press(t, p, "English", nil))
	p.contains(t, "Password")
	b.signIn(t, ownerEmail, password)
	b.get(t, "/").contains(t, "Home") // the cookie still counts
	other := s.browser()
	other.signIn(t, ownerEmail, password)
	other.follow(t, other.press(t, other.get(t, "/profile"), "日本語", nil)).contains(t, "プロフィール")
	b.get(t, "/profile").contains(t, "プロフィール") // the account's choice wins everywhere
	_, form := formOf(b.get(t, "/profile").all("form[action='/profile'] button")[0])
	form.Set("language", "")
	b.follow(t, b.post(t, "/profile", form))
	b.get(t, "/profile").contains(t, "プロフィール") // by the browser again, which asks for Japanese
	other.language = "en"
	other.cookies = map[string]string{"faxgate": other.cookies["faxgate"]}
	other.get(t, "/profile").contains(t, "Profile")
}

func TestProfileAndAppearance(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	_, form := formOf(b.get(t, "/profile").all("form[action='/profile'] button")[0])
	form.Set("name", "花子")
	form.Set("lastname", "佐藤")
	form.Set("time_zone", "America/New_York")
	b.follow(t, b.post(t, "/profile", form)).contains(t, "The profile was saved", "佐藤 花子")
	b.get(t, "/audit").contains(t, "Mon 23 Nov 2026 02:05 EST")
	form.Set("phone", "call me")
	p := b.post(t, "/profile", form).want(t, http.StatusBadRequest)
	if !p.has("#phone[aria-invalid=true][value='call me']") {
		t.Error("the telephone number is not pointed out")
	}
	form.Set("phone", "")
	form.Set("time_zone", "Mars/Olympus")
	b.post(t, "/profile", form).want(t, http.StatusBadRequest)
	if b.follow(t, b.post(t, "/profile/appearance", url.Values{"scheme": {"dark"}})); !b.get(t, "/login?client_id=x").has("html[data-scheme=dark]") {
		t.Error("the choice of dark is not kept")
	}
	if b.follow(t, b.post(t, "/profile/appearance", url.Values{"scheme": {"pink"}})); b.get(t, "/").has("html[data-scheme]") {
		t.Error("there is a scheme that nobody knows")
	}
}

// A notice is shown once, and only if it is one of ours.
func TestANoticeIsShownOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	p := b.follow(t, b.press(t, b.get(t, "/profile/security"), "Sign out everywhere else", nil))
	if !p.has(".notice[role=status]") || b.get(t, p.path).has(".notice") {
		t.Error("the notice is not shown once")
	}
	b.cookies["faxgate-notice"] = "<b>hello"
	if b.get(t, "/").has(".notice") {
		t.Error("a made-up notice is shown")
	}
}

func TestTheAuditLogNamesTokenAndApp(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	err := s.db.PutAudit(t.Context(), auth.Audit{
		ID: auth.NewID(), OrganizationID: s.org.ID, At: s.clock.Now(), Action: "account.edit",
		Actor: auth.Actor{Name: ownerEmail, TokenID: "0123", ClientID: "APIK-4567"},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.signedIn(t).get(t, "/audit").contains(t, "with the token 0123", "through the app APIK-4567")
}

func TestStaticFilesAreKeptForEver(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.browser()
	p := b.get(t, "/login")
	for selector, mime := range map[string]string{"link[rel=stylesheet]": "text/css; charset=utf-8", "link[rel=icon]": "image/svg+xml", "script": "text/javascript; charset=utf-8"} {
		n := p.all(selector)[0]
		address := attribute(n, "href") + attribute(n, "src")
		f := b.get(t, address).want(t, http.StatusOK)
		if f.header.Get("Cache-Control") != "public, max-age=31536000, immutable" || f.header.Get("Content-Type") != mime || len(f.body) == 0 {
			t.Errorf("%s: %v", address, f.header)
		}
	}
	for _, path := range []string{"/static/style.css", "/static/style.000000000000.css", "/static/..%2fdashboard.go", "/static/"} {
		b.get(t, path).want(t, http.StatusNotFound)
	}
}
