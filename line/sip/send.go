package sip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/sip/sdp"
)

// Send implements line.Line: it calls over the first of the trunks that has a free channel
// and will have the call.
func (l *Line) Send(ctx context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
	if err := out.Check(); err != nil {
		return line.Result{}, err
	}
	if late := l.Lateness(); late > lateRefuse {
		return line.Result{}, fmt.Errorf("the media are late by %s: no call begins", late)
	}
	refused := line.Result{Outcome: line.TrunkUnavailable, Detail: "no trunk leads there"}
	for _, t := range l.those(out.Trunks) {
		free, err := l.channel(ctx, t, out.Trunks)
		if err != nil {
			return line.Result{}, err
		}
		if free == nil {
			continue // the next trunk has a channel
		}
		r, elsewhere := t.send(ctx, out, progress)
		free()
		t.ended(r.Outcome)
		if !elsewhere {
			return r, nil
		}
		refused.Trace.Close()
		refused = r
	}
	return refused, nil
}

// those are the trunks with these ids, in their order.
func (l *Line) those(ids []string) (all []*trunk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if t := l.trunks[id]; t != nil {
			all = append(all, t)
		}
	}
	return all
}

// channel takes a channel of a trunk. When it has none but a later one has, free is nil;
// when none has, it waits.
func (l *Line) channel(ctx context.Context, t *trunk, ids []string) (free func(), err error) {
	for {
		l.mu.Lock()
		freed := l.freed
		l.mu.Unlock()
		if t.take() {
			return t.free, nil
		}
		if l.anyFree(ids) {
			return nil, nil
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for a channel of %s: %w", t.Name, ctx.Err())
		}
	}
}

func (l *Line) anyFree(ids []string) bool {
	for _, t := range l.those(ids) {
		if s := t.snapshot(); s.Calls < s.Max {
			return true
		}
	}
	return false
}

// send makes the call over this trunk, at the first of its addresses that answers.
// elsewhere says that another trunk may do better.
func (t *trunk) send(ctx context.Context, out line.Outgoing, progress func(line.Progress)) (r line.Result, elsewhere bool) {
	if progress != nil {
		progress(line.Progress{Stage: line.Dialling})
	}
	targets, err := t.resolve(ctx)
	if err != nil {
		return line.Result{Outcome: line.TrunkUnavailable, Trunk: t.ID, Detail: err.Error()}, true
	}
	for _, to := range targets {
		r.Trace.Close()
		r, elsewhere = t.sendTo(ctx, to, out, progress)
		if !elsewhere || ctx.Err() != nil {
			break
		}
	}
	return r, elsewhere
}

// sendTo makes the call by way of one address.
func (t *trunk) sendTo(ctx context.Context, to target, out line.Outgoing, progress func(line.Progress)) (r line.Result, elsewhere bool) {
	c, err := t.dial(ctx, to, out, progress)
	if err != nil {
		return line.Result{Outcome: line.TrunkUnavailable, Trunk: t.ID, Detail: err.Error()}, true
	}
	answer, end := c.ring(ctx)
	if end.outcome != line.OK {
		c.close()
		r := line.Result{Outcome: end.outcome, Trunk: t.ID, SIP: end.code, Detail: end.why}
		r.Trace = c.recorder.trace(r)
		return r, end.elsewhere
	}
	if !c.begin(answer) {
		c.leave("no codec in common")
		c.close()
		r := line.Result{Outcome: line.Incompatible, Trunk: t.ID, SIP: 488, Detail: c.cause}
		r.Trace = c.recorder.trace(r)
		return r, false
	}
	if out.Extension != "" {
		c.digits = newKeypad(out.Extension)
	}
	c.run(ctx)
	r = c.outcome(ctx)
	r.Extension = out.Extension
	return r, false
}

// dial makes ready a call, and a description of what it offers.
func (t *trunk) dial(ctx context.Context, to target, out line.Outgoing, progress func(line.Progress)) (*call, error) {
	h, err := t.line.hopTo(ctx, t.Transport, to)
	if err != nil {
		return nil, err
	}
	m, err := t.line.openMedia(h.socket.own(to.at.Addr()))
	if err != nil {
		return nil, err
	}
	settings := out.Call
	settings.Role = line.Sender
	c := &call{
		line: t.line, trunk: t, settings: settings, document: out.Document, tell: progress, media: m, without: out.WithoutT38,
		inbox: make(chan delivery), replies: make(chan reply, 1), ended: make(chan struct{}),
	}
	c.dialog = dialog{dialogID: dialogID{token(), token()}, hop: h, caller: true, seq: 1, user: t.user(out.From)}
	host, port, _ := splitHost(t.Host) // it was resolved
	c.remote = sip.Uri{Scheme: "sip", User: t.dialled(out.To), Host: uriHost(host)}
	c.target = c.remote
	c.target.Port = int(port)
	c.local = t.from(out.From, uriHost(host))
	c.carrier = newAudio(sdp.AgreedAudio{Law: sdp.PCMU}, line.Traffic{})
	c.exchange.id = uint64(rand.Uint32())
	c.recorder = t.line.record(c.callID)
	t.line.remember(c)
	return c, nil
}

// user is that of our Contact.
func (t *trunk) user(number string) string {
	if t.User != "" {
		return t.User
	}
	return number
}

