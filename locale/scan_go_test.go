package locale_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// source is one parsed Go file.
type source struct {
	name string
	set  *token.FileSet
	file *ast.File
}

func (s source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.name, s.set.Position(n.Pos()).Line)
}

// helper is a function that makes a fault of the code that it is called with.
type helper struct {
	index int // of the code among its parameters
	given []string
	known bool
}

func (u *usage) parseGo(tree fs.FS, name string) error {
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		return err
	}
	s := source{name: name, set: token.NewFileSet()}
	s.file, err = parser.ParseFile(s.set, name, text, parser.SkipObjectResolution)
	u.sources = append(u.sources, s)
	return err
}

// readSources reads the files twice: a helper may stand after its callers.
func (u *usage) readSources() {
	for _, s := range u.sources {
		u.findHelpers(s)
	}
	for _, s := range u.sources {
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if text, ok := text(n); ok {
					u.literal(text)
				}
			case *ast.CallExpr:
				u.call(s, n)
			}
			return true
		})
	}
}

func (u *usage) findHelpers(s source) {
	for _, d := range s.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil || f.Name.IsExported() {
			continue
		}
		names := parameters(f)
		ast.Inspect(f.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !isFault(call) {
				return true
			}
			if code, ok := call.Args[1].(*ast.Ident); ok && slices.Contains(names, code.Name) {
				given, known := faultKeys(call)
				u.helpers[path.Dir(s.name)+" "+f.Name.Name] = helper{slices.Index(names, code.Name), given, known}
			}
			return true
		})
	}
}

func parameters(f *ast.FuncDecl) (names []string) {
	for _, field := range f.Type.Params.List {
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
	}
	return names
}

func (u *usage) call(s source, call *ast.CallExpr) {
	name := called(call.Fun)
	last := name[strings.LastIndexByte(name, '.')+1:]
	h, isHelper := u.helpers[path.Dir(s.name)+" "+last]
	switch {
	case isFault(call):
		given, known := faultKeys(call)
		u.codes(s, call.Args[1], given, known)
	case isHelper && h.index < len(call.Args):
		u.codes(s, call.Args[h.index], h.given, h.known)
	case slices.Contains(textCalls, last):
		u.message(s, call)
	}
}

// codes needs the sentence of every code that the expression can stand for.
func (u *usage) codes(s source, code ast.Expr, given []string, known bool) {
	codes := values(s.file, code)
	if len(codes) == 0 && !u.insideHelper(s, code) {
		u.problems = append(u.problems, s.at(code)+": the code of the fault is not a literal")
	}
	for _, c := range codes {
		u.needs = append(u.needs, need{"error." + c, s.at(code), given, known})
	}
}

// insideHelper excuses the code of a helper, whose callers are asked instead.
func (u *usage) insideHelper(s source, code ast.Expr) bool {
	for _, d := range s.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Pos() <= code.Pos() && code.End() <= f.End() {
			_, ok := u.helpers[path.Dir(s.name)+" "+f.Name.Name]
			return ok
		}
	}
	return false
}

func (u *usage) message(s source, call *ast.CallExpr) {
	for i, arg := range call.Args {
		if id, ok := text(arg); ok && isID.MatchString(id) {
			given, known := mapKeys(call.Args[i+1:])
			u.needs = append(u.needs, need{id, s.at(call), given, known})
			return
		}
	}
}

func isFault(call *ast.CallExpr) bool {
	return called(call.Fun) == "fault.New" && len(call.Args) >= 2
}

// faultKeys are the params of a fault.New, with those that package locale adds.
func faultKeys(call *ast.CallExpr) (given []string, known bool) {
	given, known = []string{"field", "wait"}, !call.Ellipsis.IsValid()
	for i := 2; i < len(call.Args); i += 2 {
		key, ok := text(call.Args[i])
		given, known = append(given, key), known && ok
	}
	return given, known
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
