package locale_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
)

// need is a message that the code asks for by name.
type need struct {
	id    string   // with a * where the code puts in what cannot be seen from here
	where string   // file:line
	given []string // params that the call passes; nil: not to be seen from here
	known bool     // given holds all of them
}

func (n need) matches(id string) bool {
	ok, err := path.Match(n.id, id)
	return ok && err == nil
}

// usage is what a source tree asks of the catalogue.
type usage struct {
	needs    []need
	literals map[string]bool // every string literal: an id in a table counts as used
	prefixes []string        // "scope." in "scope." + name: all ids under it count as used
	problems []string
}

var (
	isID     = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$`)
	isPrefix = regexp.MustCompile(`^([a-z][a-z0-9_]*\.)+$`)

	// textCalls are the names under which code and templates ask for a message.
	textCalls = []string{"Text", "text", "T", "t"}
	skipped   = []string{"testdata", "node_modules", "data", "dist"}
)

// scan reads all Go files of the tree but tests, and the dashboard's templates.
func scan(tree fs.FS) (*usage, error) {
	u := &usage{literals: make(map[string]bool)}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains(skipped, d.Name())) {
				return fs.SkipDir
			}
			return nil
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			return u.goFile(tree, name)
		case strings.HasPrefix(name, "dashboard/templates/"):
			return u.template(tree, name)
		}
		return nil
	})
	return u, err
}

func (u *usage) literal(s string) {
	u.literals[s] = true
	stem, _, _ := strings.Cut(s, "%") // printf "scope.%s"
	// Package locale's own "error." and "action." must not excuse every code.
	if isPrefix.MatchString(stem) && stem != "error." && stem != "action." {
		u.prefixes = append(u.prefixes, stem)
	}
}

// uses reports whether anything asks for the id.
func (u *usage) uses(id string) bool {
	if u.literals[id] {
		return true
	}
	if kind, code, _ := strings.Cut(id, "."); kind == "error" || kind == "action" {
		return u.literals[code] || slices.ContainsFunc(u.needs, func(n need) bool { return n.matches("error." + code) })
	}
	return slices.ContainsFunc(u.prefixes, func(p string) bool { return strings.HasPrefix(id, p) })
}

func (u *usage) goFile(tree fs.FS, name string) error {
	source, err := fs.ReadFile(tree, name)
	if err != nil {
		return err
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	at := func(n ast.Node) string {
		return fmt.Sprintf("%s:%d", name, files.Position(n.Pos()).Line)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if s, ok := text(n); ok {
				u.literal(s)
			}
		case *ast.CallExpr:
			u.call(file, n, at(n))
		}
		return true
	})
	return nil
}

func (u *usage) call(file *ast.File, call *ast.CallExpr, where string) {
	switch name := called(call.Fun); {
	case name == "fault.New" && len(call.Args) >= 2:
		u.fault(file, call, where)
	case slices.Contains(textCalls, name[strings.LastIndexByte(name, '.')+1:]):
		for i, arg := range call.Args {
			if id, ok := text(arg); ok && isID.MatchString(id) {
				given, known := mapKeys(call.Args[i+1:])
				u.needs = append(u.needs, need{id, where, given, known})
				return
			}
		}
	}
}

// fault needs the sentence of the code that fault.New is called with.
func (u *usage) fault(file *ast.File, call *ast.CallExpr, where string) {
	codes := values(file, call.Args[1])
	if len(codes) == 0 {
		u.problems = append(u.problems, where+": the code of fault.New is no literal")
	}
	given, known := []string{"field", "wait"}, !call.Ellipsis.IsValid()
	for i := 2; i < len(call.Args); i += 2 {
		key, ok := text(call.Args[i])
		given, known = append(given, key), known && ok
	}
	for _, code := range codes {
		u.needs = append(u.needs, need{"error." + code, where, given, known})
	}
}

// values are the literals that an expression can stand for: itself, a sum with a *
// for its unknown half, or what is assigned to the name anywhere in the file.
func values(file *ast.File, e ast.Expr) []string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, _ := text(e)
		return []string{s}
	case *ast.BinaryExpr:
		head, _ := text(e.X)
		tail, _ := text(e.Y)
		if head+tail != "" {
			return []string{cmp.Or(head, "*") + cmp.Or(tail, "*")}
		}
	case *ast.Ident:
		return assigned(file, e.Name)
	}
	return nil
}

func assigned(file *ast.File, name string) (out []string) {
	keep := func(to ast.Expr, value ast.Expr) {
		id, isName := to.(*ast.Ident)
		if s, ok := text(value); ok && isName && id.Name == name {
			out = append(out, s)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i := range min(len(n.Lhs), len(n.Rhs)) {
				keep(n.Lhs[i], n.Rhs[i])
			}
		case *ast.ValueSpec:
			for i := range min(len(n.Names), len(n.Values)) {
				keep(n.Names[i], n.Values[i])
			}
		}
		return true
	})
	return out
}

// mapKeys reads the params of a text call where they are a map literal or nil.
func mapKeys(args []ast.Expr) (keys []string, known bool) {
	if len(args) != 1 {
		return nil, false
	}
	if id, ok := args[0].(*ast.Ident); ok {
		return nil, id.Name == "nil"
	}
	lit, ok := args[0].(*ast.CompositeLit)
	if !ok {
		return nil, false
	}
	for _, e := range lit.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return nil, false
		}
		key, ok := text(pair.Key)
		if !ok {
			return nil, false
		}
		keys = append(keys, key)
	}
	return keys, true
}

// called is the name of the called function: "fault.New", "p.T", "text".
func called(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return called(e.X) + "." + e.Sel.Name
	}
	return ""
}

func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

func (u *usage) template(tree fs.FS, name string) error {
	source, err := fs.ReadFile(tree, name)
	if err != nil {
		return err
	}
	trees := make(map[string]*parse.Tree)
	t := parse.New(path.Base(name))
	t.Mode = parse.SkipFuncCheck
	if _, err := t.Parse(string(source), "", "", trees); err != nil {
		return err
	}
	for _, tree := range trees {
		walk(tree.Root, func(n parse.Node) {
			switch n := n.(type) {
			case *parse.StringNode:
				u.literal(n.Text)
			case *parse.CommandNode:
				where, _ := tree.ErrorContext(n)
				u.command(n, path.Dir(name)+"/"+where)
			}
		})
	}
	return nil
}

// command looks for {{t "id"}}, {{.T "id"}} and {{$.T "id"}}.
func (u *usage) command(n *parse.CommandNode, where string) {
	name := n.Args[0].String()
	if !slices.Contains(textCalls, name[strings.LastIndexByte(name, '.')+1:]) {
		return
	}
	for _, arg := range n.Args[1:] {
		if s, ok := arg.(*parse.StringNode); ok && isID.MatchString(s.Text) {
			u.needs = append(u.needs, need{id: s.Text, where: where})
			return
		}
	}
}

// walk visits the node and all below it.
func walk(n parse.Node, visit func(parse.Node)) {
	visit(n)
	branch := func(b parse.BranchNode) {
		walk(b.Pipe, visit)
		walk(b.List, visit)
		if b.ElseList != nil {
			walk(b.ElseList, visit)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, c := range n.Nodes {
			walk(c, visit)
		}
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			walk(n.Pipe, visit)
		}
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			walk(c, visit)
		}
	case *parse.CommandNode:
		for _, a := range n.Args {
			walk(a, visit)
		}
	case *parse.IfNode:
		branch(n.BranchNode)
	case *parse.RangeNode:
		branch(n.BranchNode)
	case *parse.WithNode:
		branch(n.BranchNode)
	}
}
