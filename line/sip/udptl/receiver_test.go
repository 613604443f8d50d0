package udptl_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/line/sip/udptl"
)

// story is what a receiver gets, a word for each datagram, and what it hands out: "7" is
// the packet 7, "7+" one that was recovered. All packets have their number as contents.
func story(r *udptl.Receiver, datagrams ...[]byte) string {
	var words []string
	for _, d := range datagrams {
		packets, err := r.Datagram(d)
		if err != nil {
			words = append(words, "?")
		}
		for _, p := range packets {
			word := fmt.Sprint(p.Seq)
			if p.Recovered {
				word += "+"
			}
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// sent are the datagrams with these numbers, of a sender that began with the first one.
func sent(s udptl.Sender, first uint16, numbers ...uint16) (datagrams [][]byte) {
	made := map[uint16][]byte{}
	for i := range uint16(2000) {
		made[first+i] = s.Datagram(nil, first+i, contents(first+i))
	}
	for _, n := range numbers {
		datagrams = append(datagrams, made[n])
	}
	return datagrams
}

// contents are those of the packet with a number, of changing length.
func contents(seq uint16) []byte {
	return bytes.Repeat([]byte{byte(seq>>8) | 1, byte(seq) | 1}, 1+int(seq)%3)
}

func TestReceiver(t *testing.T) {
	t.Parallel()
	none, once, thrice, fec := udptl.Sender{}, udptl.Sender{Redundancy: 1}, udptl.Sender{Redundancy: 3}, udptl.Sender{FEC: true}
	for name, tt := range map[string]struct {
		sender   udptl.Sender
		first    uint16
		arrive   []uint16
		want     string
		counters udptl.Stats
	}{
		"everything arrives": {thrice, 0, []uint16{0, 1, 2, 3}, "0 1 2 3", udptl.Stats{Received: 4}},
		"each is sent thrice": {thrice, 0, []uint16{0, 0, 0, 1, 1, 1}, "0 1",
			udptl.Stats{Received: 2, Duplicate: 4}},
		"one is lost":               {none, 0, []uint16{0, 2}, "0 2", udptl.Stats{Received: 2, Lost: 1}},
		"one comes with the next":   {once, 0, []uint16{0, 2}, "0 1+ 2", udptl.Stats{Received: 2, Recovered: 1}},
		"one of two comes":          {once, 0, []uint16{0, 3}, "0 2+ 3", udptl.Stats{Received: 2, Recovered: 1, Lost: 1}},
		"three come, oldest first":  {thrice, 0, []uint16{0, 4}, "0 1+ 2+ 3+ 4", udptl.Stats{Received: 2, Recovered: 3}},
		"numbers wrap":              {thrice, 65533, []uint16{65534, 1}, "65534 65535+ 0+ 1", udptl.Stats{Received: 2, Recovered: 2}},
		"the first one is lost":     {thrice, 0, []uint16{1, 2}, "0+ 1 2", udptl.Stats{Received: 2, Recovered: 1}},
		"it begins in the middle":   {thrice, 0, []uint16{8, 9}, "8 9", udptl.Stats{Received: 2}},
		"two change places":         {none, 0, []uint16{0, 2, 1, 3}, "0 2 3", udptl.Stats{Received: 3, Late: 1}},
		"late, and twice":           {none, 0, []uint16{0, 2, 1, 1, 3}, "0 2 3", udptl.Stats{Received: 3, Late: 1, Duplicate: 1}},
		"late, and there already":   {once, 0, []uint16{0, 2, 1, 3}, "0 1+ 2 3", udptl.Stats{Received: 3, Recovered: 1, Duplicate: 1}},
		"of before the first one":   {none, 0, []uint16{8, 7, 9}, "8 9", udptl.Stats{Received: 2, Stray: 1}},
		"a long silence":            {thrice, 0, []uint16{0, 1000}, "0 997+ 998+ 999+ 1000", udptl.Stats{Received: 2, Recovered: 3, Lost: 996}},
		"one from far ahead":        {none, 0, []uint16{0, 1500, 1, 1500, 2}, "0 1 2", udptl.Stats{Received: 3, Stray: 2}},
		"one from far ahead, twice": {none, 0, []uint16{0, 1500, 1500, 1}, "0 1", udptl.Stats{Received: 2, Stray: 1, Duplicate: 1}},
		"one from far back":         {none, 0, []uint16{100, 3, 101}, "100 101", udptl.Stats{Received: 2, Stray: 1}},
		"new numbers, far ahead": {none, 0, []uint16{0, 1500, 1501, 1502}, "0 2 3 4",
			udptl.Stats{Received: 4, Restarts: 1}},
		"new numbers, far back": {thrice, 0, []uint16{299, 300, 0, 3, 4}, "299 300 302 303+ 304+ 305 306",
			udptl.Stats{Received: 5, Recovered: 2, Restarts: 1}},
		"new numbers, twice": {none, 0, []uint16{300, 0, 1, 1800, 1801, 1800}, "300 302 303 305 306",
			udptl.Stats{Received: 5, Restarts: 2, Duplicate: 1}},
		"FEC, and one is lost": {fec, 0, []uint16{0, 1, 3}, "0 1 2+ 3", udptl.Stats{Received: 3, Recovered: 1}},
		"FEC, and three are lost": {fec, 0, []uint16{0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13},
			"0 1 2 3 4 5 6 7 8 9+ 10+ 11+ 12 13", udptl.Stats{Received: 11, Recovered: 3}},
		"FEC, and the numbers wrap": {fec, 65530, []uint16{65530, 65531, 65532, 65533, 65534, 65535, 0, 1, 2, 5},
			"65530 65531 65532 65533 65534 65535 0 1 2 3+ 4+ 5", udptl.Stats{Received: 10, Recovered: 2}},
		"FEC, and four are lost": {fec, 0, []uint16{0, 1, 2, 3, 4, 5, 6, 7, 8, 13},
			"0 1 2 3 4 5 6 7 8 10+ 11+ 13", udptl.Stats{Received: 10, Recovered: 2, Lost: 2}},
		"FEC finds 24 too late, and with it 30 in time": {fec, 0, []uint16{20, 21, 22, 23, 25, 26, 27, 28, 29, 31},
			"20 21 22 23 25 26 27 28 29 30+ 31", udptl.Stats{Received: 10, Recovered: 1, Lost: 1}},
		"FEC from the middle": {fec, 0, []uint16{20, 22, 23}, "20 22 23", udptl.Stats{Received: 3, Lost: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r udptl.Receiver
			if got := story(&r, sent(tt.sender, tt.first, tt.arrive...)...); got != tt.want {
				t.Errorf("handed out: %s\nwant:       %s", got, tt.want)
			}
			if got := r.Stats(); got != tt.counters {
				t.Errorf("Stats = %+v\nwant    %+v", got, tt.counters)
			}
		})
	}
}

// A sender that begins anew early uses numbers that were there a moment ago. What they
// carry tells it from a duplicate.
func TestNewNumbersCloseBy(t *testing.T) {
	t.Parallel()
	var r udptl.Receiver
	var first, second udptl.Sender
	var datagrams [][]byte
	for seq := range uint16(5) {
		datagrams = append(datagrams, first.Datagram(nil, seq, []byte{1, byte(seq)}))
	}
	for seq := range uint16(3) {
		datagrams = append(datagrams, second.Datagram(nil, seq, []byte{2, byte(seq)}))
	}
	if got, want := story(&r, datagrams...), "0 1 2 3 4 6 7 8"; got != want {
		t.Errorf("handed out: %s, want %s", got, want)
	}
	if got, want := r.Stats(), (udptl.Stats{Received: 8, Restarts: 1}); got != want {
		t.Errorf("Stats = %+v, want %+v", got, want)
	}
}

func TestMalformedDatagramChangesNothing(t *testing.T) {
	t.Parallel()
	var r udptl.Receiver
	if _, err := r.Datagram([]byte{0, 9, 1}); !errors.Is(err, udptl.ErrMalformed) {
		t.Errorf("Datagram = %v, want ErrMalformed", err)
	}
	d := sent(udptl.Sender{Redundancy: 1}, 0, 0, 2)
	if got, want := story(&r, d[0], []byte{0, 7, 1, 6}, d[1]), "0 ? 1+ 2"; got != want {
		t.Errorf("handed out: %s, want %s", got, want)
	}
	if got := r.Stats().Malformed; got != 2 {
		t.Errorf("%d malformed, want 2", got)
	}
}

// An empty packet says nothing, and is not missing.
func TestEmptyPacketsAreNotHandedOut(t *testing.T) {
	t.Parallel()
	var r udptl.Receiver
	if got, want := story(&r, []byte{0, 0, 0, 0, 0}, []byte{0, 2, 1, 6, 0, 1, 0}, []byte{0, 3, 1, 6, 0, 0}), "2 3"; got != want {
		t.Errorf("handed out: %s, want %s", got, want)
	}
	if got, want := r.Stats(), (udptl.Stats{Received: 3, Lost: 1}); got != want {
		t.Errorf("Stats = %+v, want %+v", got, want)
	}
}

// Parities that reach further back than anybody remembers are of no use and no harm.
func TestParitiesBeyondMemory(t *testing.T) {
	t.Parallel()
	var r udptl.Receiver
	wide := []byte{0, 2, 1, 6, 0x80, 1, 127, 2, 1, 6, 1, 6}
	if got, want := story(&r, []byte{0, 0, 1, 6, 0, 0}, wide), "0 2"; got != want {
		t.Errorf("handed out: %s, want %s", got, want)
	}
}

// What comes out is what went in, whatever gets lost.
func TestContentsSurvive(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]udptl.Sender{"redundancy": {Redundancy: 3}, "FEC": {FEC: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r udptl.Receiver
			chance := rand.New(rand.NewPCG(1, 2))
			for i := range 100_000 {
				datagram := s.Datagram(nil, uint16(i), contents(uint16(i)))
				if chance.IntN(10) == 0 {
					continue
				}
				packets, err := r.Datagram(datagram)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range packets {
					if want := contents(p.Seq); !bytes.Equal(bytes.TrimRight(p.IFP, "\x00"), want) || !p.Recovered && len(p.IFP) != len(want) {
						t.Fatalf("packet %d is %x, want %x", p.Seq, p.IFP, want)
					}
				}
			}
			got := r.Stats()
			t.Logf("%+v", got)
			if n := got.Received + got.Recovered + got.Lost; n < 99_990 || got.Lost > 300 || got.Recovered < 9000 {
				t.Errorf("Stats = %+v", got)
			}
		})
	}
}

// It is not parallel: what others allocate would count.
func TestNothingIsAllocatedOnceACallRuns(t *testing.T) {
	for name, s := range map[string]udptl.Sender{"redundancy": {Redundancy: 3}, "FEC": {FEC: true}} {
		var r udptl.Receiver
		var buf []byte
		ifp, seq := make([]byte, 60), uint16(0)
		pass := func() {
			buf = s.Datagram(buf[:0], seq, ifp)
			if seq++; seq%8 == 0 {
				return // lost
			}
			if _, err := r.Datagram(buf); err != nil {
				t.Fatal(err)
			}
		}
		for range 1000 {
			pass()
		}
		if n := testing.AllocsPerRun(1000, pass); n != 0 {
			t.Errorf("%s: %v allocations a packet", name, n)
		}
	}
}

// FuzzReceiver: whatever comes in, numbers go up, packets keep to the limits, and each
// datagram is counted once. Two octets before each datagram are its length.
func FuzzReceiver(f *testing.F) {
	for _, s := range []udptl.Sender{{Redundancy: 3}, {FEC: true}} {
		var seed []byte
		for _, d := range sent(s, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 17, 16, 1500, 1501, 3, 4, 5) {
			seed = append(append(seed, byte(len(d)>>8), byte(len(d))), d...)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var r udptl.Receiver
		var last udptl.Packet
		datagrams := 0
		for ; len(in) >= 2; datagrams++ {
			n := min(int(in[0])<<8|int(in[1]), len(in)-2)
			packets, err := r.Datagram(in[2 : 2+n])
			if err != nil && !errors.Is(err, udptl.ErrMalformed) {
				t.Error(err)
			}
			in = in[2+n:]
			for _, p := range packets {
				if int16(p.Seq-last.Seq) <= 0 && last.IFP != nil || len(p.IFP) == 0 || len(p.IFP) > udptl.MaxIFP {
					t.Errorf("%d, of %d octets, after %d", p.Seq, len(p.IFP), last.Seq)
				}
				last = p
			}
		}
		s := r.Stats()
		if n := s.Received + s.Duplicate + s.Late + s.Stray + s.Malformed; n != datagrams || s.Lost < 0 || s.Stray < 0 {
			t.Errorf("%d datagrams, Stats = %+v", datagrams, s)
		}
	})
}

// FuzzRoundTrip: packets that arrive are those that were sent, whichever datagrams get
// lost, are sent twice or change places.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("0123456789abcdef"), uint16(65530), byte(3), false, uint16(400))
	f.Add([]byte("\x00\x01\x05\x00\x01\x02\x03\x07\x0b"), uint16(0), byte(0), true, uint16(30))
	f.Fuzz(func(t *testing.T, fate []byte, first uint16, redundancy byte, fec bool, limit uint16) {
		s := udptl.Sender{Redundancy: int(redundancy), FEC: fec, MaxDatagram: int(limit)}
		var r udptl.Receiver
		var waiting []byte
		for i, b := range fate[:min(len(fate), 1000)] { // a longer silence begins new numbers
			seq := first + uint16(i)
			datagram := s.Datagram(nil, seq, contents(seq))
			arrived := [][]byte{datagram}
			switch b % 4 {
			case 0:
				arrived = nil
			case 1:
				arrived = [][]byte{datagram, datagram}
			case 2:
				waiting, arrived = datagram, [][]byte{waiting}
			}
			for _, d := range arrived {
				if d == nil {
					continue
				}
				packets, err := r.Datagram(d)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range packets {
					if !bytes.Equal(bytes.TrimRight(p.IFP, "\x00"), contents(p.Seq)) {
						t.Errorf("packet %d is %x, want %x", p.Seq, p.IFP, contents(p.Seq))
					}
				}
			}
		}
		if r.Stats().Restarts > 0 {
			t.Errorf("Stats = %+v, though the numbers went on", r.Stats())
		}
	})
}
