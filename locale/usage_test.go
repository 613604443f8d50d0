package locale_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// audit says what is wrong between a source tree and a catalogue.
func audit(u *usage, messages map[string]message) []string {
	problems := slices.Clone(u.problems)
	ids := slices.Sorted(maps.Keys(messages))
	for _, n := range u.needs {
		found := false
		for _, id := range ids {
			if n.matches(id) {
				found = true
				problems = append(problems, blanksLeft(n, id, messages)...)
			}
		}
		if !found {
			problems = append(problems, n.where+": the catalogue lacks "+n.id)
		}
	}
	for _, id := range ids {
		if !u.uses(id) {
			problems = append(problems, "nobody uses "+id)
		}
	}
	return problems
}

// blanksLeft names the placeholders of the message, and of the action that goes
// with an error, for which the code gives nothing.
func blanksLeft(n need, id string, messages map[string]message) (problems []string) {
	blanks := slices.Clone(messages[id].blank)
	if code, ok := strings.CutPrefix(id, "error."); ok {
		blanks = append(blanks, messages["action."+code].blank...)
	}
	for _, name := range blanks {
		if n.known && !slices.Contains(n.given, name) {
			problems = append(problems, n.where+": "+id+" wants {{."+name+"}}, which is not given")
		}
	}
	return problems
}

func TestCodeAndCatalogueAgree(t *testing.T) {
	t.Parallel()
	u, err := scan(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	en, _ := catalogues(t)
	for _, problem := range audit(u, en) {
		t.Error(problem)
	}
}

func TestAuditBites(t *testing.T) {
	t.Parallel()
	messages := map[string]message{
		"action.known":  {},
		"error.known":   {blank: []string{"limit"}},
		"error.waiting": {blank: []string{"wait", "field"}},
		"page.dead":     {},
		"page.title":    {blank: []string{"name"}},
		"scope.fax":     {},
	}
	const used = `package p; func f() {
		fault.New(fault.Invalid, "known", "limit", 1)
		fault.New(fault.Invalid, "waiting")
		x := "page.title"
		y := "scope." + x
		z := "page.dead"
	}`
	for _, tt := range []struct {
		name, file, source, want string
	}{
		{"all is well", "a.go", `package p`, ""},
		{"a fault without a sentence", "a.go", `package p; func f() error { return fault.New(fault.Invalid, "strange").At("x") }`,
			"a.go:1: the catalogue lacks error.strange"},
		{"one of two codes of a variable", "a.go", "package p\nfunc f() error {\ncode := \"known\"\nif x { code = \"strange\" }\nreturn fault.New(k, code, \"limit\", 1) }",
			"a.go:5: the catalogue lacks error.strange"},
		{"a code that cannot be seen", "a.go", `package p; func F(s string) error { return fault.New(fault.Invalid, s) }`,
			"a.go:1: the code of the fault is not a literal"},
		{"a code of which only the end is seen", "a.go", `package p; var e, f = fault.New(k, s+"_known"), fault.New(k, s+"nown", "limit", 1)`,
			"a.go:1: the catalogue lacks error.*_known"},
		{"a code that comes through a helper", "a.go", "package p\nvar e, f = refuse(1, `known`), refuse(2, `strange`)\nfunc refuse(n int, code string) error { return fault.New(k, code, `limit`, n) }",
			"a.go:2: the catalogue lacks error.strange"},
		{"a helper that leaves a blank", "a.go", "package p\nvar e = refuse(`known`)\nfunc refuse(code string) error { return fault.New(k, code) }",
			"a.go:2: error.known wants {{.limit}}, which is not given"},
		{"a fault that leaves a blank", "a.go", `package p; var e = fault.New(fault.Invalid, "known", "length", 1)`,
			"a.go:1: error.known wants {{.limit}}, which is not given"},
		{"a text without a message", "b/a.go", `package p; var e = locale.Text(l, "page.none", nil)`,
			"b/a.go:1: the catalogue lacks page.none"},
		{"a text that leaves a blank", "a.go", `package p; var e = locale.Text(l, "page.title", map[string]any{"x": 1})`,
			"a.go:1: page.title wants {{.name}}, which is not given"},
		{"a template without a message", "dashboard/templates/a.html", `<p>{{define "x"}}{{if .Y}}{{else}}{{$.T "page.none"}}{{end}}{{end}}`,
			"dashboard/templates/a.html:1:36: the catalogue lacks page.none"},
		{"a template that leaves a blank", "dashboard/templates/a.html", `{{t "page.title" "name" .Name}}{{t "page.title" "title" .Name}}`,
			"dashboard/templates/a.html:1:33: page.title wants {{.name}}, which is not given"},
		{"tests do not count", "a_test.go", `package p; var e = locale.Text(l, "page.none", nil)`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u, err := scan(fstest.MapFS{
				"used.go": {Data: []byte(used)},
				tt.file:   {Data: []byte(tt.source)},
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(audit(u, messages), "\n"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAuditFindsWhatNobodyUses(t *testing.T) {
	t.Parallel()
	u, err := scan(fstest.MapFS{
		"dashboard/templates/a.html": {Data: []byte(`{{t (printf "scope.%s" .Name)}}{{template "x" "page.title"}}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := audit(u, map[string]message{"error.dead": {}, "page.title": {}, "page.dead": {}, "scope.fax": {}})
	if want := []string{"nobody uses error.dead", "nobody uses page.dead"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
