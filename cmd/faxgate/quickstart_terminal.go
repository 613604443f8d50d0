package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
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

// steps tell a person each step of the first run as it happens, once.
type steps struct {
	*firstRun
	told map[string]bool
}

func (f *firstRun) steps() *steps { return &steps{f, map[string]bool{}} }

func (s *steps) step(id string, params map[string]any) {
	text := locale.Text(s.language, id, params)
	if s.command.JSON || s.told[text] {
		return
	}
	s.told[text] = true
	fmt.Fprintln(s.stdout, " ", text)
}

// follow tells how far a fax of the outbox is, and what was too quick to be seen before.
func (s *steps) follow(j outboxFax) {
	if fax.OutboxStatus(j.Status) != fax.Submitted {
		s.step("quickstart.step.convert", nil)
	}
	c := j.Call
	if c == nil || c.Stage == "waiting" {
		return
	}
	s.dialling(j.To[0])
	switch line.Stage(c.Stage) {
	case line.Answered:
		s.step("call_step.agreeing", map[string]any{"transport": transports[c.Transport]})
	case line.Trained, line.Confirmed:
		s.agreed(c.Transport, c.Rate, c.ECM)
		if c.Pages < c.PageCount {
			s.step("call_step.page", map[string]any{"n": c.Pages + 1, "all": c.PageCount})
		}
	}
}

// over tells what of a fax that is over was too quick to be seen.
func (s *steps) over(f fax.Fax) {
	s.step("quickstart.step.convert", nil)
	if last := f.LastAttempt(); last.Transport != "" {
		s.dialling(f.To)
		s.agreed(last.Transport, last.Rate, last.ECM)
	}
	if f.Pages > 0 {
		s.step("call_step.confirmed", map[string]any{"pages": locale.Text(s.language, "fax.pages", map[string]any{"count": f.Pages})})
	}
}

func (s *steps) dialling(to string) {
	s.step("quickstart.step.dial", map[string]any{"to": to})
}

// agreed tells what the machines agree on; without an engine there are none.
func (s *steps) agreed(transport string, rate int, ecm bool) {
	if rate == 0 {
		s.step("call_step.copied", map[string]any{"transport": transports[transport]})
		return
	}
	s.step("call_step.agreed", map[string]any{"transport": transports[transport], "rate": rate, "ecm": ecm})
}

// transports are the names of what carries a call, by those of the wire.
var transports = map[string]string{"t38": "T.38", "pcmu": "G.711 µ-law", "pcma": "G.711 A-law"}
