package faxgate_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

const module = "github.com/faxgate/faxgate/"

// leaves may be imported by anybody, and import nothing of ours but fault.
var leaves = []string{"fault", "seal", "locale", "child"}

// house is the table of who may import whom, besides the leaves. A package that is
// not in it may not exist; a new arrow is one line here.
var house = map[string][]string{
	"fault":  {},
	"seal":   {},
	"locale": {},
	"child":  {},
	"auth":   {},
	"oauth":  {"auth"},
	"notify": {},
	"page":   {},
	"blob":   {},
	"phone":  {},
	"fax":    {"line", "page", "blob", "phone"},
	"store":  {"auth", "oauth", "fax", "notify"},
	"web":    {},
	"api":    {"web", "auth", "oauth", "fax", "notify"},

	"dashboard": {"web", "auth", "oauth", "fax", "notify", "phone"},

	// Documents become pages in a process of their own, which page/convert starts.
	"page/sheet":   {"page"},
	"page/render":  {"page", "page/sheet"},
	"page/convert": {"page", "page/render", "page/sheet"},

	// One fax call. Only cmd/faxmodem has the C library in its process.
	"line":         {},
	"line/pipe":    {"line"},
	"line/t30":     {"line"},
	"line/capture": {"line/sip/udptl"},
	"line/engine":  {"line", "line/pipe", "line/t30"},
	"line/loop":    {"line", "line/engine", "page"},
	// SIP trunks. Nobody but line/sip speaks to the network on a call's behalf.
	"line/sip/rtp":   {},
	"line/sip/sdp":   {},
	"line/sip/udptl": {},
	"line/sip":       {"line", "line/engine", "line/capture", "line/sip/rtp", "line/sip/sdp", "line/sip/udptl", "page"},

	"line/spandsp": {"line"},
	"cmd/faxmodem": {"line", "line/pipe", "line/spandsp"},

	"cmd/faxgate": {
		"cmd/faxgate/server", "auth", "blob", "fax", "line", "line/engine", "line/sip", "notify", "oauth", "page", "page/convert", "page/render", "store", "web",
	},
	"cmd/faxgate/server": {
		"api", "auth", "blob", "dashboard", "fax", "line", "line/capture", "line/engine", "line/loop", "line/sip", "notify", "oauth", "page", "page/sheet", "store", "web",
	},

	// What stands beside the program and is linked into nothing.
	"acceptance":           {},
	"auth/authtest":        {},
	"auth/commonpasswords": {},
	"phone/plans":          {},
	"page/pagetest":        {"page"},
	"bench/load":           {"auth", "oauth", "store", "store/storetest"},
	"store/storetest":      {"store", "auth", "oauth"},
}

// forbidden holds what only some may import of other people's code.
var forbidden = map[string][]string{
	"database/sql/driver":             {"auth", "store", "store/storetest"}, // auth.Hash says how it is stored
	"database/sql":                    {"store", "store/storetest"},
	"html/template":                   {"dashboard"},
	"net/http":                        {"web", "api", "dashboard", "notify", "cmd/faxgate", "cmd/faxgate/server", "bench/load"},
	"github.com/klippa-app/go-pdfium": {"page/render"},
	"github.com/tetratelabs/wazero":   {"page/render"},
	"modernc.org/libc":                {"store"},
	"modernc.org/sqlite":              {"store"},
	"github.com/jackc/pgx/v5":         {"store", "store/storetest"},
	"github.com/wneessen/go-mail":     {"notify"},
	"github.com/emiago/sipgo":         {"line/sip"},
	"github.com/icholy/digest":        {"line/sip"},
	"github.com/nyaruka/phonenumbers": {"phone/plans"}, // unpacks the world at start
	"C":                               {"line/spandsp"},
}

// violations reads the imports of every file that is not a test and names those that
// the table does not allow.
func violations(fsys fs.FS) ([]string, error) {
	var found []string
	err := fs.WalkDir(fsys, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); file != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		room := path.Dir(file)
		source, err := fs.ReadFile(fsys, file)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		allowed, known := house[room]
		if !known {
			found = append(found, file+": the room "+room+" is not in the table")
			return nil
		}
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if why := refused(room, name, allowed); why != "" {
				found = append(found, file+": "+why)
			}
		}
		return nil
	})
	return found, err
}

// refused says why a room may not import something, or nothing.
func refused(room, name string, allowed []string) string {
	if ours, found := strings.CutPrefix(name, module); found {
		leaf := slices.Contains(leaves, room)
		switch {
		case slices.Contains(allowed, ours):
		case ours == "fault":
		case slices.Contains(leaves, ours) && !leaf:
		default:
			return room + " may not import " + ours
		}
		return ""
	}
	for prefix := name; prefix != "."; prefix = path.Dir(prefix) { // the nearest entry decides
		if rooms, listed := forbidden[prefix]; listed {
			if !slices.Contains(rooms, room) {
				return room + " may not import " + name
			}
			break
		}
	}
	return ""
}

func TestNobodyImportsAgainstTheTable(t *testing.T) {
	t.Parallel()
	found, err := violations(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		t.Error(v)
	}
}

func TestTableBites(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, source, want string }{
		"a front that reads the store": {"api/x.go", `package api; import _ "github.com/faxgate/faxgate/store"`, "api/x.go: api may not import store"},
		"one front and the other":      {"api/x.go", `package api; import _ "github.com/faxgate/faxgate/dashboard"`, "api/x.go: api may not import dashboard"},
		"a rule that knows the wire":   {"oauth/x.go", `package oauth; import _ "github.com/faxgate/faxgate/web"`, "oauth/x.go: oauth may not import web"},
		"SQL outside the store":        {"auth/x.go", `package auth; import _ "database/sql"`, "auth/x.go: auth may not import database/sql"},
		"HTML for programs":            {"api/x.go", `package api; import _ "html/template"`, "api/x.go: api may not import html/template"},
		"a leaf that grows":            {"fault/x.go", `package fault; import _ "github.com/faxgate/faxgate/locale"`, "fault/x.go: fault may not import locale"},
		"cgo":                          {"web/x.go", `package web; import "C"`, "web/x.go: web may not import C"},
		"cgo beside the pipe":          {"line/engine/x.go", `package engine; import "C"`, "line/engine/x.go: line/engine may not import C"},
		"T.30 in the server's process": {"cmd/faxgate/x.go", `package main; import _ "github.com/faxgate/faxgate/line/spandsp"`, "cmd/faxgate/x.go: cmd/faxgate may not import line/spandsp"},
		"a room nobody drew":           {"util/x.go", `package util`, "util/x.go: the room util is not in the table"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := violations(fstest.MapFS{tt.file: {Data: []byte(tt.source)}})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, []string{tt.want}) {
				t.Errorf("violations = %q, want %q", got, tt.want)
			}
		})
	}
}
