// Faxgate is a self-hosted fax server whose first concern is who may use it.
//
// The program is its own administration: serve runs the server, admin works on the
// same data beside it, and the exit status is 0 for done, 1 for a failure, 2 for a
// command line that makes no sense.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/page/render"
)

// What the program's exit status says.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	keepFilesPrivate()
	if len(os.Args) > 1 && os.Args[1] == render.Command { // not for people: the server starts it
		os.Exit(render.Main(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := program{
		args: os.Args[1:], getenv: os.Getenv,
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
	}
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := p.main(ctx)
	stop()
	os.Exit(code)
}

// program is one run of faxgate and all that it gets from outside.
type program struct {
	args   []string // without the program's name
	getenv func(string) string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// main runs the program and gives its exit status.
func (p *program) main(ctx context.Context) int {
	err := p.run(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(p.stderr, "faxgate: "+p.explain(err))
	if usage := new(usageError); errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// run reads the command line and does what it says.
func (p *program) run(ctx context.Context) error {
	in := invocation{program: p, settings: sources{getenv: p.getenv}}
	command, err := in.parse(p.args)
	if err != nil || command == nil {
		return err
	}
	return command.run(ctx, &in)
}

// explain is what happened and what to do, in the language of the environment. What
// is not a fault is told as it is: whoever runs this program is its operator.
func (p *program) explain(err error) string {
	l := p.language()
	if usage := new(usageError); errors.As(err, &usage) {
		return locale.Text(l, "cli.usage_error", map[string]any{"problem": p.explain(usage.err), "command": usage.command})
	}
	if fault.Of(err) == nil {
		return err.Error()
	}
	sentence, action := locale.Error(l, err)
	return locale.Text(l, "cli.error", map[string]any{"sentence": sentence, "action": action})
}

// language is what the environment asks for, as POSIX orders its variables.
func (p *program) language() locale.Language {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := p.getenv(name); value != "" {
			tag, _, _ := strings.Cut(value, ".") // ja_JP.UTF-8
			return locale.Match(strings.ReplaceAll(tag, "_", "-"), "")
		}
	}
	return locale.English
}
