package locale_test

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
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

	sources []source
	helpers map[string]helper // by folder and name
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
	u := &usage{literals: make(map[string]bool), helpers: make(map[string]helper)}
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
			return u.parseGo(tree, name)
		case strings.HasPrefix(name, "dashboard/templates/"):
			return u.template(tree, name)
		}
		return nil
	})
	u.readSources()
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

// command looks for {{t "id" "key" value …}}, {{.T "id"}} and {{$.T "id"}}.
func (u *usage) command(n *parse.CommandNode, where string) {
	name := n.Args[0].String()
	if !slices.Contains(textCalls, name[strings.LastIndexByte(name, '.')+1:]) {
		return
	}
	for i, arg := range n.Args[1:] {
		if s, ok := arg.(*parse.StringNode); ok && isID.MatchString(s.Text) {
			given, known := pairKeys(n.Args[i+2:])
			u.needs = append(u.needs, need{s.Text, where, given, known})
			return
		}
	}
}

// pairKeys reads the keys of alternating keys and values.
func pairKeys(args []parse.Node) (keys []string, known bool) {
	for i := 0; i < len(args); i += 2 {
		key, ok := args[i].(*parse.StringNode)
		if !ok {
			return nil, false
		}
		keys = append(keys, key.Text)
	}
	return keys, true
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
