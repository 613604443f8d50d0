package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/sip/sdp"
)

// Check is one step of the test of a trunk.
type Check struct {
	Step  CheckStep
	State CheckState
	// Code is the status that was answered. Zero: none was, or this is no step of SIP.
	Code int
	// Detail is what was found or answered, in the words of the protocol.
	Detail string
}

// CheckStep is what is looked at.
type CheckStep string

// The steps, in order.
const (
	CheckDNS          CheckStep = "dns"          // does the name lead to an address
	CheckTransport    CheckStep = "transport"    // does anybody answer there
	CheckRegistration CheckStep = "registration" // does the trunk know us, and the password
	CheckNAT          CheckStep = "nat"          // is our address what the trunk sees
	CheckCall         CheckStep = "call"         // does it take a call
	CheckCodec        CheckStep = "codec"        // with which sound
	CheckT38          CheckStep = "t38"          // and does it go to T.38
)

// CheckState is how a step went.
type CheckState string

// The states.
const (
	CheckOK      CheckState = "ok"
	CheckWarning CheckState = "warning" // it works, but not as it could
	CheckFailed  CheckState = "failed"
	CheckSkipped CheckState = "skipped" // a step before it failed, or there is nothing to look at
)

// Check tests a trunk, which need not be one of those in use, step by step. call is a
// number to call, so that codec and T.38 are seen: whoever answers hears a fax machine for
// some seconds, and is charged for. Empty: no call is made.
func (l *Line) Check(ctx context.Context, settings Trunk, call string) []Check {
	settings.MaxCalls = max(settings.MaxCalls, 1)
	x := &checking{trunk: &trunk{Trunk: settings, line: l, end: func() {}}}
	x.state.Ended = map[line.Outcome]int{}
	x.locate(ctx)
	x.reach(ctx)
	x.register(ctx)
	x.nat()
	x.place(ctx, call)
	return x.found
}

// checking is a test under way.
type checking struct {
	*trunk
	found   []Check
	broken  bool // a step failed that the rest depends on
	targets []target
	hop     hop
	seen    *sip.Response // the last answer
}

func (x *checking) note(step CheckStep, state CheckState, code int, detail string) {
	x.found = append(x.found, Check{step, state, code, clean(detail)})
	x.broken = x.broken || state == CheckFailed
}

func (x *checking) locate(ctx context.Context) {
	targets, err := x.line.locate(ctx, x.Host, x.Transport)
	if err != nil {
		x.note(CheckDNS, CheckFailed, 0, err.Error())
		return
	}
	x.targets = targets
	var all []string
	for _, to := range targets {
		all = append(all, to.at.String())
	}
	x.note(CheckDNS, CheckOK, 0, strings.Join(all, ", "))
	x.mu.Lock()
	x.trunk.targets, x.resolved = targets, time.Now()
	x.mu.Unlock()
	x.line.admitFor(x.trunk)
}

// reach sends an OPTIONS: any answer says that somebody is there.
func (x *checking) reach(ctx context.Context) {
	if x.broken {
		x.note(CheckTransport, CheckSkipped, 0, "")
		return
	}
	b := &registration{trunk: x.trunk, callID: token(), tag: token()}
	res, h, err := b.ask(ctx, sip.OPTIONS, 0)
	if err != nil {
		x.note(CheckTransport, CheckFailed, 0, err.Error())
		return
	}
	x.hop, x.seen = h, res
	x.note(CheckTransport, CheckOK, res.StatusCode, fmt.Sprintf("%s %s", h.to.at, res.Reason))
}

