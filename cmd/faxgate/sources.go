package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	kongtoml "github.com/alecthomas/kong-toml"
	"github.com/pelletier/go-toml"

	"github.com/faxgate/faxgate/fault"
)

// sources fill in the settings that are not on the command line: from the
// environment, then from the file that --config or FAXGATE_CONFIG names. They
// remember which value came from where.
type sources struct {
	getenv func(string) string

	path    string // of the file; empty: there is none
	file    kong.Resolver
	read    bool
	origins map[string]origin // by setting; those that are missing have their default
}

// origin is where a value came from.
type origin struct {
	Source string // flag, environment, file or default
	Name   string // --listen, FAXGATE_LISTEN, the file's path; empty for a default
}

func environmentName(setting string) string {
	return "FAXGATE_" + strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))
}

func isSetting(flag *kong.Flag) bool { return flag.Tag.Has("setting") }

// Validate is part of kong.Resolver; the file is checked when it is read.
func (s *sources) Validate(*kong.Application) error { return nil }

// Resolve finds the value of a flag that is not on the command line. An empty
// variable counts as none, as container tools like to set them.
func (s *sources) Resolve(ctx *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	if !isSetting(flag) {
		return nil, nil
	}
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	name := environmentName(flag.Name)
	if value := s.getenv(name); value != "" {
		s.origins[flag.Name] = origin{"environment", name}
		return value, nil
	}
	if s.file == nil {
		return nil, nil
	}
	value, err := s.file.Resolve(ctx, parent, flag)
	if value == nil || err != nil {
		return nil, err
	}
	s.origins[flag.Name] = origin{"file", s.path}
	return settingText(value), nil
}

// settingText is a value of the file as it would stand in the environment.
func settingText(value any) string {
	list, ok := value.([]any)
	if !ok {
		return fmt.Sprint(value)
	}
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, ",")
}

// open reads the file once, if one is named.
func (s *sources) open(ctx *kong.Context) error {
	if s.read {
		return nil
	}
	s.read, s.origins = true, make(map[string]origin)
	namedBy := environmentName("config")
	s.path = s.getenv(namedBy)
	for _, p := range ctx.Path {
		if p.Flag != nil && p.Flag.Name == "config" {
			namedBy = "--config"
			s.path, _ = ctx.FlagValue(p.Flag).(string)
		}
	}
	if s.path == "" {
		return nil
	}
	content, err := os.ReadFile(s.path)
	if err != nil {
		return unreadable(s.path, err).At(namedBy)
	}
	if err := checkKeys(s.path, content, settingNames(ctx.Model.Node)); err != nil {
		return err
	}
	s.file, err = kongtoml.Loader(bytes.NewReader(content))
	return err
}

// settingNames are the names of all settings below the node but that of the file,
// which cannot name itself.
func settingNames(node *kong.Node) []string {
	names := make(map[string]bool)
	_ = kong.Visit(node, func(n kong.Visitable, next kong.Next) error {
		if flag, ok := n.(*kong.Flag); ok && isSetting(flag) && flag.Name != "config" {
			names[flag.Name] = true
		}
		return next(nil)
	})
	return slices.Sorted(maps.Keys(names))
}

// checkKeys refuses what is not a setting: a misspelt key would be a setting that
// silently is not applied. A table's name is the beginning of its keys' names.
func checkKeys(path string, content []byte, known []string) error {
	tree, err := toml.LoadBytes(content)
	if err != nil {
		return fault.New(fault.Invalid, "settings_file_syntax", "path", path, "cause", err.Error())
	}
	return checkTree(path, "", tree, known)
}

func checkTree(path, prefix string, tree *toml.Tree, known []string) error {
	keys := tree.Keys()
	slices.Sort(keys)
	for _, key := range keys {
		name := prefix + key
		value := tree.GetPath([]string{key})
		if table, ok := value.(*toml.Tree); ok {
			if err := checkTree(path, name+"-", table, known); err != nil {
				return err
			}
			continue
		}
		if _, tables := value.([]*toml.Tree); tables || !slices.Contains(known, name) {
			where := fmt.Sprintf("%s:%d", path, tree.GetPositionPath([]string{key}).Line)
			return fault.New(fault.Invalid, "settings_file_key", "where", where, "key", name)
		}
	}
	return nil
}

// note remembers which settings stood on the command line.
func (s *sources) note(ctx *kong.Context) {
	for _, p := range ctx.Path {
		if p.Flag != nil && !p.Resolved && isSetting(p.Flag) {
			s.origins[p.Flag.Name] = origin{"flag", "--" + p.Flag.Name}
		}
	}
}

// group is some settings that belong together.
type group interface {
	// check refuses bad values, with the setting as the fault's field.
	check() error
}

// check checks groups of settings. The fault's field becomes the name that the
// person used: the flag, the variable, or the key with its file.
func (s *sources) check(groups ...group) error {
	for _, g := range groups {
		err := g.check()
		if f := fault.Of(err); f != nil {
			f.Field = s.name(f.Field)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// name is what the person who set the value calls the setting.
func (s *sources) name(setting string) string {
	switch o := s.origins[setting]; o.Source {
	case "flag", "environment":
		return o.Name
	case "file":
		return setting + " (" + o.Name + ")"
	}
	return environmentName(setting)
}
