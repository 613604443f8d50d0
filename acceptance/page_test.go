package acceptance_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Page is a tab of the browser. Its methods wait until what they are about is
// there, and end the test when it does not come.
type Page struct {
	browser *Browser
	name    string
}

// Target names something on a page, as its user would find it.
type Target struct {
	CSS   string `json:"css,omitempty"`
	Role  string `json:"role,omitempty"`
	Name  string `json:"name,omitempty"`  // of the role
	Label string `json:"label,omitempty"` // of a form field
	Nth   *int   `json:"nth,omitempty"`   // of several, from 0
}

// Link is the link with exactly this text.
func Link(name string) Target { return Target{Role: "link", Name: name} }

// Button is the button with exactly this text.
func Button(name string) Target { return Target{Role: "button", Name: name} }

// Heading is the heading with exactly this text.
func Heading(name string) Target { return Target{Role: "heading", Name: name} }

// Field is the form field with this name attribute.
func Field(name string) Target { return CSS(fmt.Sprintf(`[name=%q]:not([type=hidden])`, name)) }

// CSS is whatever the selector finds.
func CSS(selector string) Target { return Target{CSS: selector} }

// First is the first of several.
func (x Target) First() Target { return x.At(0) }

// At is the nth of several, from 0.
func (x Target) At(n int) Target {
	x.Nth = &n
	return x
}

// Arrival is the answer that a page came with.
type Arrival struct {
	URL     string            `json:"url"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"` // names in lower case
}

func (p *Page) do(t *testing.T, c command, result any) {
	t.Helper()
	c.Page = p.name
	if err := p.browser.call(c, result); err != nil {
		p.complain(t, err)
	}
}

// complain ends the test and shows what the browser was looking at.
func (p *Page) complain(t *testing.T, problem error) {
	t.Helper()
	var url, text string
	_ = p.browser.call(command{Page: p.name, Do: "url"}, &url)                             // best effort: the problem itself is told anyway
	_ = p.browser.call(command{Page: p.name, Do: "text", At: &Target{CSS: "body"}}, &text) // likewise
	picture := artefact(t, "failed-"+strings.ReplaceAll(t.Name(), "/", "-"))
	_ = p.browser.call(command{Page: p.name, Do: "screenshot", Path: picture}, nil) // likewise
	t.Fatalf("%v\nat %s (picture %s):\n%s", problem, url, picture, text)
}

// artefact is the path of a picture that outlives the test.
func artefact(t *testing.T, name string) string {
	t.Helper()
	dir, err := filepath.Abs("artefacts")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name+".png")
}

func (p *Page) close(t *testing.T) {
	var problems []string
	p.do(t, command{Do: "problems"}, &problems)
	for _, problem := range problems {
		t.Errorf("in the browser: %s", problem)
	}
	p.learnCookies(t)
	p.do(t, command{Do: "close"}, nil)
}

// learnCookies remembers the values of the cookies as secrets.
func (p *Page) learnCookies(t *testing.T) {
	t.Helper()
	var cookies []struct{ Name, Value string }
	p.do(t, command{Do: "cookies"}, &cookies)
	for _, c := range cookies {
		suite.secrets.add("cookie "+c.Name, c.Value)
	}
}

// arrive is the end of each way to another page: its secrets are remembered.
func (p *Page) arrive(t *testing.T, c command) Arrival {
	t.Helper()
	var a Arrival
	p.do(t, c, &a)
	suite.secrets.learn(p.URL(t))
	suite.secrets.learn(p.HTML(t))
	return a
}

// Goto opens a URL.
func (p *Page) Goto(t *testing.T, url string) Arrival {
	t.Helper()
	return p.arrive(t, command{Do: "goto", URL: url})
}

// Reload loads the page again; a form that made it is sent again.
func (p *Page) Reload(t *testing.T) Arrival {
	t.Helper()
	return p.arrive(t, command{Do: "reload"})
}

// Follow clicks a link or a form's button and waits for the page behind it.
func (p *Page) Follow(t *testing.T, x Target) Arrival {
	t.Helper()
	return p.arrive(t, command{Do: "follow", At: &x})
}

// Press follows the button and expects a page that is not an error.
func (p *Page) Press(t *testing.T, name string) {
	t.Helper()
	p.expectFine(t, p.Follow(t, Button(name)))
}

// Visit follows the link and expects a page that is not an error.
func (p *Page) Visit(t *testing.T, name string) {
	t.Helper()
	p.expectFine(t, p.Follow(t, Link(name).First()))
}