// from is the calling number, or nobody (RFC 3323 4.1.1.3).
func (t *trunk) from(number, host string) sip.Uri {
	if number == "" {
		return sip.Uri{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}
	}
	if t.Digits {
		number = number[1:]
	}
	return sip.Uri{Scheme: "sip", User: number, Host: host}
}

// remember makes the call known, so that requests find it.
func (l *Line) remember(c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls[c.dialogID] = c
}

func (l *Line) forget(c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.calls, c.dialogID)
}

// waitForCalls lets the calls that are hanging up end.
func (l *Line) waitForCalls(most time.Duration) {
	for began := time.Now(); time.Since(began) < most; time.Sleep(10 * time.Millisecond) {
		l.mu.Lock()
		left := len(l.calls)
		l.mu.Unlock()
		if left == 0 {
			return
		}
	}
}

// What a call may take before it is answered.
const (
	firstAnswer = 8 * time.Second  // for the trunk to say anything
	ringing     = 90 * time.Second // for somebody to answer
	cancelTime  = 6 * time.Second  // for the end of a call that was cancelled
)

// ending is why a call was not answered.
type ending struct {
	outcome   line.Outcome // OK: it was
	code      int
	why       string
	elsewhere bool
}

// ring sends the INVITE and waits for its answer.
func (c *call) ring(ctx context.Context) (answer *sip.Response, end ending) {
	r := c.invite()
	for {
		i, err := c.line.begin(ctx, r)
		if err != nil {
			return nil, silence(err)
		}
		res, end := c.await(ctx, i)
		if end.outcome != line.OK {
			return nil, end
		}
		switch {
		case res.IsSuccess():
			c.answered(res)
			c.timer.agreed(res, true)
			i.acknowledge(&c.dialog)
			return res, end
		case challenge(res):
			if again, ok := c.trunk.authorized(r, res); ok {
				r, c.seq = again, again.CSeq().SeqNo
				continue
			}
		case res.StatusCode == intervalTooSmall && c.timer.least == 0: // RFC 4028 7.4
			if c.timer.least = seconds(res, "Min-SE"); c.timer.least > 0 {
				c.seq++
				r = c.invite()
				continue
			}
		}
		return nil, ending{outcomeOf(res.StatusCode), res.StatusCode, clean(res.Reason), movesOn(res.StatusCode)}
	}
}

// silence is the end of a call to a trunk that does not answer.
func silence(err error) ending { return ending{line.TrunkUnavailable, 0, err.Error(), true} }

// invite is the INVITE, with the offer.
func (c *call) invite() *sip.Request {
	r := c.request(sip.INVITE, c.seq)
	c.timer.ask(r)
	if c.local.Host == "anonymous.invalid" {
		r.From().DisplayName = "Anonymous"
		r.AppendHeader(sip.NewHeader("Privacy", "id"))
	} else {
		r.AppendHeader(sip.NewHeader("P-Preferred-Identity", "<"+c.local.String()+">")) // RFC 3325 9.2
	}
	r.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	r.SetBody(c.present().Append(nil))
	return r
}

// await waits for the final answer of an INVITE. The trunk may take a short time to say
// anything at all, and whoever is called a long one to answer.
func (c *call) await(ctx context.Context, i *invitation) (*sip.Response, ending) {
	silent, ring := time.NewTimer(firstAnswer), time.NewTimer(ringing)
	defer silent.Stop()
	defer ring.Stop()
	heard := false
	for {
		select {
		case res := <-i.tx.Responses():
			if !res.IsProvisional() {
				return res, ending{outcome: line.OK}
			}
			heard = true
			silent.Stop()
		case <-i.tx.Done():
			return nil, silence(failed(i.tx.Err()))
		case <-silent.C:
			i.tx.Terminate()
			return nil, silence(errSilent)
		case <-ring.C:
			return c.giveUp(i, heard, ending{line.NoAnswer, 0, "nobody answered", false})
		case <-ctx.Done():
			return c.giveUp(i, heard, ending{line.Interrupted, 0, "hung up", false})
		}
	}
}

// giveUp cancels a call that is not answered (RFC 3261 9). A 200 that crosses the CANCEL
// is acknowledged and hung up.
func (c *call) giveUp(i *invitation, heard bool, end ending) (*sip.Response, ending) {
	if heard {
		i.cancel()
	}
	timer := time.NewTimer(cancelTime)
	defer timer.Stop()
	for {
		select {
		case res := <-i.tx.Responses():
			switch {
			case res.IsProvisional() && !heard: // a CANCEL must not come before it (RFC 3261 9.1)
				heard = true
				i.cancel()
			case res.IsProvisional():
			default:
				if res.IsSuccess() {
					c.answered(res)
					i.acknowledge(&c.dialog)
					c.bye()
				}
				return nil, end
			}
		case <-i.tx.Done():
			return nil, end
		case <-timer.C: // stray takes what comes later
			i.tx.Terminate()
			return nil, end
		}
	}
}

// errNoCodec is an answer that has neither µ-law nor A-law.
var errNoCodec = errors.New("no codec in common")

// begin takes the answer to our offer. ok is false when there is nothing in it to talk by.
func (c *call) begin(answer *sip.Response) (ok bool) {
	described, err := sdp.Parse(answer.Body())
	if err != nil {
		return false
	}
	agreed, ok := described.AgreedAudio()
	if !ok {
		return false
	}
	c.media.remote(agreed.At, c.to.at.Addr())
	c.carrier = newAudio(agreed, line.Traffic{})
	return true
}
