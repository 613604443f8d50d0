package sip

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/sip/sdp"
)

// exchange is the offers and answers of a call after the first (RFC 3264), of which the
// one that counts is that from G.711 to T.38 (T.38 Annex D):
//
//	audio ── we ask ──▶ asking ── 200 ──▶ t38
//	  │  ▲                 │ 491: both asked; after a while again
//	  │  └─────────────────┘ 488, 415, 606, 501: stays audio
//	  └── they ask ── 200 ──▶ t38, or 488: the trunk's setting, or T.30 is too far
//
// After the fax the other end may ask to go back to audio. It is answered, and nothing
// changes: the result stands.
type exchange struct {
	asking  bool // our re-INVITE is not answered yet
	refresh bool // … it changes nothing: it is for the session timer
	askAt   int  // the step at which we ask; zero: when the settings say
	end     line.Switch
	id      uint64 // names our descriptions
	version uint64 // of our last description (RFC 3264 8)
}

// reply is what came of our re-INVITE.
type reply struct {
	*invitation // the last one sent
	response    *sip.Response
	err         error
}

// ask asks for T.38 when it is time to.
func (c *call) ask() {
	x := &c.exchange
	if x.asking || x.end != line.SwitchNone || c.over || c.committed || c.carrier.transport() == line.T38 || !c.mayAsk() {
		return
	}
	if c.steps >= max(x.askAt, c.askFirst()) {
		c.recorder.add(line.Media, true, "t38", "asked for")
		c.reinvite(sdp.T38Offer(c.origin(), c.mediaAt()))
	}
}

// mayAsk reports whether T.38 is wanted.
func (c *call) mayAsk() bool { return !c.without && c.trunk.T38 != T38Never }

// askFirst is the step at which the settings say to ask.
func (c *call) askFirst() int {
	switch {
	case c.trunk.T38 == T38We:
		return askSoon
	case c.settings.Role == line.Receiver:
		return askLater
	}
	return askLast
}

// reinvite offers something else. Its reply comes by a channel, for the media go on.
func (c *call) reinvite(offer sdp.Session) {
	r := c.next(sip.INVITE)
	c.seq++ // for the answer to a challenge
	c.timer.ask(r)
	r.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	r.SetBody(offer.Append(nil))
	c.exchange.asking, c.exchange.refresh = true, false
	c.line.routines.Go(func() { c.replies <- c.line.invite(c.line.running, c.trunk, r) })
}

// inviteTime is how long a re-INVITE may take. Nobody has to lift a receiver.
const inviteTime = 20 * time.Second

// invite carries a re-INVITE to its final answer.
func (l *Line) invite(ctx context.Context, t *trunk, r *sip.Request) reply {
	ctx, cancel := context.WithTimeout(ctx, inviteTime)
	defer cancel()
	i, res, err := l.attempt(ctx, r)
	if err == nil && challenge(res) {
		if again, ok := t.authorized(r, res); ok {
			i, res, err = l.attempt(ctx, again)
		}
	}
	return reply{i, res, err}
}

func (l *Line) attempt(ctx context.Context, r *sip.Request) (*invitation, *sip.Response, error) {
	i, err := l.begin(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	for {
		select {
		case res := <-i.tx.Responses():
			if !res.IsProvisional() {
				return i, res, nil
			}
		case <-i.tx.Done():
			return i, nil, failed(i.tx.Err())
		case <-ctx.Done():
			i.tx.Terminate()
			return i, nil, errSilent
		}
	}
}

// replied takes what came of our re-INVITE.
func (c *call) replied(r reply) {
	x := &c.exchange
	refresh := x.refresh
	x.asking, x.refresh = false, false
	switch {
	case r.err != nil || gone(r.response):
		c.leave("the re-INVITE was not answered") // RFC 3261 12.2.1.2: the dialog is gone
	case r.response.IsSuccess():
		r.acknowledge(&c.dialog)
		c.refresh(r.response)
		c.timer.agreed(r.response, true)
		if !refresh {
			c.offered(r.response)
		}
	case r.response.StatusCode == sip.StatusRequestPending: // glare (RFC 3261 14.1)
		x.askAt = c.steps + c.glarePause()
		x.refresh = false
	case refresh:
		c.timer.refused(r.response)
	default:
		c.refused(r.response)
	}
}

// gone reports whether an answer says that the other end has no such dialog any more
// (RFC 3261 12.2.1.2).
func gone(res *sip.Response) bool {
	return res.StatusCode == sip.StatusCallTransactionDoesNotExists || res.StatusCode == sip.StatusRequestTimeout
}

// glarePause is how long to wait after both have asked at once, in steps: the caller
// longer, so that one of them comes first (RFC 3261 14.1).
func (c *call) glarePause() int {
	if c.caller {
		return int((2100*time.Millisecond + rand.N(1900*time.Millisecond)) / Step)
	}
	return int(rand.N(2000*time.Millisecond) / Step)
}

// offered takes the answer to our offer of T.38.
func (c *call) offered(res *sip.Response) {
	answer, err := sdp.Parse(res.Body())
	if err != nil {
		c.leave("the answer to the offer of T.38 cannot be read")
		return
	}
	agreed, ok := answer.AgreedT38()
	if !ok {
		c.refused(res)
		return
	}
	c.exchange.end = line.SwitchDone
	c.toT38(agreed)
}

// refused goes on with G.711.
func (c *call) refused(*sip.Response) {
	c.exchange.end = line.SwitchRefused
	c.recorder.add(line.Media, false, "t38", "refused")
}

// toT38 goes over to T.38: T.30 begins anew.
func (c *call) toT38(a sdp.AgreedT38) {
	c.media.remote(a.At, c.to.at.Addr())
	c.carrier = newImage(a, c.carrier.traffic())
	c.committed = false
	c.start(line.T38)
}

// toAudio goes over to G.711: T.30 begins anew.
func (c *call) toAudio(a sdp.AgreedAudio) {
	c.media.remote(a.At, c.to.at.Addr())
	c.carrier = newAudio(a, c.carrier.traffic())
	c.committed = false
	c.start(c.carrier.transport())
}
