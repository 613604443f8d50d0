//go:build spandsp && cgo

package sip_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/sip"
	"github.com/faxgate/faxgate/page/pagetest"
)

// A call that the other end does not take ends as what it is.
func TestRefusedCallsEndAsWhatTheyAre(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		refuses line.Outcome
		sip     int
	}{
		{"busy", line.Busy, 486},
		{"no such number", line.InvalidNumber, 404},
		{"rejected", line.Rejected, 603},
		{"trouble of its own", line.TrunkUnavailable, 503},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := pair(t, newLockstep(t), endOptions{}, endOptions{})
			b.refuses(tt.refuses)
			r := a.send(t, theirNumber, pagetest.TIFF(t, pagetest.Text(t, 100)))
			if r.Outcome != tt.refuses || r.SIP != tt.sip || r.Trunk != a.trunk.ID || r.Transport != "" {
				t.Errorf("Send = %s, SIP %d, over %q: %s\n%s", r.Outcome, r.SIP, r.Trunk, r.Detail, ladder(r))
			}
		})
	}
}

func TestNumberThatTheTrunkDoesNotHaveIs404(t *testing.T) {
	t.Parallel()
	a, _ := pair(t, newLockstep(t), endOptions{}, endOptions{})
	if r := a.send(t, "+15145559999", pagetest.TIFF(t, pagetest.Text(t, 100))); r.Outcome != line.InvalidNumber || r.SIP != 404 {
		t.Errorf("Send = %s, SIP %d", r.Outcome, r.SIP)
	}
}

// Nobody is at the trunk's address: the next trunk is tried.
func TestTrunkThatDoesNotAnswerIsPassedOver(t *testing.T) {
	t.Parallel()
	a, b := pair(t, newLockstep(t), endOptions{transport: sip.TCP}, endOptions{})
	dead := a.trunk
	dead.ID, dead.Host, dead.Transport = "dead", "127.0.0.3:9", sip.TCP
	a.SetTrunks([]sip.Trunk{dead, a.trunk})
	document := pagetest.TIFF(t, pagetest.Text(t, 100))
	alone := a.send(t, theirNumber, document, func(o *line.Outgoing) { o.Trunks = []string{"dead"} })
	if alone.Outcome != line.TrunkUnavailable || alone.SIP != 0 {
		t.Errorf("alone: %s, SIP %d: %s", alone.Outcome, alone.SIP, alone.Detail)
	}
	both := a.send(t, theirNumber, document, func(o *line.Outgoing) { o.Trunks = []string{"dead", a.trunk.ID} })
	if both.Outcome != line.OK || both.Trunk != a.trunk.ID {
		t.Errorf("both: %s over %s: %s", both.Outcome, both.Trunk, both.Detail)
	}
	b.ends(t)
}

