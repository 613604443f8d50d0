package rtp_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/faxgate/faxgate/line/sip/rtp"
)

// frame is 20 ms that sound like their number, and not like silence.
func frame(n int) []byte { return bytes.Repeat([]byte{byte(n%50 + 1)}, rtp.Frame) }

// TestRFC3550_5_1 reads headers with all that may be in them.
func TestRFC3550_5_1_PacketsAreReadWithAllThatTheyMayHave(t *testing.T) {
	t.Parallel()
	head := []byte{0x80, 0x88, 0, 7, 0, 0, 1, 0, 0, 0, 0, 9}
	with := func(first byte, rest ...byte) []byte {
		b := append(append([]byte{}, head...), rest...)
		b[0] = first
		return b
	}
	for name, tt := range map[string]struct {
		in   []byte
		want []byte // nil: malformed
	}{
		"a payload":        {with(0x80, 1, 2), []byte{1, 2}},
		"sources":          {with(0x81, 9, 9, 9, 9, 1), []byte{1}},
		"an extension":     {with(0x90, 0, 0, 0, 1, 9, 9, 9, 9, 1), []byte{1}},
		"padding":          {with(0xa0, 1, 0, 2), []byte{1}},
		"nothing":          {with(0x80), []byte{}},
		"another version":  {with(0x40, 1), nil},
		"half a header":    {head[:8], nil},
		"sources beyond":   {with(0x8f, 1), nil},
		"extension beyond": {with(0x90, 0, 0, 0, 9, 1), nil},
		"padding beyond":   {with(0xa0, 9), nil},
	} {
		p, err := rtp.Parse(tt.in)
		if tt.want == nil {
			if !errors.Is(err, rtp.ErrMalformed) {
				t.Errorf("%s: %+v, %v", name, p, err)
			}
			continue
		}
		if err != nil || !bytes.Equal(p.Payload, tt.want) || p.Type != rtp.PCMA || !p.Marker || p.Seq != 7 || p.Timestamp != 256 || p.SSRC != 9 {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

// RFC 4733 2.5.1: the packets of a digit have the timestamp of its beginning, its duration
// grows, and the sound that follows goes on in time.
func TestRFC4733_2_5_1_ADigitHasTheTimeOfItsBeginning(t *testing.T) {
	t.Parallel()
	s := rtp.Sender{Timestamp: 1000}
	var packets []rtp.Packet
	keep := func(b []byte) {
		p, err := rtp.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, p)
	}
	keep(s.Packet(nil, frame(1)))
	for n := 1; n <= 5; n++ {
		keep(s.Event(nil, 101, 7, n, n == 5, false))
	}
	keep(s.Event(nil, 101, 7, 5, true, true))
	keep(s.Event(nil, 101, 7, 5, true, true))
	keep(s.Packet(nil, frame(2)))
	for i, p := range packets[1:8] {
		duration := int(p.Payload[2])<<8 | int(p.Payload[3])
		end := p.Payload[1]&0x80 != 0
		if p.Timestamp != 1160 || p.Payload[0] != 7 || duration != min(i+1, 5)*rtp.Frame || end != (i >= 4) || p.Marker != (i == 0) {
			t.Errorf("packet %d: %+v", i, p)
		}
	}
	if last := packets[8]; last.Timestamp != 1160+5*rtp.Frame || last.Type != rtp.PCMU || last.Seq != 8 {
		t.Errorf("the sound after it: %+v", last)
	}
}

// heard plays so many steps, and gives what is heard in each: the frame's octet, or 0.
func heard(p *rtp.Playout, steps int) (all []byte) {
	for range steps {
		octets, ok := p.Next()
		if !ok {
			all = append(all, 0)
			continue
		}
		all = append(all, octets[0])
	}
	return all
}

// put gives frames to a buffer, as packets of their own.
func put(p *rtp.Playout, numbers ...int) {
	for _, n := range numbers {
		p.Put(rtp.Packet{Seq: uint16(n), Timestamp: uint32(n * rtp.Frame), Payload: frame(n)})
	}
}

func TestWhatIsMissingIsTheFrameBeforeAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		in   []int
		want []byte
	}{
		{"in order", []int{0, 1, 2, 3, 4, 5}, []byte{1, 2, 3, 4, 5, 6}},
		{"out of order", []int{0, 2, 1, 4, 3, 5}, []byte{1, 2, 3, 4, 5, 6}},
		{"one is lost", []int{0, 1, 3, 4, 5, 6}, []byte{1, 2, 2, 4, 5, 6}},
		{"two are lost", []int{0, 1, 4, 5, 6}, []byte{1, 2, 2, 2, 5, 6}},
		{"one comes twice", []int{0, 1, 1, 2, 3, 4, 5}, []byte{1, 2, 3, 4, 5, 6}},
	} {
		p := new(rtp.Playout)
		put(p, tt.in...)
		if got := heard(p, 6); !bytes.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Nothing is heard before the buffer has its delay, and a silence of the other end is
// one, after which it begins anew.
func TestSilenceIsNothingAndThenItBeginsAnew(t *testing.T) {
	t.Parallel()
	p := new(rtp.Playout)
	put(p, 0, 1)
	if got := heard(p, 3); !bytes.Equal(got, []byte{0, 0, 0}) {
		t.Errorf("before the delay: %v", got)
	}
	put(p, 2, 3, 4)
	first := heard(p, 20)
	if !bytes.Equal(first[:5], []byte{1, 2, 3, 4, 5}) || first[5] != 5 || first[19] != 0 {
		t.Errorf("a silence: %v", first)
	}
	put(p, 100, 101, 102, 103, 104) // two seconds later, as its timestamp says
	if got := heard(p, 5); !bytes.Equal(got, []byte{1, 2, 3, 4, 5}) {
		t.Errorf("after it: %v", got)
	}
	if p.Lost != 0 {
		t.Errorf("%d frames count as lost", p.Lost)
	}
}

func TestPacketsOfOtherLengthsArePutTogether(t *testing.T) {
	t.Parallel()
	for _, samples := range []int{80, 240, 480} {
		p, sound := new(rtp.Playout), bytes.Join([][]byte{frame(0), frame(1), frame(2), frame(3), frame(4), frame(5)}, nil)
		for at, seq := 0, 0; at < len(sound); at, seq = at+samples, seq+1 {
			p.Put(rtp.Packet{Seq: uint16(seq), Timestamp: uint32(at), Payload: sound[at:min(at+samples, len(sound))]})
		}
		if got := heard(p, 6); !bytes.Equal(got, []byte{1, 2, 3, 4, 5, 6}) {
			t.Errorf("%d samples a packet: %v", samples, got)
		}
	}
}

// The clocks of two ends are never the same: over an hour the buffer neither runs over nor
// dry for long, and hardly a frame is touched.
func TestDriftOfTheClocksIsMadeUpFor(t *testing.T) {
	t.Parallel()
	for _, ppm := range []int{200, -200} {
		p, sent := new(rtp.Playout), 0
		const hour = 3600 * 50
		nothing := 0
		for step := range hour {
			for ; sent < step+step*ppm/1_000_000+6; sent++ {
				p.Put(rtp.Packet{Seq: uint16(sent), Timestamp: uint32(sent * rtp.Frame), Payload: rtp.Silence(rtp.PCMU)})
			}
			if _, ok := p.Next(); !ok {
				nothing++
			}
		}
		if p.Lost > 5 || p.Late > 5 || p.Skipped > 100 || nothing > 100 {
			t.Errorf("%d ppm: %+v, nothing %d times", ppm, p.Stats, nothing)
		}
	}
}

func TestPlayingTakesNoMemory(t *testing.T) {
	p, n := new(rtp.Playout), 0
	f := frame(1)
	if allocated := testing.AllocsPerRun(1000, func() {
		p.Put(rtp.Packet{Seq: uint16(n), Timestamp: uint32(n * rtp.Frame), Payload: f})
		n++
		p.Next()
	}); allocated > 0 {
		t.Errorf("%v allocations a frame", allocated)
	}
}

// ITU-T Q.23: a digit is two tones. Both are found in either law, and no others.
func TestQ23_ADigitIsTwoTones(t *testing.T) {
	t.Parallel()
	for _, kind := range []byte{rtp.PCMU, rtp.PCMA} {
		var sound []float64
		for n := range 5 {
			for _, b := range rtp.Tone(kind, '5', n*rtp.Frame) {
				sound = append(sound, linear(kind, b))
			}
		}
		for frequency, there := range map[float64]bool{697: false, 770: true, 852: false, 941: false, 1209: false, 1336: true, 1477: false} {
			if got := power(sound, frequency) > 1000; got != there {
				t.Errorf("payload type %d: %v Hz is there: %v, %v", kind, frequency, got, power(sound, frequency))
			}
		}
	}
}

// power is the amplitude of a frequency.
func power(sound []float64, frequency float64) float64 {
	var re, im float64
	for i, s := range sound {
		sin, cos := math.Sincos(2 * math.Pi * frequency * float64(i) / 8000)
		re, im = re+s*cos, im+s*sin
	}
	return 2 * math.Hypot(re, im) / float64(len(sound))
}

// linear decodes an octet of G.711.
func linear(kind, b byte) float64 {
	if kind == rtp.PCMU {
		b = ^b
		magnitude := (int(b&0x0F)<<3+0x84)<<(b>>4&7) - 0x84
		if b&0x80 != 0 {
			return -float64(magnitude)
		}
		return float64(magnitude)
	}
	b ^= 0x55
	magnitude := int(b&0x0F)<<4 + 8
	if e := b >> 4 & 7; e > 0 {
		magnitude = (magnitude + 0x100) << (e - 1)
	}
	if b&0x80 == 0 {
		return -float64(magnitude)
	}
	return float64(magnitude)
}

func FuzzParse(f *testing.F) {
	f.Add(append([]byte{0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, frame(1)...))
	f.Add([]byte{0xb1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := rtp.Parse(in)
		if err == nil && len(p.Payload) > len(in) {
			t.Error("more than there was")
		}
	})
}

// Whatever comes, a frame is a frame.
func FuzzPlayout(f *testing.F) {
	f.Add([]byte{0, 0, 1, 1, 2, 2, 3, 3, 9, 9})
	f.Fuzz(func(t *testing.T, in []byte) {
		p := new(rtp.Playout)
		for i := 0; i+1 < len(in); i += 2 {
			p.Put(rtp.Packet{
				Seq: uint16(in[i]), Timestamp: uint32(in[i])*uint32(in[i+1])*40 - 5000, SSRC: uint32(in[i+1]) / 128,
				Payload: make([]byte, int(in[i+1])*3),
			})
			if octets, ok := p.Next(); ok && len(octets) != rtp.Frame {
				t.Fatalf("%d octets", len(octets))
			}
		}
	})
}
