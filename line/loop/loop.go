// Package loop is the test line: it carries a fax to a test number
// (line.IsTestNumber) through two real T.30 engines back to back, and never leaves the
// server. Time is virtual, so that a call of minutes takes a fraction of a second.
//
//	Send ──▶ engine, sender ◀── T.38 or G.711 ──▶ engine, receiver ──▶ line.Inbound
//
// The first numbers, line.TestOK and so on, are far ends that behave as they are called.
// A fax to any other number of the test range is a call into this server. So is the fax
// that line.TestOK sends back; whoever sent the first one has it made by SendBack.
//
// Without an engine the same things happen, but pages are copied instead of sent; every
// Result then says Simulated.
package loop

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
)

// Line is the test line. Its fields do not change while it is used. The zero value is a
// simulated line on which nobody has a number.
type Line struct {
	// Engine speaks T.30. Nil: the line is simulated.
	Engine *engine.Engine
	// Inbound takes the calls into this server. Nil: nobody has a number.
	Inbound line.Inbound
	// WithoutT38 carries every call by G.711, as trunks without T.38 do.
	WithoutT38 bool
	// Calls is how many calls there may be at once; the others wait. Each has work for
	// a processor all the time. Zero: one for each processor.
	Calls int
	// Dir is for documents while they are being received, where memory cannot have them
	// (engine.NewDocument). Their files have no names, so that nothing is left behind.
	// Empty: os.TempDir.
	Dir string
	// Now is when a call began, for its Trace. Nil: time.Now. The times in it are those of
	// the line, on which minutes pass in less than a second.
	Now func() time.Time

	once     sync.Once
	channels chan struct{}
}

// Simulated reports whether there is no T.30 engine, and pages are only copied.
func (l *Line) Simulated() bool { return l.Engine == nil }

// Send carries a fax to a test number, as line.Line says.
func (l *Line) Send(ctx context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
	if !line.IsTestNumber(out.To) {
		return line.Result{}, fmt.Errorf("the test line does not lead to %q", out.To)
	}
	return l.carry(ctx, &call{line: l, Outgoing: out, tell: progress, number: numbers[out.To], inbound: l.Inbound})
}

// SendBack makes the call of a test number that sends a fax back. It ends as Send does,
// but leads into this server whatever number it is to: in, which is required, knows
// which ones there are.
func (l *Line) SendBack(ctx context.Context, out line.Outgoing, in line.Inbound) (line.Result, error) {
	return l.carry(ctx, &call{line: l, Outgoing: out, inbound: in})
}

// carry makes a call as soon as there is a channel for it.
func (l *Line) carry(ctx context.Context, c *call) (line.Result, error) {
	if err := c.Check(); err != nil {
		return line.Result{}, err
	}
	release, err := l.channel(ctx)
	if err != nil {
		return line.Result{}, err
	}
	defer release()
	defer c.close()
	return c.make(ctx), nil
}

// channel waits for one of the line's channels.
func (l *Line) channel(ctx context.Context) (release func(), err error) {
	l.once.Do(func() {
		n := l.Calls
		if n <= 0 {
			n = runtime.GOMAXPROCS(0)
		}
		l.channels = make(chan struct{}, n)
	})
	if ctx.Err() == nil {
		select {
		case l.channels <- struct{}{}:
			return func() { <-l.channels }, nil
		case <-ctx.Done():
		}
	}
	return nil, fmt.Errorf("wait for the test line: %w", ctx.Err())
}
