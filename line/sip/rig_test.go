//go:build spandsp && cgo

package sip_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
	"github.com/faxgate/faxgate/line/sip"
)

// lockstep is a clock on which all calls take their steps together, as fast as they can.
// While one waits for signalling, which has its own time, it goes slowly.
type lockstep struct {
	mu      sync.Mutex
	changed *sync.Cond
	tickers map[*lockTicker]bool // to whether it has taken its step
	waiting bool
}

// newLockstep is for the calls of one test.
func newLockstep(t *testing.T) *lockstep {
	c := &lockstep{tickers: map[*lockTicker]bool{}}
	c.changed = sync.NewCond(&c.mu)
	over := make(chan struct{})
	go c.run(over)
	t.Cleanup(func() {
		close(over)
		c.mu.Lock()
		c.changed.Broadcast()
		c.mu.Unlock()
	})
	return c
}

func (c *lockstep) run(over chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		select {
		case <-over:
			return
		default:
		}
		if len(c.tickers) == 0 || !c.allDone() {
			c.changed.Wait()
			continue
		}
		if c.waiting {
			c.mu.Unlock()
			time.Sleep(2 * time.Millisecond) // a tenth of real time
			c.mu.Lock()
		}
		c.waiting = false
		for t := range c.tickers {
			c.tickers[t] = false
			t.c <- time.Time{}
		}
	}
}

func (c *lockstep) allDone() bool {
	for _, done := range c.tickers {
		if !done {
			return false
		}
	}
	return true
}

// Ticker implements sip.Clock.
func (c *lockstep) Ticker() sip.Ticker {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &lockTicker{clock: c, c: make(chan time.Time, 1)}
	c.tickers[t] = true
	c.changed.Broadcast()
	return t
}

type lockTicker struct {
	clock *lockstep
	c     chan time.Time
}

func (t *lockTicker) C() <-chan time.Time { return t.c }

func (t *lockTicker) Due() (int, time.Duration) { return 1, 0 }

func (t *lockTicker) Done(waiting bool) {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	t.clock.tickers[t] = true
	t.clock.waiting = t.clock.waiting || waiting
	t.clock.changed.Broadcast()
}

func (t *lockTicker) Stop() {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	delete(t.clock.tickers, t)
	t.clock.changed.Broadcast()
}

// inbox is a line.Inbound that keeps what comes in.
type inbox struct {
	outcome line.Outcome // empty: OK
	mu      sync.Mutex
	calls   []line.Incoming
	ended   chan arrival
}

// arrival is a call that came in and is over.
type arrival struct {
	line.Incoming
	line.Result
	document []byte
	pages    []line.Page
}

func newInbox() *inbox { return &inbox{outcome: line.OK, ended: make(chan arrival, 1024)} }

// refuses lets no call in.
func (b *inbox) refuses(o line.Outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.outcome = o
}

// Accept implements line.Inbound.
func (b *inbox) Accept(_ context.Context, in line.Incoming) (line.Reception, line.Outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, in)
	if b.outcome != line.OK {
		return nil, b.outcome
	}
	return &reception{inbox: b, in: in}, line.OK
}

type reception struct {
	inbox *inbox
	in    line.Incoming
	pages []line.Page
}

// Page implements line.Reception.
func (r *reception) Page(_ int, p line.Page) { r.pages = append(r.pages, p) }

// Done implements line.Reception.
func (r *reception) Done(result line.Result, document *os.File) {
	a := arrival{Incoming: r.in, Result: result, pages: r.pages}
	if document != nil {
		info, err := document.Stat()
		if err == nil {
			a.document = make([]byte, info.Size())
			_, err = document.ReadAt(a.document, 0)
		}
		if err != nil {
			a.Detail = err.Error()
		}
	}
	result.Trace.Close()
	r.inbox.ended <- a
}

// ends waits for the next call that came in to end.
func (b *inbox) ends(t *testing.T) arrival {
	t.Helper()
	select {
	case a := <-b.ended:
		return a
	case <-time.After(patience):
		t.Fatal("no call came in, or it does not end")
		return arrival{}
	}
}

