//go:build spandsp && cgo

package engine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
)

// talk carries a call over T.38 and keeps both ladders. lost says which packets to the
// receiver and to the sender do not arrive, by the sender's ladder until then, or spoils
// them; nil: all arrive. stop hangs up.
func talk(t *testing.T, a, b *engine.Session, lost func(to line.Role, ifp []byte, sender []line.Event) bool, stop func(sender []line.Event) bool) (sender, receiver []line.Event) {
	t.Helper()
	some := func(to line.Role, sent []engine.Sent) []engine.Sent {
		return slices.DeleteFunc(slices.Clone(sent), func(s engine.Sent) bool {
			return lost != nil && s.Audio == nil && lost(to, s.Packet.Data, sender)
		})
	}
	for !a.Over() || !b.Over() {
		if stop != nil && stop(sender) {
			a.HangUp()
			b.HangUp()
		}
		fromA, fromB := a.Advance(160), b.Advance(160)
		sender, receiver = append(sender, a.Events()...), append(receiver, b.Events()...)
		hand(some(line.Receiver, fromA), b)
		hand(some(line.Sender, fromB), a)
	}
	return sender, receiver
}

// words are a ladder's steps, with an arrow that shows who spoke.
func words(ladder []line.Event) (text []string) {
	for _, e := range ladder {
		arrow := map[bool]string{true: "→ ", false: "← "}[e.Sent]
		text = append(text, strings.TrimSpace(arrow+e.Name+" "+e.Detail))
	}
	return text
}

// said is when a step was first taken.
func said(ladder []line.Event, sent bool, name string) (at time.Duration, ok bool) {
	i := slices.IndexFunc(ladder, func(e line.Event) bool { return e.Sent == sent && e.Name == name })
	if i < 0 {
		return 0, false
	}
	return ladder[i].At, true
}

func TestLadder(t *testing.T) {
	t.Parallel()
	for _, transport := range []line.Transport{line.T38, line.ULaw} {
		t.Run(string(transport), func(t *testing.T) {
			t.Parallel()
			e := program(t, faxmodem)
			a := start(t, e, line.Call{Role: line.Sender, Transport: transport, StationID: "+1 500"}, writeTIFF(t, fine(t, 1100, 1100)))
			b := start(t, e, line.Call{Role: line.Receiver, Transport: transport, StationID: "+81 3"}, document(t))
			sender, receiver := talk(t, a, b, nil, nil)
			want := []string{
				"← CSI +81 3", "← DIS V.17, ECM, superfine, A3, MMR, 0 ms a line",
				"→ TSI +1 500", "→ DCS 14400 bit/s V.17, ECM, fine, A4, MMR, 0 ms a line", "← CFR",
				"→ PPS-MPS page 1, block 1, 99 frames", "← MCF",
				"→ PPS-EOP page 2, block 1, 99 frames", "← MCF", "→ DCN",
			}
			if got := words(sender); !slices.Equal(got, want) {
				t.Errorf("the sender's ladder is %q\nwant %q", got, want)
			}
			for i, w := range want {
				want[i] = strings.NewReplacer("→", "←", "←", "→").Replace(w)
			}
			if got := words(receiver); !slices.Equal(got, want) {
				t.Errorf("the receiver's ladder is %q\nwant %q", got, want)
			}
			for _, e := range append(sender, receiver...) {
				if e.Layer != line.T30 || e.At <= 0 || e.At > a.Result().Time {
					t.Errorf("%+v in a call of %s", e, a.Result().Time)
				}
			}
			if r := a.Result(); r.Retrains != 0 || r.Unsure || r.Pages[0].Retries != 0 {
				t.Errorf("Result = %+v", r)
			}
		})
	}
}

// A speed that the line does not bear is given up, and it is told how often.
func TestRetrains(t *testing.T) {
	t.Parallel()
	a, b := pair(t, fine(t, 1100), document(t))
	const fastest, noECM = 0xD0, 0xE0 // V.17 at 14400 bit/s; octets without HDLC (T.38 8.2)
	sender, _ := talk(t, a, b, func(_ line.Role, ifp []byte, _ []line.Event) bool {
		if len(ifp) > 5 && ifp[0] == fastest && ifp[2] == noECM { // the training check, which is zeros
			for i := range ifp[5:] {
				ifp[5+i] = 0x55
			}
		}
		return false
	}, nil)
	trained, failed := 0, 0
	for _, e := range sender {
		switch e.Name {
		case "DCS":
			trained++
		case "FTT":
			failed++
		}
	}
	for who, r := range map[string]line.Result{"sender": a.Result(), "receiver": b.Result()} {
		if r.Outcome != line.OK || r.Rate >= 14400 || r.Retrains != trained-1 || failed == 0 {
			t.Errorf("%s: Result = %+v after %q", who, r, words(sender))
		}
	}
}

// A page whose frames were lost is repaired, and it is told how often.
func TestRetries(t *testing.T) {
	t.Parallel()
	a, b := pair(t, fine(t, 1100, 1100), document(t))
	n := 0
	sender, _ := talk(t, a, b, func(to line.Role, ifp []byte, ladder []line.Event) bool {
		if _, page := said(ladder, false, "CFR"); page && to == line.Receiver && ifp[0] == 0xD0 {
			n++
		}
		return n > 100 && n <= 120
	}, nil)
	if !slices.ContainsFunc(words(sender), func(w string) bool { return strings.HasSuffix(w, "of 99 frames bad") }) {
		t.Errorf("the ladder is %q", words(sender))
	}
	for who, r := range map[string]line.Result{"sender": a.Result(), "receiver": b.Result()} {
		if r.Outcome != line.OK || r.Pages[0].Retries != 1 || r.Pages[1].Retries != 0 || r.Retrains != 0 {
			t.Errorf("%s: Result = %+v after %q", who, r, words(sender))
		}
	}
}

// A page may have arrived when it was over and nobody said so; one that was cut off has not.
func TestUnsure(t *testing.T) {
	t.Parallel()
	const v21 = 0xC0
	for _, tt := range []struct {
		name string
		lost bool // what the receiver says after the page
		stop string
		want bool
	}{
		{"the answer is lost", true, "", true},
		{"hung up before the answer", false, "PPS-EOP", true},
		{"hung up while the page goes", false, "CFR", false},
		{"hung up before the page", false, "DCS", false},
		{"all goes well", false, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := pair(t, fine(t, 1100), document(t))
			sender, _ := talk(t, a, b, func(to line.Role, ifp []byte, ladder []line.Event) bool {
				_, over := said(ladder, true, "PPS-EOP")
				return tt.lost && over && to == line.Sender && ifp[0] == v21
			}, func(ladder []line.Event) bool {
				at, ok := said(ladder, tt.stop != "CFR", tt.stop)
				return ok && a.Now() > line.Ticks(at+500*time.Millisecond)
			})
			if r := a.Result(); r.Unsure != tt.want || (r.Outcome == line.OK) == (tt.lost || tt.stop != "") {
				t.Errorf("Result = %+v after %q, want unsure: %t", r, words(sender), tt.want)
			}
			if b.Result().Unsure {
				t.Error("a receiver knows what it has")
			}
		})
	}
}
