//go:build spandsp && cgo

package engine_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
	"github.com/faxgate/faxgate/page"
)

// lossy hands on all but every so many packets of the image, from the 200th on: those
// before may be the training check.
type lossy struct{ every, seen int }

func (l *lossy) hand(sent []engine.Sent, to *engine.Session) {
	for _, s := range sent {
		if ifp := s.Packet.Data; ifp[0] == 0xD0 {
			l.seen++
			if l.seen > 200 && l.seen%l.every == 0 {
				continue
			}
		}
		hand([]engine.Sent{s}, to)
	}
}

// Without error correction a damaged page is confirmed, with its bad rows counted, or
// refused (RTN) and sent again; either way the document has what was confirmed.
func TestDamageWithoutECM(t *testing.T) {
	t.Parallel()
	for _, every := range []int{10, 40, 200} {
		t.Run(fmt.Sprintf("one packet of %d is lost", every), func(t *testing.T) {
			t.Parallel()
			pages, received, e := fine(t, 1100, 1100), document(t), program(t, faxmodem)
			call := line.Call{Role: line.Sender, Transport: line.T38, WithoutECM: true}
			a := start(t, e, call, writeTIFF(t, pages))
			call.Role = line.Receiver
			b := start(t, e, call, received)
			noise := lossy{every: every}
			for !a.Over() || !b.Over() {
				fromA, fromB := a.Advance(160), b.Advance(160)
				noise.hand(fromA, b)
				hand(fromB, a)
			}
			bad := 0
			for _, p := range b.Confirmed() {
				bad += p.BadRows
			}
			got := 0
			if info, err := received.Stat(); err == nil && info.Size() > 8 {
				got = len(readTIFF(t, received))
			}
			t.Logf("sender %s %s with %d pages, receiver %s %s with %d, %d bad rows", a.Result().Outcome, a.Result().T30,
				len(a.Confirmed()), b.Result().Outcome, b.Result().T30, len(b.Confirmed()), bad)
			if got != len(b.Confirmed()) || len(a.Confirmed()) != len(b.Confirmed()) {
				t.Errorf("%d pages in the document, receiver confirmed %d, sender knows of %d", got, len(b.Confirmed()), len(a.Confirmed()))
			}
			if len(b.Confirmed()) > 0 && bad == 0 {
				t.Error("confirmed pages hide their damage")
			}
		})
	}
}

// crashingFrame is an FCD frame of three octets with a good FCS, as IFP packets of
// version 0 at V.17's 14400 bit/s (T.38 8.2): the frame's octets with their bits
// reversed, then the word that the FCS was good.
var crashingFrame = [][]byte{
	{0xD0, 0x01, 0x80, 0x00, 0x02, 0xFF, 0xC0, 0x60},
	{0xD0, 0x01, 0x20},
}

// attacker hands on what a sender says, and puts the crashing frame before the first
// frame of the page, where the receiver expects FCD frames.
type attacker struct {
	seq    uint16
	struck bool
}

func (a *attacker) hand(sent []engine.Sent, to *engine.Session) {
	for _, s := range sent {
		if ifp := s.Packet.Data; !a.struck && len(ifp) > 3 && ifp[0] == 0xD0 && ifp[2] == 0x80 {
			a.struck = true
			for _, forged := range crashingFrame {
				a.packet(forged, to)
			}
		}
		a.packet(s.Packet.Data, to)
	}
}

func (a *attacker) packet(ifp []byte, to *engine.Session) {
	to.Packet(a.seq, ifp)
	a.seq++
}

// attack carries a call whose receiver is sent the crashing frame.
func attack(t *testing.T, e *engine.Engine, pages []*page.Page, received *os.File) (receiver *engine.Session) {
	t.Helper()
	a := start(t, e, line.Call{Role: line.Sender, Transport: line.T38}, writeTIFF(t, pages))
	b := start(t, e, receive, received)
	var m attacker
	for !b.Over() {
		fromA, fromB := a.Advance(160), b.Advance(160)
		m.hand(fromA, b)
		hand(fromB, a)
	}
	if !m.struck {
		t.Fatal("the crashing frame was never sent")
	}
	return b
}

func TestCrashingFrameIsKeptAway(t *testing.T) {
	t.Parallel()
	pages, received := fine(t, 1100), document(t)
	if r := attack(t, program(t, faxmodem), pages, received).Result(); r.Outcome != line.OK {
		t.Errorf("Result = %+v, want ok", r)
	}
	same(t, readTIFF(t, received), pages)
}

func TestCrashCostsOneCall(t *testing.T) {
	t.Parallel()
	e := program(t, unguarded)
	other := start(t, e, receive, document(t))
	r := attack(t, e, fine(t, 1100), document(t)).Result()
	if r.Outcome != line.EngineCrashed || !strings.Contains(r.Detail, "SIGSEGV") {
		t.Errorf("Result = %+v, want engine_crashed by SIGSEGV", r)
	}
	if other.Advance(160); other.Over() {
		t.Errorf("another call ended too: %+v", other.Result())
	}
}

// vandal hands on what a sender says, with some of the octets changed.
type vandal struct{ chance *rand.Rand }

func (v *vandal) hand(sent []engine.Sent, to *engine.Session) {
	for _, s := range sent {
		if v.chance.IntN(20) == 0 {
			s.Packet.Data[v.chance.IntN(len(s.Packet.Data))] = byte(v.chance.Uint32())
		}
		hand([]engine.Sent{s}, to)
	}
}

// Whatever arrives, the call ends, in a class that is known; libspandsp may crash on
// the way, and then it is that.
func TestVandalismEndsInAKnownOutcome(t *testing.T) {
	t.Parallel()
	for seed := range uint64(16) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			a, b := pair(t, fine(t, 1100), document(t))
			v := vandal{rand.New(rand.NewPCG(seed, 2))}
			for (!a.Over() || !b.Over()) && a.Now() < line.Ticks(20*time.Minute) {
				fromA, fromB := a.Advance(160), b.Advance(160)
				v.hand(fromA, b)
				v.hand(fromB, a)
			}
			for who, s := range map[string]*engine.Session{"sender": a, "receiver": b} {
				if !s.Over() || !s.Result().Outcome.Known() {
					t.Errorf("%s: after %s: %+v", who, line.Elapsed(s.Now()), s.Result())
				}
				t.Logf("%s: %s, %s, after %s", who, s.Result().Outcome, s.Result().T30, s.Result().Time)
			}
		})
	}
}