// The person at the sending end changes their mind while it rings, and in the middle.
func TestCallThatIsHungUpEndsAsInterrupted(t *testing.T) {
	t.Parallel()
	a, b := pair(t, newLockstep(t), endOptions{}, endOptions{})
	ctx, hangUp := context.WithCancel(t.Context())
	out := line.Outgoing{
		From: ourNumber, To: theirNumber, Trunks: []string{a.trunk.ID}, Document: pagetest.TIFF(t, pagetest.Text(t, 2200)),
	}
	r, err := a.Send(ctx, out, func(p line.Progress) {
		if p.Stage == line.Trained {
			hangUp()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Trace.Close)
	if r.Outcome != line.Interrupted {
		t.Errorf("Send = %s: %s\n%s", r.Outcome, r.Detail, ladder(r))
	}
	if got := b.ends(t); got.Outcome == line.OK || got.document != nil {
		t.Errorf("received: %+v", got.Result)
	}
}

// An engine that dies hangs up, and the other end hears of it by a BYE.
func TestCallWhoseEngineDoesNotStartIsHungUp(t *testing.T) {
	t.Parallel()
	a, b := pair(t, newLockstep(t), endOptions{}, endOptions{change: func(c *sip.Config) {
		e := *c.Engine
		e.Path = "/nonexistent/faxmodem"
		c.Engine = &e
	}})
	r := a.send(t, theirNumber, pagetest.TIFF(t, pagetest.Text(t, 100)))
	if r.Outcome == line.OK || len(r.Pages) != 0 {
		t.Errorf("Send = %s\n%s", r.Outcome, ladder(r))
	}
	if got := b.ends(t); got.Outcome != line.EngineCrashed {
		t.Errorf("received: %s", got.Outcome)
	}
}

// Somebody answers and no fax machine does: T.30 gives up by itself.
func TestCallThatNoFaxMachineAnswersEndsAsThat(t *testing.T) {
	t.Parallel()
	us := listening(t, "127.0.0.1", newLockstep(t), endOptions{})
	p := newPeer(t, sip.UDP)
	us.reaches(t, func(s *sip.Trunk) { s.T38 = sip.T38Never }, p)
	p.plays(t, scenario{name: "silent"}, netip.AddrPort{})
	r := us.dials(t, "", us.trunk.ID)
	p.ends(t)
	if r.Outcome != line.NoFax || r.Transport != line.ULaw || len(r.Pages) != 0 {
		t.Errorf("Send = %s, T.30 %s: %s\n%s", r.Outcome, r.T30, r.Detail, ladder(r))
	}
}

// The other end is gone after the first page: that one has arrived, at both ends.
func TestCallThatIsDroppedAfterAPageIsPartial(t *testing.T) {
	t.Parallel()
	a, b := pair(t, newLockstep(t), endOptions{}, endOptions{})
	r, err := a.Send(t.Context(), line.Outgoing{
		From: ourNumber, To: theirNumber, Trunks: []string{a.trunk.ID}, Document: pagetest.TIFF(t, pagetest.Text(t, 500, 2200)),
	}, func(p line.Progress) {
		if p.Stage == line.Confirmed {
			go b.Close()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Trace.Close)
	got := b.ends(t)
	if r.Outcome != line.Partial || len(r.Pages) != 1 || got.Outcome != line.Partial || len(got.Pages) != 1 {
		t.Errorf("Send = %s with %d pages, received: %s with %d\n%s", r.Outcome, len(r.Pages), got.Outcome, len(got.Pages), ladder(r))
	}
	if pages := pagetest.Read(t, fileOf(t, got.document)); len(pages) != 1 {
		t.Errorf("the document has %d pages", len(pages))
	}
}

// T.38 survives a network that loses one packet in twenty.
func TestT38SurvivesLoss(t *testing.T) {
	t.Parallel()
	for _, withoutECM := range []bool{false, true} {
		a, b := pair(t, newLockstep(t), endOptions{}, endOptions{})
		a.Lose(20, 1)
		b.Lose(20, 2)
		pages := pagetest.Text(t, 2200, 1100)
		sent := a.send(t, theirNumber, pagetest.TIFF(t, pages), func(o *line.Outgoing) { o.Call.WithoutECM = withoutECM })
		got := b.ends(t)
		if sent.Outcome != line.OK || sent.Transport != line.T38 || got.Traffic.Recovered == 0 {
			t.Fatalf("sent: %s over %s, received %+v\n%s", sent.Outcome, sent.Transport, got.Traffic, ladder(sent))
		}
		pagetest.Same(t, pagetest.Read(t, fileOf(t, got.document)), pages)
	}
}

// The receiver does not do T.38: the fax goes over G.711.
func TestRefusedT38StaysInG711(t *testing.T) {
	t.Parallel()
	a, b := pair(t, newLockstep(t), endOptions{t38: sip.T38We}, endOptions{t38: sip.T38Never})
	r := a.send(t, theirNumber, pagetest.TIFF(t, pagetest.Text(t, 500)))
	if r.Outcome != line.OK || r.Transport != line.ULaw || r.T38 != line.SwitchRefused {
		t.Errorf("Send = %s over %s, T.38 %s\n%s", r.Outcome, r.Transport, r.T38, ladder(r))
	}
	if got := b.ends(t); got.T38 != line.SwitchDeclined {
		t.Errorf("received: T.38 %q", got.T38)
	}
}

// What is remembered of a destination keeps the call on G.711.
func TestCallWithoutT38DeclinesIt(t *testing.T) {
	t.Parallel()
	a, b := pair(t, newLockstep(t), endOptions{}, endOptions{})
	r := a.send(t, theirNumber, pagetest.TIFF(t, pagetest.Text(t, 500)), func(o *line.Outgoing) { o.WithoutT38 = true })
	if r.Outcome != line.OK || r.Transport != line.ULaw || r.T38 != line.SwitchDeclined {
		t.Errorf("Send = %s over %s, T.38 %s\n%s", r.Outcome, r.Transport, r.T38, ladder(r))
	}
	b.ends(t)
}

// The extension is dialled before the fax begins, and the fax comes through.
func TestExtensionIsDialledAfterTheAnswer(t *testing.T) {
	t.Parallel()
	a, b := pair(t, newLockstep(t), endOptions{t38: sip.T38Never}, endOptions{t38: sip.T38Never})
	r := a.send(t, theirNumber, pagetest.TIFF(t, pagetest.Text(t, 500)), func(o *line.Outgoing) { o.Extension = "12" })
	if r.Outcome != line.OK || r.Extension != "12" {
		t.Errorf("Send = %s, extension %q\n%s", r.Outcome, r.Extension, ladder(r))
	}
	b.ends(t)
}

// Each transport of signalling carries calls both ways.
func TestCallsOverTCP(t *testing.T) {
	t.Parallel()
	a, b := pair(t, newLockstep(t), endOptions{transport: sip.TCP}, endOptions{transport: sip.TCP})
	there := a.send(t, theirNumber, pagetest.TIFF(t, pagetest.Text(t, 500)))
	back := b.send(t, ourNumber, pagetest.TIFF(t, pagetest.Text(t, 500)))
	if there.Outcome != line.OK || back.Outcome != line.OK {
		t.Errorf("there: %s %s, back: %s %s\n%s%s", there.Outcome, there.Detail, back.Outcome, back.Detail, ladder(there), ladder(back))
	}
	a.ends(t)
	b.ends(t)
}

// The caller waits for a channel when the trunk has none free.
func TestTrunkCarriesSoManyCallsAtMost(t *testing.T) {
	t.Parallel()
	one := func(s *sip.Trunk) { s.MaxCalls = 1 }
	a, b := pair(t, newLockstep(t), endOptions{settings: one}, endOptions{})
	ended := make(chan line.Result, 3)
	for range 3 {
		go func() { ended <- a.send(t, theirNumber, pagetest.TIFF(t, pagetest.Text(t, 300))) }()
	}
	for range 3 {
		if r := <-ended; r.Outcome != line.OK {
			t.Errorf("Send = %s", r.Outcome)
		}
		b.ends(t)
	}
	// … and is told that it is busy when the other end has none.
	a2, b2 := pair(t, newLockstep(t), endOptions{}, endOptions{settings: one})
	first := make(chan line.Result, 1)
	answered := make(chan struct{})
	go func() {
		out := line.Outgoing{From: ourNumber, To: theirNumber, Trunks: []string{a2.trunk.ID}, Document: pagetest.TIFF(t, pagetest.Text(t, 2200))}
		r, _ := a2.Send(t.Context(), out, func(p line.Progress) {
			if p.Stage == line.Trained {
				close(answered)
				time.Sleep(100 * time.Millisecond) // the second call comes meanwhile
			}
		})
		first <- r
	}()
	<-answered
	if r := a2.send(t, theirNumber, pagetest.TIFF(t, pagetest.Text(t, 300))); r.Outcome != line.Busy {
		t.Errorf("second call: %s", r.Outcome)
	}
	r := <-first
	r.Trace.Close()
	if r.Outcome != line.OK {
		t.Errorf("first call: %s", r.Outcome)
	}
	b2.ends(t)
}

// Strangers are not heard: neither answered nor read.
func TestStrangersAreNotHeard(t *testing.T) {
	t.Parallel()
	clock := newLockstep(t)
	a := listening(t, "127.0.0.4", clock, endOptions{})
	b := listening(t, "127.0.0.5", clock, endOptions{})
	a.join(b, ourNumber, endOptions{}) // b does not know a
	began := time.Now()
	r := a.send(t, theirNumber, pagetest.TIFF(t, pagetest.Text(t, 100)))
	if r.Outcome != line.TrunkUnavailable || r.SIP != 0 || !strings.Contains(r.Detail, "no answer") {
		t.Errorf("Send = %s after %s: %s\n%s", r.Outcome, time.Since(began), r.Detail, ladder(r))
	}
	if b.Refused() == 0 {
		t.Error("nothing was refused")
	}
}