const patience = 2 * time.Minute

// The numbers of the two ends.
const (
	ourNumber   = "+81312345678"
	theirNumber = "+15145550100"
)

// end is one of two servers that call each other.
type end struct {
	*sip.Line
	*inbox
	trunk sip.Trunk
}

// endOptions of one end. The zero value waits for nobody.
type endOptions struct {
	t38       sip.T38
	transport sip.Transport // empty: UDP
	change    func(*sip.Config)
	settings  func(*sip.Trunk)
}

// listening opens a line on an address of the loopback net, with no trunks.
func listening(t testing.TB, address string, clock sip.Clock, o endOptions) *end {
	t.Helper()
	b := newInbox()
	at := netip.AddrPortFrom(netip.MustParseAddr(address), 0)
	c := sip.Config{
		Listen: []sip.Endpoint{{Transport: sip.UDP, Address: at}, {Transport: sip.TCP, Address: at}},
		Engine: &engine.Engine{Path: suite.faxmodem}, Inbound: b, Dir: t.TempDir(), Clock: clock, Log: logTo(t),
	}
	if o.change != nil {
		o.change(&c)
	}
	l, err := sip.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return &end{Line: l, inbox: b}
}

// address is where the end listens over a transport.
func (e *end) address(transport sip.Transport) netip.AddrPort {
	for _, a := range e.Addresses() {
		if a.Transport == transport {
			return a.Address
		}
	}
	return netip.AddrPort{}
}

// pair is two lines with a trunk to each other.
func pair(t testing.TB, clock sip.Clock, us, them endOptions) (a, b *end) {
	t.Helper()
	a, b = listening(t, "127.0.0.1", clock, us), listening(t, "127.0.0.2", clock, them)
	a.join(b, ourNumber, us)
	b.join(a, theirNumber, them)
	return a, b
}

// join gives an end its trunk to another one.
func (e *end) join(other *end, number string, o endOptions) {
	transport := o.transport
	if transport == "" {
		transport = sip.UDP
	}
	e.trunk = sip.Trunk{
		ID: "trunk-" + number[1:4], Name: "to the other end", Host: other.address(transport).String(), Transport: transport,
		Numbers: []string{number}, T38: o.t38, MaxCalls: 1000,
	}
	if e.trunk.T38 == "" {
		e.trunk.T38 = sip.T38Auto
	}
	if o.settings != nil {
		o.settings(&e.trunk)
	}
	e.SetTrunks([]sip.Trunk{e.trunk})
}

// send sends a document to the other end.
func (e *end) send(t *testing.T, to string, document *os.File, change ...func(*line.Outgoing)) line.Result {
	t.Helper()
	out := line.Outgoing{
		From: e.trunk.Numbers[0], To: to, Trunks: []string{e.trunk.ID}, Document: document,
		Call: line.Call{StationID: e.trunk.Numbers[0]},
	}
	for _, c := range change {
		c(&out)
	}
	r, err := e.Send(t.Context(), out, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Trace.Close)
	return r
}

// ladder is a trace as a text, for failures.
func ladder(r line.Result) string {
	if r.Trace == nil {
		return "no trace"
	}
	var b strings.Builder
	for _, e := range r.Trace.Events {
		way := "<--"
		if e.Sent {
			way = "-->"
		}
		fmt.Fprintf(&b, "%9.3f %s %-5s %-24s %s\n", e.At.Seconds(), way, e.Layer, e.Name, e.Detail)
	}
	return b.String()
}

// logTo sends the log to the test.
func logTo(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// suite is what all tests share.
var suite struct{ faxmodem string }

func TestMain(m *testing.M) { os.Exit(runMain(m)) }

func runMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "sip-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	suite.faxmodem = filepath.Join(dir, engine.Program)
	build := exec.Command("go", "build", "-tags", "spandsp", "-o", suite.faxmodem, "github.com/faxgate/faxgate/cmd/faxmodem")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintln(os.Stderr, string(out))
		return 1
	}
	return m.Run()
}
