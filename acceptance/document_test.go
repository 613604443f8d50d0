package acceptance_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// document parses the reply's page.
func (r Reply) document(t *testing.T) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(r.Body))
	if err != nil {
		t.Fatalf("%s: %v", r.URL, err)
	}
	return root
}

// all are the elements that the selector finds.
func all(n *html.Node, selector string) []*html.Node {
	return cascadia.QueryAll(n, cascadia.MustCompile(selector))
}

// Text is what can be read on the page, with single spaces.
func (r Reply) Text(t *testing.T) string {
	t.Helper()
	return textOf(r.document(t))
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.DataAtom != atom.Style && d.Parent.DataAtom != atom.Script {
			b.WriteString(d.Data + " ")
		}
	}
	return squeeze(b.String())
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

// HasLink is whether the page has a link with exactly this text.
func (r Reply) HasLink(t *testing.T, text string) bool {
	t.Helper()
	return r.link(t, text) != ""
}

// Link is where the first link with this text leads.
func (r Reply) Link(t *testing.T, text string) string {
	t.Helper()
	href := r.link(t, text)
	if href == "" {
		t.Fatalf("%s has no link %q:\n%s", r.URL, text, r.Text(t))
	}
	return resolve(t, r.URL, href)
}

func (r Reply) link(t *testing.T, text string) string {
	t.Helper()
	for _, a := range all(r.document(t), "a[href]") {
		if textOf(a) == text {
			return attribute(a, "href")
		}
	}
	return ""
}

// Form is what a browser would send when the button is pressed.
type Form struct {
	Method string
	Action string
	Fields url.Values // as they stand, the button's own among them
}

// HasButton is whether the page has a button with exactly this text.
func (r Reply) HasButton(t *testing.T, text string) bool {
	t.Helper()
	return r.button(t, text) != nil
}

func (r Reply) button(t *testing.T, text string) *html.Node {
	t.Helper()
	for _, b := range all(r.document(t), "form button") {
		if textOf(b) == text {
			return b
		}
	}
	return nil
}

// ButtonOf is the text of the first button in the form that has the field.
func (r Reply) ButtonOf(t *testing.T, field string) string {
	t.Helper()
	for _, f := range all(r.document(t), "form") {
		if buttons := all(f, "button"); len(all(f, "[name="+field+"]")) > 0 && len(buttons) > 0 {
			return textOf(buttons[0])
		}
	}
	t.Fatalf("%s has no form with the field %q and a button:\n%s", r.URL, field, r.Text(t))
	return ""
}

// Form is the form that has the button with this text.
func (r Reply) Form(t *testing.T, button string) Form {
	t.Helper()
	b := r.button(t, button)
	if b == nil {
		t.Fatalf("%s (%d) has no button %q in a form:\n%s", r.URL, r.Status, button, r.Text(t))
	}
	return formOf(b)
}

func formOf(button *html.Node) Form {
	node := button
	for node.DataAtom != atom.Form {
		node = node.Parent
	}
	f := Form{Method: strings.ToUpper(attribute(node, "method")), Action: attribute(node, "action"), Fields: url.Values{}}
	if f.Method == "" {
		f.Method = http.MethodGet
	}
	if action := attribute(button, "formaction"); action != "" {
		f.Action = action
	}
	f.readFields(node)
	if name := attribute(button, "name"); name != "" {
		f.Fields.Add(name, attribute(button, "value"))
	}
	return f
}

// readFields collects the successful controls (HTML, 4.10.22.4) other than buttons.
func (f *Form) readFields(form *html.Node) {
	for _, n := range all(form, "input[name], select[name], textarea[name]") {
		if hasAttribute(n, "disabled") {
			continue
		}
		name := attribute(n, "name")
		switch n.DataAtom {
		case atom.Select:
			f.readSelect(name, n)
		case atom.Textarea:
			f.Fields.Add(name, textContent(n))
		default:
			f.readInput(name, n)
		}
	}
}

func (f *Form) readSelect(name string, n *html.Node) {
	options := all(n, "option[selected]")
	if len(options) == 0 {
		options = all(n, "option")
	}
	if len(options) > 0 {
		f.Fields.Add(name, attribute(options[0], "value"))
	}
}

func (f *Form) readInput(name string, n *html.Node) {
	value := attribute(n, "value")
	switch attribute(n, "type") {
	case "checkbox", "radio":
		if !hasAttribute(n, "checked") {
			return
		}
		if !hasAttribute(n, "value") {
			value = "on"
		}
	case "submit", "button", "image", "reset", "file":
		return
	}
	f.Fields.Add(name, value)
}

func textContent(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}
