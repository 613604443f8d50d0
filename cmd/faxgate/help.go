package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/faxgate/faxgate/locale"
)

// errHelpShown ends the reading of a command line that asked for help.
var errHelpShown = errors.New("help shown")

// helpFlag is --help. It works beside whatever else the command line lacks.
type helpFlag bool

// BeforeReset shows the help of the command that the line has named so far.
func (helpFlag) BeforeReset(ctx *kong.Context) error {
	if err := ctx.PrintUsage(false); err != nil {
		return err
	}
	return errHelpShown
}

// helpCommand is `faxgate help [COMMAND …]`.
type helpCommand struct {
	Command []string `arg:"" optional:"" sep:"none"` // none: the program
}

// run shows what --help shows of the command.
func (c *helpCommand) run(_ context.Context, in *invocation) error {
	asked := invocation{program: in.program, settings: sources{getenv: in.getenv}}
	_, err := asked.parse(append([]string{"--help"}, c.Command...))
	return err
}

// printHelp prints the help in the language of the environment. The texts are put
// into the grammar only now, so that no other command reads the catalogue.
func (in *invocation) printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	l := in.language()
	translate(ctx.Model.Node, l)
	options.Compact, options.WrapUpperBound = true, 100
	var page bytes.Buffer
	ctx.Stdout = &page
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	_, err := io.WriteString(in.stdout, headings(l).Replace(page.String()))
	return err
}

// translate gives every command and flag its text: "help.admin.token.create" for a
// command, "help.flag.listen" for a flag.
func translate(node *kong.Node, l locale.Language) {
	node.Help = locale.Text(l, helpID(node), nil)
	for _, flag := range node.Flags {
		flag.Help = locale.Text(l, flagHelpID(flag), nil)
		if flag.HasDefault && !flag.IsBool() {
			flag.Help += " " + locale.Text(l, "help.default", map[string]any{"value": flag.Default})
		}
		if isSetting(flag) {
			flag.Help += " [" + environmentName(flag.Name) + "]"
			flag.Group.Title = locale.Text(l, "help.heading.settings", nil)
		}
	}
	for _, argument := range node.Positional {
		argument.Help = locale.Text(l, argumentHelpID(argument), nil)
	}
	for _, child := range node.Children {
		translate(child, l)
	}
}

func helpID(node *kong.Node) string {
	if node.Type == kong.ApplicationNode {
		return "help.faxgate"
	}
	return "help." + strings.NewReplacer(" ", ".", "-", "_").Replace(node.Path())
}

func flagHelpID(flag *kong.Flag) string {
	return "help.flag." + strings.ReplaceAll(flag.Name, "-", "_")
}

func argumentHelpID(argument *kong.Positional) string { return "help.arg." + argument.Name }

// headings are the words that the help printer itself writes.
func headings(l locale.Language) *strings.Replacer {
	return strings.NewReplacer(
		"Usage: ", locale.Text(l, "help.heading.usage", nil)+" ",
		"\nFlags:\n", "\n"+locale.Text(l, "help.heading.flags", nil)+"\n",
		"\nCommands:\n", "\n"+locale.Text(l, "help.heading.commands", nil)+"\n",
		`Run "faxgate <command> --help" for more information on a command.`, locale.Text(l, "help.heading.more", nil),
	)
}