func (p *Page) expectFine(t *testing.T, a Arrival) {
	t.Helper()
	if a.Status >= http.StatusBadRequest {
		p.complain(t, fmt.Errorf("%s answered %d", a.URL, a.Status))
	}
}

// Click clicks what leads nowhere.
func (p *Page) Click(t *testing.T, x Target) {
	t.Helper()
	p.do(t, command{Do: "click", At: &x}, nil)
}

// Fill writes into a field.
func (p *Page) Fill(t *testing.T, x Target, value string) {
	t.Helper()
	p.do(t, command{Do: "fill", At: &x, Value: value}, nil)
}

// Check ticks a box or a radio button.
func (p *Page) Check(t *testing.T, x Target) {
	t.Helper()
	p.do(t, command{Do: "check", At: &x}, nil)
}

// Select chooses in a list by value.
func (p *Page) Select(t *testing.T, x Target, value string) {
	t.Helper()
	p.do(t, command{Do: "select", At: &x, Value: value}, nil)
}

// Wait waits until it can be seen.
func (p *Page) Wait(t *testing.T, x Target) {
	t.Helper()
	p.do(t, command{Do: "wait", At: &x}, nil)
}

// Count is how many there are now.
func (p *Page) Count(t *testing.T, x Target) int {
	t.Helper()
	var n int
	p.do(t, command{Do: "count", At: &x}, &n)
	return n
}

// Text is what can be read on the whole page.
func (p *Page) Text(t *testing.T) string {
	t.Helper()
	return p.TextOf(t, CSS("body"))
}

// TextOf is what can be read in the first of the targets.
func (p *Page) TextOf(t *testing.T, x Target) string {
	t.Helper()
	var text string
	p.do(t, command{Do: "text", At: &x}, &text)
	return text
}

// Attribute is an attribute of the first of the targets, "" when it has none.
func (p *Page) Attribute(t *testing.T, x Target, name string) string {
	t.Helper()
	var value string
	p.do(t, command{Do: "attribute", At: &x, Value: name}, &value)
	return value
}

// HTML is the page's source as the browser sees it.
func (p *Page) HTML(t *testing.T) string {
	t.Helper()
	var html string
	p.do(t, command{Do: "html"}, &html)
	return html
}

// URL is where the browser is.
func (p *Page) URL(t *testing.T) string {
	t.Helper()
	var url string
	p.do(t, command{Do: "url"}, &url)
	return url
}

// Shoot leaves a picture of the whole page in artefacts/.
func (p *Page) Shoot(t *testing.T, name string) {
	t.Helper()
	p.do(t, command{Do: "screenshot", Path: artefact(t, name)}, nil)
}

// Resize changes the size of the window.
func (p *Page) Resize(t *testing.T, size viewport) {
	t.Helper()
	p.do(t, command{Do: "resize", Options: size}, nil)
}

// Evaluate gives the value of an expression of JavaScript on the page.
func (p *Page) Evaluate(t *testing.T, expression string, value any) {
	t.Helper()
	p.do(t, command{Do: "evaluate", Value: expression}, value)
}

// violation is a rule of accessibility that a page breaks, as axe-core tells it.
type violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		Target string `json:"target"`
		HTML   string `json:"html"`
		Why    string `json:"why"`
	} `json:"nodes"`
}

// Violations are what axe-core has against the page.
func (p *Page) Violations(t *testing.T) []violation {
	t.Helper()
	var v []violation
	p.do(t, command{Do: "axe"}, &v)
	return v
}

// Control is the link or button with exactly this text.
func Control(name string) Target { return CSS(fmt.Sprintf(`:is(a, button):text-is(%q)`, name)) }

// FormOf is the first button of the form that has the field.
func FormOf(field string) Target {
	return CSS(fmt.Sprintf(`form:has([name^=%q]:not([type=hidden])) button:not([type=button])`, field)).First()
}

// Use follows the first link or button with this text and expects a page that is no
// error.
func (p *Page) Use(t *testing.T, name string) {
	t.Helper()
	p.expectFine(t, p.Follow(t, Control(name).First()))
}

// Submit sends the form that has the field and expects a page that is not an error.
func (p *Page) Submit(t *testing.T, field string) {
	t.Helper()
	p.expectFine(t, p.Follow(t, FormOf(field)))
}

// SignIn fills in the sign-in form that the page shows.
func (p *Page) SignIn(t *testing.T, who Person) {
	t.Helper()
	p.Fill(t, Field("email"), who.Email)
	p.Fill(t, Field("password"), who.Password)
	p.Submit(t, "password")
	p.learnCookies(t)
}