// register asks for the bindings without making one (RFC 3261 10.2.3): it takes the same
// password, and leaves a registration that is in use alone.
func (x *checking) register(ctx context.Context) {
	if x.broken || x.User == "" {
		x.note(CheckRegistration, CheckSkipped, 0, "")
		return
	}
	b := &registration{trunk: x.trunk, callID: token(), tag: token()}
	r := b.request(x.hop, sip.REGISTER, 0)
	r.RemoveHeader("Contact")
	r.RemoveHeader("Expires")
	res, err := x.line.transact(ctx, x.trunk, r)
	switch {
	case err != nil:
		x.note(CheckRegistration, CheckFailed, 0, err.Error())
	case res.IsSuccess():
		x.seen = res
		x.note(CheckRegistration, CheckOK, res.StatusCode, res.Reason)
	default:
		x.note(CheckRegistration, CheckFailed, res.StatusCode, res.Reason)
	}
}

// nat compares the address that the trunk sees with the one that we give.
func (x *checking) nat() {
	if x.seen == nil {
		x.note(CheckNAT, CheckSkipped, 0, "")
		return
	}
	public := publicOf(x.seen, netip.AddrPort{})
	switch {
	case !public.IsValid():
		x.note(CheckNAT, CheckSkipped, 0, "")
	case public.Addr() == x.hop.own.Addr():
		x.note(CheckNAT, CheckOK, 0, public.Addr().String())
	default:
		x.note(CheckNAT, CheckWarning, 0, public.Addr().String()) // the address to be set
	}
}

// place makes a call, asks for T.38, and hangs up.
func (x *checking) place(ctx context.Context, number string) {
	if x.broken || number == "" {
		for _, step := range []CheckStep{CheckCall, CheckCodec, CheckT38} {
			x.note(step, CheckSkipped, 0, "")
		}
		return
	}
	from := ""
	if len(x.Numbers) > 0 {
		from = x.Numbers[0]
	}
	c, err := x.dial(ctx, x.hop.to, line.Outgoing{From: from, To: number}, nil)
	if err != nil {
		x.note(CheckCall, CheckFailed, 0, err.Error())
		return
	}
	defer c.close()
	answer, end := c.ring(ctx)
	if end.outcome != line.OK {
		x.note(CheckCall, CheckFailed, end.code, end.why)
		x.note(CheckCodec, CheckSkipped, 0, "")
		x.note(CheckT38, CheckSkipped, 0, "")
		return
	}
	defer c.bye()
	x.note(CheckCall, CheckOK, answer.StatusCode, answer.Reason)
	if !c.begin(answer) {
		x.note(CheckCodec, CheckFailed, 0, errNoCodec.Error())
		x.note(CheckT38, CheckSkipped, 0, "")
		return
	}
	x.note(CheckCodec, CheckOK, 0, string(c.carrier.transport()))
	x.t38(ctx, c)
}

// t38 asks whoever has answered for T.38.
func (x *checking) t38(ctx context.Context, c *call) {
	if x.T38 == T38Never {
		x.note(CheckT38, CheckSkipped, 0, "")
		return
	}
	c.reinvite(sdp.T38Offer(c.origin(), c.mediaAt()))
	for {
		select {
		case d := <-c.inbox: // they ask themselves
			c.take(d)
			close(d.done)
			if c.gone {
				x.note(CheckT38, CheckFailed, 0, "the other end hung up")
				return
			}
		case r := <-c.replies:
			x.t38Answered(c, r)
			return
		case <-ctx.Done():
			x.note(CheckT38, CheckFailed, 0, errSilent.Error())
			return
		}
	}
}

func (x *checking) t38Answered(c *call, r reply) {
	switch {
	case errors.Is(r.err, errSilent) || r.err != nil:
		x.note(CheckT38, CheckFailed, 0, r.err.Error())
	case r.response.IsSuccess():
		r.acknowledge(&c.dialog)
		answer, err := sdp.Parse(r.response.Body())
		if _, ok := answer.AgreedT38(); err != nil || !ok {
			x.note(CheckT38, CheckWarning, r.response.StatusCode, r.response.Reason)
			return
		}
		x.note(CheckT38, CheckOK, r.response.StatusCode, r.response.Reason)
	default:
		x.note(CheckT38, CheckWarning, r.response.StatusCode, r.response.Reason) // faxes go over G.711
	}
}
