package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/faxgate/faxgate/fault"
)

// commands is the grammar of the command line.
type commands struct {
	HelpFlag helpFlag `name:"help" short:"h"`

	Serve       serveCommand       `cmd:""`
	Quickstart  quickstartCommand  `cmd:""`
	Admin       adminCommand       `cmd:""`
	Config      configCommand      `cmd:""`
	Healthcheck healthcheckCommand `cmd:""`
	Version     versionCommand     `cmd:""`
	Help        helpCommand        `cmd:""`
}

// command is what a leaf of the grammar can do.
type command interface {
	run(ctx context.Context, in *invocation) error
}

// invocation is one command line: what was asked for, and with which settings.
type invocation struct {
	*program
	commands commands
	selected *kong.Node // of the grammar: the command
	settings sources
}

// usageError is a command line that makes no sense.
type usageError struct {
	err     error
	command string // the command so far, whose help would help
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// parse gives the command that was asked for, with its flags and settings filled
// in. It is nil when the help was shown instead.
func (in *invocation) parse(args []string) (command, error) {
	parser, err := in.grammar()
	if err != nil {
		return nil, err
	}
	parsed, err := parser.Parse(args)
	if errors.Is(err, errHelpShown) {
		return nil, nil
	}
	if err != nil {
		return nil, usage(err)
	}
	in.settings.note(parsed)
	in.selected = parsed.Selected()
	return in.selected.Target.Addr().Interface().(command), nil
}

func (in *invocation) grammar() (*kong.Kong, error) {
	parser, err := kong.New(&in.commands,
		kong.Name("faxgate"), kong.Writers(in.stdout, in.stderr), kong.NoDefaultHelp(),
		kong.Resolvers(&in.settings), kong.Help(in.printHelp))
	if err != nil {
		return nil, fmt.Errorf("command line grammar: %w", err)
	}
	for _, flag := range parser.Model.Flags {
		if flag.Name == "help" {
			parser.Model.HelpFlag = flag
		}
	}
	return parser, nil
}

// usage tells a mistake in the command line from one in a setting.
func usage(err error) error {
	if fault.Of(err) != nil {
		return err
	}
	e := &usageError{err: err, command: "faxgate"}
	if parse := new(kong.ParseError); errors.As(err, &parse) && parse.Context != nil {
		if node := parse.Context.Selected(); node != nil {
			e.command = node.FullPath()
		}
		if unknown := unknownCommand(parse.Context); unknown != nil {
			e.err = unknown
		}
	}
	return e
}

// unknownCommand is the fault of a line that came to a word where a command has to stand,
// or nil. The grammar calls that word an argument.
func unknownCommand(line *kong.Context) error {
	node := line.Selected()
	if node == nil {
		node = line.Model.Node
	}
	rest := line.Path[len(line.Path)-1].Remainder()
	if len(node.Children) == 0 || len(rest) == 0 || strings.HasPrefix(rest[0], "-") {
		return nil
	}
	return fault.New(fault.Invalid, "command_unknown", "command", rest[0], "nearest", nearestCommand(rest[0], node))
}

// nearestCommand is the one that the word begins, or mistypes. Empty: none is near.
func nearestCommand(word string, node *kong.Node) string {
	var names []string
	for _, child := range node.Children {
		if strings.HasPrefix(child.Name, word) {
			return child.Name
		}
		names = append(names, child.Name)
	}
	nearest, edits := fault.Nearest(word, names)
	if edits > 2 {
		return ""
	}
	return nearest
}
