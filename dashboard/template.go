package dashboard

import (
	"bytes"
	"embed"
	"html/template"
	"sync"

	"github.com/faxgate/faxgate/locale"
)

//go:embed templates
var templateFiles embed.FS

// templates are the parsed pages by language and name. Each is parsed when it is
// first asked for, so that a start costs nothing and a page that nobody opens no
// memory.
type templates struct {
	mu     sync.Mutex
	parsed map[templateKey]*template.Template
}

type templateKey struct {
	language locale.Language
	page     string
}

// page gives the templates of one page: the layout, the shared parts, and the
// page's own file, which defines "content".
func (x *templates) page(l locale.Language, name string) (*template.Template, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	key := templateKey{l, name}
	if t, ok := x.parsed[key]; ok {
		return t, nil
	}
	t, err := template.New("layout.html").Funcs(functions(l)).ParseFS(templateFiles,
		"templates/layout.html", "templates/parts.html", "templates/"+name+".html")
	if err != nil {
		return nil, err
	}
	if x.parsed == nil {
		x.parsed = make(map[templateKey]*template.Template)
	}
	x.parsed[key] = t
	return t, nil
}

// render fills in a page completely before anything of it is sent, so that a
// failure can still become an error page.
func (x *templates) render(l locale.Language, name string, data any) ([]byte, error) {
	return x.renderPart(l, name, "layout.html", data)
}

// renderPart fills in a part of a page: what its templates define by that name.
func (x *templates) renderPart(l locale.Language, name, part string, data any) ([]byte, error) {
	t, err := x.page(l, name)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, part, data); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// functions are what templates can call.
//
//	{{t "id" "key" value …}}            the text of a message
//	{{asset "style.css"}}               the address of a static file
//	{{input . "email" "type" "email" …}} a form field: see newInput
//	{{with args "a" 1 "b" 2}}           several values for one shared part
func functions(l locale.Language) template.FuncMap {
	return template.FuncMap{
		"t": func(id string, params ...any) string { return locale.Text(l, id, pairs(params)) },
		"asset": func(name string) string {
			return assets()[name].address
		},
		"input": newInput,
		"args":  func(params ...any) map[string]any { return pairs(params) },
	}
}

// pairs makes a map of alternating keys and values.
func pairs(params []any) map[string]any {
	if len(params) == 0 {
		return nil
	}
	m := make(map[string]any, len(params)/2)
	for i := 0; i+1 < len(params); i += 2 {
		m[params[i].(string)] = params[i+1]
	}
	return m
}
