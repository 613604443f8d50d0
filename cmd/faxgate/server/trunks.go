package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
	"github.com/faxgate/faxgate/line/sip"
)

// Signalling is how trunks are spoken to.
type Signalling struct {
	Listen  []sip.Endpoint
	Ports   sip.Ports
	Address netip.Addr  // as trunks reach this server; invalid: its own
	TLS     *tls.Config // of endpoints with TLS; nil: none
	Client  *tls.Config // to trunks; nil: with the system's roots
}

// trunks carries calls over the trunks of all organizations. The sockets are opened with
// the first trunk: whoever has none needs no port for it.
type trunks struct {
	Signalling
	rules   *fax.Trunks
	engine  *engine.Engine
	inbound line.Inbound
	dir     string
	node    string
	agent   string
	now     func() time.Time
	log     *slog.Logger
	woken   chan struct{}

	mu      sync.Mutex
	line    *sip.Line // nil: there is no trunk, or the sockets could not be opened
	failure error     // why they could not
	all     []fax.Trunk
}

// Trunks are looked at again and again: a node that held one may be gone.
const (
	trunksEvery = 5 * time.Second
	trunksLease = 20 * time.Second
)

// wake tells that trunks have changed.
func (x *trunks) wake() {
	select {
	case x.woken <- struct{}{}:
	default:
	}
}

// run keeps the line to what the database says, until ctx ends. Then the calls have had
// their time, and the line is closed.
func (x *trunks) run(ctx context.Context) {
	tick := time.NewTicker(trunksEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := x.follow(ctx); err != nil && ctx.Err() == nil {
			x.log.Error("trunks", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-x.woken:
		}
	}
	if l, _ := x.current(); l != nil {
		l.Close()
	}
}

// follow reads the trunks and gives them to the line.
func (x *trunks) follow(ctx context.Context) error {
	all, err := x.rules.All(ctx)
	if err != nil {
		return err
	}
	now := x.now()
	held, err := x.rules.Store.HoldTrunks(ctx, x.node, now, now.Add(trunksLease))
	if err != nil {
		return err
	}
	x.mu.Lock()
	x.all = all
	x.mu.Unlock()
	l := x.opened(len(all) > 0)
	if l == nil {
		return nil
	}
	settings := make([]sip.Trunk, len(all))
	for i, t := range all {
		settings[i] = sipTrunk(t)
		settings[i].Register = slices.Contains(held, t.ID)
	}
	l.SetTrunks(settings)
	return nil
}

// sipTrunk is a trunk as the line knows it.
func sipTrunk(t fax.Trunk) sip.Trunk {
	return sip.Trunk{
		ID: t.ID, Name: t.Name, Host: t.Host, Transport: sip.Transport(t.Transport), User: t.User, Password: t.Password,
		Numbers: t.Numbers, T38: sip.T38(t.T38), Allow: t.Allow, MaxCalls: t.MaxCalls, Digits: t.Digits, Prefix: t.Prefix,
	}
}

// opened is the line; needed says that there is a trunk. Nil: there is none.
func (x *trunks) opened(needed bool) *sip.Line {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.line != nil || !needed {
		return x.line
	}
	l, err := sip.Open(x.config())
	if err != nil && fmt.Sprint(x.failure) != fmt.Sprint(err) {
		x.log.Error("trunks cannot be reached", "error", err)
	}
	x.line, x.failure = l, err
	if l != nil {
		x.log.Info("listening for trunks", "addresses", fmt.Sprint(l.Addresses()))
	}
	return l
}

func (x *trunks) config() sip.Config {
	return sip.Config{
		Listen: x.Listen, MediaPorts: x.Ports, Address: x.Address, Server: x.TLS, Client: x.Client, Engine: x.engine,
		Inbound: x.inbound, Dir: x.dir, Agent: x.agent, Log: x.log,
	}
}

// current is the line, and why there is none.
func (x *trunks) current() (*sip.Line, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.line, x.failure
}

// Send implements line.Line.
func (x *trunks) Send(ctx context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
	if err := out.Check(); err != nil {
		return line.Result{}, err
	}
	l, failure := x.current()
	switch {
	case len(out.Trunks) == 0:
		return line.Result{Outcome: line.TrunkUnavailable, Detail: fmt.Sprintf("no trunk leads to %s", out.To)}, nil
	case x.engine == nil:
		return line.Result{Outcome: line.TrunkUnavailable, Trunk: out.Trunks[0], Detail: engine.ErrNoEngine.Error()}, nil
	case l == nil:
		return line.Result{Outcome: line.TrunkUnavailable, Trunk: out.Trunks[0], Detail: fmt.Sprint(cmp.Or(failure, errNotOpen))}, nil
	}
	return l.Send(ctx, out, progress)
}

// errNotOpen is the state before the trunks have been read.
var errNotOpen = fmt.Errorf("the trunks are not open yet")

// States implements fax.TrunkBoard.
func (x *trunks) States() map[string]fax.TrunkState {
	l, failure := x.current()
	x.mu.Lock()
	all := x.all
	x.mu.Unlock()
	states := make(map[string]fax.TrunkState, len(all))
	for _, t := range all {
		states[t.ID] = fax.TrunkState{Reach: string(sip.Unknown)}
		if l == nil && failure != nil {
			states[t.ID] = fax.TrunkState{Reach: fax.TrunkClosed, Reason: failure.Error()}
		}
	}
	if l == nil {
		return states
	}
	for _, s := range l.States() {
		states[s.TrunkID] = fax.TrunkState{
			Reach: string(s.Reach), Code: s.Code, Reason: s.Reason, Address: s.Address, Public: s.Public,
			Since: s.Since, Expires: s.Expires, Calls: s.Calls, Max: s.Max, Ended: ended(s.Ended),
		}
	}
	return states
}

func ended(of map[line.Outcome]int) map[string]int {
	all := make(map[string]int, len(of))
	for o, n := range of {
		all[string(o)] = n
	}
	return all
}

// upAndDown counts the trunks that calls can be made over, and the others.
func (x *trunks) upAndDown() (up, down int) {
	for _, s := range x.States() {
		if s.Up() {
			up++
		} else {
			down++
		}
	}
	return up, down
}

// Check implements fax.TrunkBoard: it tests a trunk over the line that is open, or over
// one that is opened for it.
func (x *trunks) Check(ctx context.Context, t fax.Trunk, call string) ([]fax.TrunkCheck, error) {
	l, _ := x.current()
	if l == nil {
		c := x.config()
		c.Inbound = nil
		own, err := sip.Open(c)
		if err != nil {
			return nil, err
		}
		defer own.Close()
		l = own
	}
	return checked(l.Check(ctx, sipTrunk(t), call)), nil
}

func checked(found []sip.Check) []fax.TrunkCheck {
	all := make([]fax.TrunkCheck, len(found))
	for i, c := range found {
		all[i] = fax.TrunkCheck{Step: string(c.Step), State: string(c.State), Code: c.Code, Detail: c.Detail}
	}
	return all
}

// NewTrunkBoard tests trunks from a process of its own, beside a server that may run: from
// ports that chance chooses.
func NewTrunkBoard(s Signalling, e *engine.Engine) fax.TrunkBoard {
	x := &trunks{Signalling: s, engine: e, log: slog.New(slog.DiscardHandler)}
	x.Listen = slices.Clone(s.Listen)
	for i, at := range x.Listen {
		x.Listen[i].Address = netip.AddrPortFrom(at.Address.Addr(), 0)
	}
	return x
}
