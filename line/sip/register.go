package sip

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	registerFor  = 5 * time.Minute  // what is asked for; the trunk decides
	askEvery     = time.Minute      // trunks without registration are asked how they are
	askPatience  = 10 * time.Second // for an answer
	retryFirst   = 5 * time.Second  // the back-off after a failure (RFC 5626 4.5)
	retryMost    = 15 * time.Minute
	refusedFirst = time.Minute // after a refusal: a password does not get right by itself, and trunks ban
	leaveTime    = 2 * time.Second
)

// keep keeps the trunk registered, or asks now and then whether it is there, until it is
// removed. Then the registration is taken back.
func (t *trunk) keep(ctx context.Context) {
	binding := &registration{trunk: t, callID: token(), tag: token()}
	failures := 0
	for ctx.Err() == nil {
		again, ok := binding.renew(ctx)
		if ok {
			failures = 0
		} else {
			again = backOff(again, failures)
			failures++
		}
		pause(ctx, again)
	}
	if t.snapshot().Reach == Registered {
		leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
		defer cancel()
		_, _, _ = binding.ask(leave, sip.REGISTER, 0) // it runs out by itself otherwise
	}
}

// backOff doubles a pause with each failure, and spreads it so that many trunks do not
// come together.
func backOff(first time.Duration, failures int) time.Duration {
	wait := min(first<<min(failures, 10), retryMost)
	return wait/2 + rand.N(wait/2+1)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// registration is our binding at a trunk. All its requests are of one Call-ID, in order
// (RFC 3261 10.2.4).
type registration struct {
	*trunk
	callID, tag string
	seq         uint32
	asksFor     time.Duration // what the trunk wants at least; zero: it did not say
}

// renew registers, or asks, once. after is when to do so again; ok is false for a failure,
// after which it is the beginning of the back-off.
func (b *registration) renew(ctx context.Context) (after time.Duration, ok bool) {
	method := sip.OPTIONS
	if b.User != "" && b.Register {
		method = sip.REGISTER
	}
	res, h, err := b.ask(ctx, method, max(registerFor, b.asksFor))
	if ctx.Err() != nil {
		return 0, true
	}
	if err != nil {
		b.failed(err)
		return retryFirst, false
	}
	if least := seconds(res, "Min-Expires"); res.StatusCode == sip.StatusIntervalToBrief && least > b.asksFor && least < 24*time.Hour {
		b.asksFor = least
		return 0, true
	}
	return b.answered(method, res, h)
}

// ask sends a REGISTER or an OPTIONS to the first address of the trunk that answers.
func (b *registration) ask(ctx context.Context, method sip.RequestMethod, expires time.Duration) (res *sip.Response, h hop, err error) {
	targets, err := b.resolve(ctx)
	if err != nil {
		return nil, h, &unresolvable{err}
	}
	for _, to := range targets {
		if h, err = b.line.hopTo(ctx, b.Transport, to); err != nil {
			continue
		}
		if res, err = b.line.transact(ctx, b.trunk, b.request(h, method, expires)); err == nil {
			return res, h, nil
		}
	}
	return nil, h, err
}

// unresolvable is a failure of DNS.
type unresolvable struct{ error }

func (u *unresolvable) Unwrap() error { return u.error }

func (b *registration) request(h hop, method sip.RequestMethod, expires time.Duration) *sip.Request {
	host, port, _ := splitHost(b.Host) // it was resolved
	r := h.request(method, sip.Uri{Scheme: "sip", Host: uriHost(host), Port: int(port)})
	self := sip.Uri{Scheme: "sip", User: b.User, Host: uriHost(host)}
	from := &sip.FromHeader{Address: self, Params: sip.NewParams()}
	from.Params.Add("tag", b.tag)
	to := &sip.ToHeader{Address: self, Params: sip.NewParams()}
	if method == sip.OPTIONS {
		to.Address = r.Recipient
	}
	id := sip.CallIDHeader(b.callID)
	b.seq += 2 // a challenge takes the one between
	r.AppendHeader(from)
	r.AppendHeader(to)
	r.AppendHeader(&id)
	r.AppendHeader(&sip.CSeqHeader{SeqNo: b.seq, MethodName: method})
	r.AppendHeader(h.contact(b.User))
	if method == sip.REGISTER {
		r.AppendHeader(sip.NewHeader("Expires", strconv.Itoa(int(expires/time.Second))))
	} else {
		r.AppendHeader(sip.NewHeader("Accept", "application/sdp"))
	}
	r.AppendHeader(sip.NewHeader("Allow", allowed))
	r.SetBody(nil)
	return r
}

// uriHost is a host as URIs write it.
func uriHost(host string) string {
	if a, err := netip.ParseAddr(host); err == nil {
		return hostText(a)
	}
	return host
}

// failed notes that the trunk did not answer.
func (b *registration) failed(err error) {
	b.stands(func(s *State) {
		s.Reach, s.Code, s.Reason, s.Expires = Unreachable, 0, err.Error(), time.Time{}
		if _, ok := err.(*unresolvable); ok { //nolint:errorlint // ask wraps it last
			s.Reach = Unresolvable
		}
	})
}

// answered notes what the trunk answered.
func (b *registration) answered(method sip.RequestMethod, res *sip.Response, h hop) (after time.Duration, ok bool) {
	granted := granted(res, h)
	accepted := res.StatusCode < 300
	if method == sip.OPTIONS {
		// Any answer at all says that it is there, and many know no OPTIONS. But who asks
		// for a password that there is none of, or forbids, would not take a call either.
		accepted = !challenge(res) && res.StatusCode != sip.StatusForbidden && res.StatusCode != sip.StatusServiceUnavailable
		after = askEvery
	} else {
		after = refreshAfter(granted)
	}
	b.stands(func(s *State) {
		s.Code, s.Reason, s.Address, s.Expires = res.StatusCode, res.Reason, h.to.at, time.Time{}
		s.Public = publicOf(res, s.Public)
		switch {
		case !accepted:
			s.Reach = Refused
		case method == sip.REGISTER:
			s.Reach, s.Expires = Registered, time.Now().Add(granted)
		default:
			s.Reach = Reachable
		}
	})
	if !accepted {
		return refusedFirst, false
	}
	return after, true
}

// granted is how long the registration lasts: what is said of our own contact, or of all
// (RFC 3261 10.2.4).
func granted(res *sip.Response, h hop) time.Duration {
	for _, header := range res.GetHeaders("Contact") {
		c, ok := header.(*sip.ContactHeader)
		if !ok || c.Address.Port != int(h.own.Port()) || c.Address.Host != hostText(h.own.Addr()) {
			continue
		}
		if text, found := c.Params.Get("expires"); found {
			if n, err := strconv.ParseUint(text, 10, 31); err == nil {
				return time.Duration(n) * time.Second
			}
		}
	}
	if d := seconds(res, "Expires"); d > 0 {
		return d
	}
	return registerFor
}

// refreshAfter leaves time for two tries before a registration ends.
func refreshAfter(granted time.Duration) time.Duration {
	return max(granted-min(granted/2, 30*time.Second+granted/10), time.Second)
}

// publicOf is our address as the answer has it in Via (RFC 3581 4); before: if it does not.
func publicOf(res *sip.Response, before netip.AddrPort) netip.AddrPort {
	via := res.Via()
	if via == nil || via.Params == nil {
		return before
	}
	port := via.Port
	if text, found := via.Params.Get("rport"); found {
		if n, err := strconv.ParseUint(text, 10, 16); err == nil && n > 0 {
			port = int(n)
		}
	}
	host := via.Host
	if received, found := via.Params.Get("received"); found && received != "" {
		host = received
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return before
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(port)) //nolint:gosec // it was parsed as 16 bits
}
