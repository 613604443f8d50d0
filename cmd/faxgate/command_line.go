package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/faxgate/faxgate/fault"
)

// commands is the grammar of the command line.
type commands struct {
	Help helpFlag `short:"h"`

	Serve       serveCommand       `cmd:""`
	Quickstart  quickstartCommand  `cmd:""`
	Admin       adminCommand       `cmd:""`
	Config      configCommand      `cmd:""`
	Healthcheck healthcheckCommand `cmd:""`
	Version     versionCommand     `cmd:""`
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
	}
	return e
}
