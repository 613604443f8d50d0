package sip

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// sessionTimer sees to it that a call that one end has forgotten does not last for ever
// (RFC 4028): one side refreshes it halfway, and the other hangs up when it does not. The
// zero value: there is none.
type sessionTimer struct {
	every time.Duration // the session's interval; zero: none was agreed
	ours  bool          // we refresh
	began time.Time     // of the interval
	least time.Duration // that the other end accepts; zero: it did not say
}

const (
	sessionWanted = 30 * time.Minute
	sessionLeast  = 90 * time.Second // RFC 4028 4

	intervalTooSmall = 422 // RFC 4028 6
)

// ask adds what we wish to a request.
func (t *sessionTimer) ask(r *sip.Request) {
	every, refresher := max(sessionWanted, t.least), ""
	if t.every > 0 {
		every = max(t.every, t.least)
		refresher = ";refresher=uas"
		if t.ours {
			refresher = ";refresher=uac"
		}
	}
	r.AppendHeader(sip.NewHeader("Session-Expires", inSeconds(every)+refresher))
	r.AppendHeader(sip.NewHeader("Min-SE", inSeconds(max(sessionLeast, t.least))))
}

func inSeconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// agreed takes the answer to a request of ours.
func (t *sessionTimer) agreed(res *sip.Response, asked bool) {
	every := seconds(res, "Session-Expires", "x")
	if every == 0 || !asked {
		*t = sessionTimer{least: t.least} // it knows no timers; ours would be alone
		return
	}
	*t = sessionTimer{every: max(every, sessionLeast), ours: refresherOf(res) != "uas", began: time.Now(), least: t.least}
}

// asked takes what a request of the other end wishes. ok is false when it has been refused:
// an interval that is too short (RFC 4028 6).
func (t *sessionTimer) asked(c *call, d delivery) (ok bool) {
	res := t.wish(c.line, d.request)
	if res != nil {
		_ = d.tx.Respond(res)
	}
	return res == nil
}

// wish takes what a request wishes, or gives its refusal.
func (t *sessionTimer) wish(l *Line, r *sip.Request) (refusal *sip.Response) {
	every := seconds(r, "Session-Expires", "x")
	if every == 0 {
		*t = sessionTimer{}
		return nil
	}
	if every < sessionLeast {
		res := l.respond(r, intervalTooSmall, "Session Interval Too Small")
		res.AppendHeader(sip.NewHeader("Min-SE", inSeconds(sessionLeast)))
		return res
	}
	timers := option(r, "Supported", "timer") || option(r, "k", "timer")
	*t = sessionTimer{every: every, ours: !timers || refresherOf(r) == "uas", began: time.Now()}
	return nil
}

// answer adds what was agreed to our answer.
func (t *sessionTimer) answer(res *sip.Response) {
	if t.every == 0 {
		return
	}
	refresher := "uac"
	if t.ours {
		refresher = "uas"
	} else {
		res.AppendHeader(sip.NewHeader("Require", "timer"))
	}
	res.AppendHeader(sip.NewHeader("Session-Expires", inSeconds(t.every)+";refresher="+refresher))
}

// refused takes the refusal of our refresh (RFC 4028 7.4).
func (t *sessionTimer) refused(res *sip.Response) {
	if least := seconds(res, "Min-SE"); res.StatusCode == intervalTooSmall && least > t.every {
		t.least, t.every = least, least
		return
	}
	t.began = time.Now() // it lives, and answers
}

// refresherOf is who is to refresh: "uac", "uas", or nobody said.
func refresherOf(m sip.Message) string {
	for _, name := range []string{"Session-Expires", "x"} {
		for _, h := range m.GetHeaders(name) {
			for p := range strings.SplitSeq(strings.ToLower(h.Value()), ";") {
				if who, found := strings.CutPrefix(strings.TrimSpace(p), "refresher="); found {
					return who
				}
			}
		}
	}
	return ""
}

// watch refreshes at half of the interval, or hangs up at its end (RFC 4028 10).
func (t *sessionTimer) watch(c *call) {
	if t.every == 0 || c.exchange.asking || c.accepted != nil {
		return
	}
	passed := time.Since(t.began)
	switch {
	case t.ours && passed > c.line.lasts(t.every/2):
		c.reinvite(c.same())
		c.exchange.refresh = true
	case !t.ours && passed > c.line.lasts(t.every-min(t.every/3, 32*time.Second)):
		c.leave("the other end did not refresh the session")
	}
}
