package dashboard_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// browser keeps cookies and sends what browsers send. It follows no redirect by
// itself.
type browser struct {
	site     *site
	cookies  map[string]string
	set      []*http.Cookie // by the latest answer
	language string         // Accept-Language
	address  string
	headers  http.Header // added to every request
}

func (s *site) browser() *browser {
	return &browser{site: s, cookies: map[string]string{}, language: "en", address: "192.0.2.1:5000", headers: http.Header{}}
}

// signedIn is a browser in which the owner is signed in.
func (s *site) signedIn(t *testing.T) *browser {
	t.Helper()
	b := s.browser()
	b.signIn(t, ownerEmail, password)
	return b
}

func (b *browser) signIn(t *testing.T, email, password string) {
	t.Helper()
	b.post(t, "/login", url.Values{"email": {email}, "password": {password}}).want(t, http.StatusSeeOther)
}

// page is an answer.
type page struct {
	path   string
	status int
	header http.Header
	body   string
	doc    *html.Node
}

func (b *browser) do(t *testing.T, r *http.Request) *page {
	t.Helper()
	r.RemoteAddr = b.address
	r.Header.Set("Accept-Language", b.language)
	for name, values := range b.headers {
		r.Header[name] = values
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.site.handler.ServeHTTP(w, r)
	answer := w.Result()
	b.set = answer.Cookies()
	for _, c := range b.set {
		b.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	doc, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return &page{r.URL.RequestURI(), w.Code, answer.Header, w.Body.String(), doc}
}

func (b *browser) get(t *testing.T, path string) *page {
	t.Helper()
	return b.do(t, httptest.NewRequest(http.MethodGet, path, nil))
}

// post sends a form as one of the server's own pages does.
func (b *browser) post(t *testing.T, path string, form url.Values) *page {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(t, r)
}

// press sends the form with the button, its fields as they stand but for those
// given.
func (b *browser) press(t *testing.T, p *page, button string, fields url.Values) *page {
	t.Helper()
	for _, n := range p.all("form button") {
		if text(n) == button {
			action, form := formOf(n)
			if action == "" {
				action = p.path
			}
			for name, values := range fields {
				form[name] = values
			}
			return b.post(t, action, form)
		}
	}
	t.Fatalf("%s has no button %q:\n%s", p.path, button, p.text("body"))
	return nil
}

// follow opens where a redirect leads.
func (b *browser) follow(t *testing.T, p *page) *page {
	t.Helper()
	p.want(t, http.StatusSeeOther)
	return b.get(t, p.location())
}

func (p *page) want(t *testing.T, status int) *page {
	t.Helper()
	if p.status != status {
		t.Fatalf("%s answered %d, want %d:\n%s", p.path, p.status, status, p.text("body"))
	}
	return p
}

func (p *page) location() string { return p.header.Get("Location") }

func (p *page) all(selector string) []*html.Node {
	return cascadia.QueryAll(p.doc, cascadia.MustCompile(selector))
}

func (p *page) has(selector string) bool { return len(p.all(selector)) > 0 }

// text is what can be read in all that the selector finds, with single spaces.
func (p *page) text(selector string) string {
	var parts []string
	for _, n := range p.all(selector) {
		parts = append(parts, text(n))
	}
	return strings.Join(parts, " ")
}

// contains fails the test where the page lacks one of the texts.
func (p *page) contains(t *testing.T, texts ...string) {
	t.Helper()
	all := p.text("body")
	for _, s := range texts {
		if !strings.Contains(all, s) {
			t.Errorf("%s does not say %q:\n%s", p.path, s, all)
		}
	}
}

func (p *page) button(name string) bool {
	for _, n := range p.all("button") {
		if text(n) == name {
			return true
		}
	}
	return false
}

func (p *page) link(name string) string {
	for _, n := range p.all("a") {
		if text(n) == name {
			return attribute(n, "href")
		}
	}
	return ""
}

var secretText = regexp.MustCompile(`fg[a-z]_[0-9A-Za-z]{49}`)

// secret is the text with this prefix that stands unbroken in the page.
func (p *page) secret(t *testing.T, prefix string) string {
	t.Helper()
	for _, s := range secretText.FindAllString(p.body, -1) {
		if strings.HasPrefix(s, prefix+"_") {
			return s
		}
	}
	t.Fatalf("%s shows no %s secret:\n%s", p.path, prefix, p.text("body"))
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttribute(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// formOf collects what a browser would send with the button.
func formOf(button *html.Node) (action string, form url.Values) {
	node := button
	for node.DataAtom != atom.Form {
		node = node.Parent
	}
	form = url.Values{}
	for _, n := range cascadia.QueryAll(node, cascadia.MustCompile("input[name], select[name], textarea[name]")) {
		name, value := attribute(n, "name"), attribute(n, "value")
		switch kind := attribute(n, "type"); {
		case hasAttribute(n, "disabled") || kind == "file":
		case n.DataAtom == atom.Textarea:
			form.Add(name, text(n))
		case kind == "checkbox" || kind == "radio":
			if hasAttribute(n, "checked") {
				form.Add(name, value)
			}
		case n.DataAtom == atom.Select:
			for _, o := range cascadia.QueryAll(n, cascadia.MustCompile("option[selected]")) {
				form.Add(name, attribute(o, "value"))
			}
		default:
			form.Add(name, value)
		}
	}
	if name := attribute(button, "name"); name != "" {
		form.Set(name, attribute(button, "value"))
	}
	return attribute(node, "action"), form
}
