package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
)

// terminal is the file behind a stream, if a person sits there.
func terminal(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// askOwner asks a person for the owner's address and password. Where nobody can be
// asked, fault.Invalid "quickstart_owner" says which settings to use.
func (f *firstRun) askOwner() (email, password string, err error) {
	keyboard, ok := terminal(f.stdin)
	if !ok {
		return "", "", fault.New(fault.Invalid, "quickstart_owner")
	}
	fmt.Fprint(f.stderr, locale.Text(f.language, "quickstart.ask_email", nil)+" ")
	line, err := bufio.NewReader(io.LimitReader(keyboard, 1<<10)).ReadString('\n')
	if err != nil {
		return "", "", fault.New(fault.Invalid, "quickstart_owner")
	}
	fmt.Fprint(f.stderr, locale.Text(f.language, "quickstart.ask_password", nil)+" ")
	secret, err := term.ReadPassword(int(keyboard.Fd()))
	fmt.Fprintln(f.stderr)
	return strings.TrimSpace(line), string(secret), err
}

// steps show on a terminal how far the first run is; elsewhere they show nothing.
type steps struct {
	language locale.Language
	bar      *progressbar.ProgressBar // nil: nobody looks
	at       string
}

const stepCount = 4

func newSteps(p *program, l locale.Language) *steps {
	s := &steps{language: l}
	screen, ok := terminal(p.stderr)
	if !ok {
		return s
	}
	s.bar = progressbar.NewOptions(stepCount,
		progressbar.OptionSetWriter(screen), progressbar.OptionSetWidth(20), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetElapsedTime(false), progressbar.OptionSetPredictTime(false))
	return s
}

// step goes on to a step, which may be told of more than once.
func (s *steps) step(id string) {
	if s.bar == nil || s.at == id {
		return
	}
	if s.at != "" {
		_ = s.bar.Add(1) // a screen that cannot be written to stops nobody
	}
	s.at = id
	s.bar.Describe(locale.Text(s.language, id, nil))
}

func (s *steps) end() {
	if s.bar != nil {
		_ = s.bar.Clear()
	}
}
