package convert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/faxgate/faxgate/child"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/page"
	"github.com/faxgate/faxgate/page/render"
)

// What is kept of a child's standard error, in bytes: a refusal, and in the log the
// beginning of what a crash was.
const (
	saidMost  = 16 << 10
	crashMost = 2 << 10
)

// command is a process to be started and how long it may take.
type command struct {
	program  string
	args     []string
	patience time.Duration // between one piece of what it writes and the next
	longest  time.Duration // as a whole
}

// What ended a child that was not done. They are wrapped; ask errors.Is.
var (
	errTooSlow = errors.New("too slow")
	errCrashed = errors.New("crashed")
	errMemory  = errors.New("out of memory")
)

// run starts a child with nothing but three pipes: no environment, no folder, no other
// descriptor. send writes its input; what it writes goes to out. A refusal is its error.
func run(ctx context.Context, c command, send func(to io.Writer) error, out io.Writer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.longest, errTooSlow)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	watch := time.AfterFunc(c.patience, func() { stop(errTooSlow) })
	defer watch.Stop()

	cmd := exec.CommandContext(ctx, c.program, c.args...)
	cmd.Env = []string{}
	cmd.Dir = "/"
	inGroup(cmd)
	cmd.WaitDelay = time.Second // for pipes that somebody of the group still holds
	said := &child.Head{Most: saidMost}
	pages := &progress{to: out, made: func() { watch.Reset(c.patience) }}
	cmd.Stdout, cmd.Stderr = pages, said
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	sent := send(in)
	if errors.Is(sent, syscall.EPIPE) { // it did not want to read on, and says why
		sent = nil
	}
	if sent != nil {
		stop(sent) // what it has is not the document
	}
	in.Close()
	err = cmd.Wait()
	endGroup(cmd)
	if sent != nil {
		return sent
	}
	if err == nil {
		return nil
	}
	return ended(ctx, err, pages, said.String())
}

// ended says why a child ended that was not done.
func ended(ctx context.Context, err error, pages *progress, said string) error {
	exit := new(exec.ExitError)
	switch {
	case errors.Is(context.Cause(ctx), errTooSlow):
		return errTooSlow
	case ctx.Err() != nil:
		return ctx.Err()
	case pages.err != nil: // nobody took what it wrote
		return pages.err
	case !errors.As(err, &exit):
		return err
	case exit.ExitCode() == render.ExitRefused:
		refusal, err := render.ReadRefusal([]byte(said))
		if err != nil {
			return fmt.Errorf("%w: %w", errCrashed, err)
		}
		return refusal
	case exit.ExitCode() == render.ExitFailed:
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(said))
	case strings.Contains(said, "out of memory"), strings.Contains(said, "cannot allocate memory"):
		return errMemory
	}
	return fmt.Errorf("%w: %w: %s", errCrashed, err, said[:min(len(said), crashMost)])
}

// refusalOf makes a refusal of what only a document can have caused.
func refusalOf(err error, name string) error {
	switch {
	case errors.Is(err, errTooSlow):
		return page.Refuse(page.FailedConverter, fault.New(fault.Invalid, "document_too_slow", "name", name).Because(err))
	case errors.Is(err, errMemory), errors.Is(err, errTooLarge):
		return page.Refuse(page.FailedConverter, fault.New(fault.Invalid, "document_too_complex", "name", name).Because(err))
	case errors.Is(err, errCrashed):
		return page.Refuse(page.FailedConverter, fault.New(fault.Invalid, "document_crashes_converter", "name", name).Because(err))
	}
	return err
}

// progress hands on what is written, and tells of it.
type progress struct {
	to   io.Writer
	made func()
	err  error // of to; the child has nothing to do with it
}

func (p *progress) Write(b []byte) (int, error) {
	p.made()
	n, err := p.to.Write(b)
	if err != nil {
		p.err = err
	}
	return n, err
}
