package sip

import (
	"errors"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/sip/sdp"
)

// take answers a request of the other end within the dialog.
func (c *call) take(d delivery) {
	r := d.request
	if c.gone {
		c.reply(d, 481, "Call/Transaction Does Not Exist")
		return
	}
	if r.IsAck() {
		c.acknowledged(r)
		return
	}
	if err := c.hears(r); errors.Is(err, errOrder) {
		c.reply(d, 500, "Server Internal Error") // RFC 3261 12.2.2
		return
	}
	switch r.Method {
	case sip.BYE:
		c.reply(d, 200, "OK")
		c.hungUp(r)
	case sip.INVITE, sip.UPDATE:
		c.reoffered(d)
	default:
		c.reply(d, 200, "OK") // OPTIONS
	}
}

// reply answers without a description.
func (c *call) reply(d delivery, code int, reason string) {
	_ = d.tx.Respond(c.line.respond(d.request, code, reason)) // an answer that is lost is asked for again
}

// reoffered answers a re-INVITE, or an UPDATE, which may refresh the session, move the
// other end, or ask for another way of sending.
func (c *call) reoffered(d delivery) {
	if c.exchange.asking || c.accepted != nil {
		c.reply(d, sip.StatusRequestPending, "Request Pending")
		return
	}
	if len(d.request.Body()) > 0 && !described(d.request) {
		_ = d.tx.Respond(c.line.undescribed(d.request))
		return
	}
	if !c.timer.asked(c, d) {
		return
	}
	c.refresh(d.request)
	if len(d.request.Body()) == 0 {
		if d.request.Method == sip.UPDATE {
			c.accept(d, nil) // it only refreshes
			return
		}
		c.accept(d, c.present()) // they want our offer; their answer comes with the ACK
		c.accepted.offered = true
		return
	}
	offer, err := sdp.Parse(d.request.Body())
	if err != nil {
		c.reply(d, 400, "Bad Request")
		return
	}
	c.negotiate(d, offer)
}

// described reports whether the body of a request is a description, or has one in it.
func described(r *sip.Request) bool {
	h := r.ContentType()
	if h == nil {
		return true // it is read, and then we know
	}
	kind, _, _ := strings.Cut(strings.ToLower(h.Value()), ";")
	kind = strings.TrimSpace(kind)
	return kind == "application/sdp" || strings.HasPrefix(kind, "multipart/")
}

// undescribed refuses a body of another type (RFC 3261 8.2.3).
func (l *Line) undescribed(r *sip.Request) *sip.Response {
	res := l.respond(r, 415, "Unsupported Media Type")
	res.AppendHeader(sip.NewHeader("Accept", "application/sdp"))
	return res
}

// negotiate decides about another offer of the other end.
func (c *call) negotiate(d delivery, offer sdp.Session) {
	want := sdp.Want{Origin: c.origin(), At: c.mediaAt(), T38: c.takesT38(offer)}
	answer, agreed, err := sdp.Answer(offer, want)
	if moves := err == nil && (agreed.T38 != nil) != (c.carrier.transport() == line.T38); err != nil || c.digits != nil ||
		moves && c.committed && !c.over {
		if offer.Wants(sdp.Image) && !c.over {
			c.exchange.end = line.SwitchDeclined
		}
		res := c.line.respond(d.request, sip.StatusNotAcceptableHere, "Not Acceptable Here")
		_ = d.tx.Respond(res)
		return
	}
	c.accept(d, &answer)
	switch {
	case agreed.T38 != nil && c.carrier.transport() != line.T38:
		c.exchange.end = line.SwitchDone
		c.toT38(*agreed.T38)
	case agreed.T38 != nil:
		c.media.remote(agreed.T38.At, c.to.at.Addr())
	case c.carrier.transport() == line.T38 && c.over: // back to audio: the result stands
		c.media.remote(agreed.Audio.At, c.to.at.Addr())
	case c.carrier.transport() == line.T38:
		c.toAudio(*agreed.Audio) // it could not do T.38 after all
	default:
		c.media.remote(agreed.Audio.At, c.to.at.Addr())
	}
}

// takesT38 reports whether an offer of T.38 is to be taken. Once the machines agree on a
// page, T.30 cannot begin anew on another way.
func (c *call) takesT38(offer sdp.Session) bool {
	if !offer.Wants(sdp.Image) {
		return false
	}
	if c.carrier.transport() == line.T38 {
		return true
	}
	return c.mayAsk() && !c.committed && !c.over
}

// accepted is a 2xx of ours until it is acknowledged. Until then it is sent again: whatever
// the transport, for a proxy on the way may use another (RFC 3261 13.3.1.4).
type accepted struct {
	response *sip.Response
	seq      uint32
	again    time.Time
	wait     time.Duration
	until    time.Time
	offered  bool // it has our offer, and the ACK has the answer
}

// accept answers with 200, and with a description if there is one.
func (c *call) accept(d delivery, description *sdp.Session) {
	res := c.line.respond(d.request, 200, "OK")
	res.To().Params.Add("tag", c.tag) // the first request has none, and sipgo may be reading it
	res.AppendHeader(c.contact(c.user))
	res.AppendHeader(sip.NewHeader("Allow", allowed))
	res.AppendHeader(sip.NewHeader("Supported", supported))
	c.timer.answer(res)
	if description != nil {
		res.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
		res.SetBody(description.Append(nil))
	}
	if d.request.IsInvite() {
		c.accepted = c.line.newAccepted(res)
	}
	_ = d.tx.Respond(res) // it is sent again
}

// The times of repetitions (RFC 3261 A).
const (
	t1 = 500 * time.Millisecond
	t2 = 4 * time.Second
)

func (l *Line) newAccepted(res *sip.Response) *accepted {
	now, wait := time.Now(), l.lasts(t1)
	return &accepted{response: res, seq: res.CSeq().SeqNo, again: now.Add(wait), wait: wait, until: now.Add(64 * wait)}
}

// remind sends a 2xx again that has not been acknowledged.
func (c *call) remind() {
	a := c.accepted
	if a == nil {
		return
	}
	switch now := time.Now(); {
	case now.After(a.until):
		c.accepted = nil
		c.leave("our 200 was never acknowledged")
	case now.After(a.again):
		a.wait = min(2*a.wait, t2)
		a.again = now.Add(a.wait)
		_ = c.line.agent.TransportLayer().WriteMsg(a.response)
	}
}

// acknowledged takes an ACK, with the answer to our offer perhaps.
func (c *call) acknowledged(r *sip.Request) {
	a := c.accepted
	if a == nil || r.CSeq() == nil || r.CSeq().SeqNo != a.seq {
		return // again, or of an earlier one
	}
	c.accepted = nil
	if !a.offered {
		return
	}
	answer, err := sdp.Parse(r.Body())
	if err != nil {
		c.leave("the answer to our offer cannot be read")
		return
	}
	x, ok := c.carrier.(*audio)
	if !ok {
		if agreed, ok := answer.AgreedT38(); ok {
			c.media.remote(agreed.At, c.to.at.Addr())
		}
		return
	}
	agreed, ok := answer.AgreedAudio()
	if !ok {
		return
	}
	c.media.remote(agreed.At, c.to.at.Addr())
	was := x.law
	x.take(agreed)
	if x.law != was && c.digits == nil && !c.over { // T.30 speaks the other one
		c.committed = false
		c.start(x.law)
	}
}
