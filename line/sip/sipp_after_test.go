//go:build spandsp && cgo

package sip_test

import (
	"net/netip"
	"regexp"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/sip"
)

// hurried is a clock of one call that runs as fast as it can for so many steps, and then
// stands still. Negative: it never does.
type hurried struct {
	steps int
	still chan struct{} // closed when it does
}

// Ticker implements sip.Clock.
func (h hurried) Ticker() sip.Ticker {
	t := &hurriedTicker{hurried: h, c: make(chan time.Time, 1)}
	t.c <- time.Time{}
	return t
}

type hurriedTicker struct {
	hurried
	c     chan time.Time
	taken int
}

func (t *hurriedTicker) C() <-chan time.Time       { return t.c }
func (t *hurriedTicker) Due() (int, time.Duration) { return 1, 0 }
func (t *hurriedTicker) Stop()                     {}

func (t *hurriedTicker) Done(bool) {
	if t.taken++; t.taken == t.steps {
		close(t.still)
		return
	}
	t.c <- time.Time{}
}

// beginning is a call that has come in, on a clock that hurries.
func beginning(t *testing.T, clock hurried) (us *end, p *peer) {
	t.Helper()
	us, p = listening(t, "127.0.0.1", clock, endOptions{}), newPeer(t, sip.UDP)
	us.SetTrunks([]sip.Trunk{{
		ID: "sipp-1", Name: "SIPp", Host: netip.AddrPortFrom(p.at.Addr(), 9).String(), Transport: sip.UDP,
		Numbers: []string{ourNumber}, T38: sip.T38Never,
	}})
	p.plays(t, scenario{"begun", nil}, us.address(sip.UDP))
	p.ends(t)
	return us, p
}

// After the fax the other end goes back to sound, as Asterisk does: that is answered, and
// the result stands. Nobody goes to T.38 any more.
func TestSIPpGoesBackToSoundAfterTheFax(t *testing.T) {
	t.Parallel()
	// What a receiver does that hears nothing: after its timer T1 (T.30 5.4.3.1) the fax is
	// over, and a second later we hang up.
	us, _ := beginning(t, hurried{steps: -1})
	alone := us.ends(t)
	clock := hurried{steps: int((alone.Time - 500*time.Millisecond) / sip.Step), still: make(chan struct{})}
	us, first := beginning(t, clock)
	select {
	case <-clock.still:
	case <-time.After(patience):
		t.Fatal("the call has not come so far")
	}
	words := regexp.MustCompile(`To: .*;tag=(\S+)\s+Call-ID: (\S+)`).FindStringSubmatch(first.messages())
	if words == nil {
		t.Fatal(first.messages())
	}
	then := newPeerAt(t, first.at, sip.UDP)
	then.plays(t, scenario{"back", map[string]string{"tag": words[1], "id": words[2]}}, us.address(sip.UDP))
	then.ends(t)
	if got := us.ends(t); got.Outcome != alone.Outcome || got.Outcome == line.Dropped || got.Transport != line.ULaw || got.T38 != line.SwitchNone {
		t.Errorf("received: %s over %q, T.38 %q: %s; alone: %s %s\n%s", got.Outcome, got.Transport, got.T38, got.Detail, alone.Outcome, alone.Detail, ladder(got.Result))
	}
}
