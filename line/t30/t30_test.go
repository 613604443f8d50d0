package t30_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/faxgate/faxgate/line/t30"
)

// frame is one with a control field and an information field.
func frame(fcf byte, fif ...byte) t30.Frame {
	return t30.Frame{Octets: append([]byte{0xff, 0x13, fcf}, fif...)}
}

// station is an identification as it goes over the line: its last character first.
func station(id string) []byte {
	octets := []byte(id + strings.Repeat(" ", 20-len(id)))
	slices.Reverse(octets)
	return octets
}

func TestNamesAndDetails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		frame        t30.Frame
		name, detail string
	}{
		{frame(0x80, 0x00, 0x4e, 0xf8, 0xc4, 0x80, 0x01), "DIS", ""},
		{frame(0x40, station("+81 3 1234 5678")...), "CSI", "+81 3 1234 5678"},
		{frame(0x43, station("\x1b[2J")...), "TSI", "[2J"},
		{frame(0xc1, station("secret")...), "PWD", ""},
		{frame(0xc3, station("42")...), "SUB", "42"},
		{frame(0x20, 0xb5, 0, 0x55), "NSF", ""},
		{frame(0x84), "CFR", ""},
		{frame(0x45), "FTT", ""},
		{frame(0x13, 0, 0x24), "CTC", "9600 bit/s V.17"},
		{frame(0x2e), "EOP", ""},
		{frame(0x3f), "PRI-EOP", ""},
		{frame(0xbe, 0x2e, 0, 0, 98), "PPS-EOP", "page 1, block 1, 99 frames, 0 arrived"},
		{frame(0xbf, 0x00, 3, 1, 255), "PPS-NULL", "page 4, block 2, 256 frames, 0 arrived"},
		{frame(0xbe, 0x4e, 0, 0), "PPS-MPS", ""},
		{frame(0xbe), "PPS-?", ""},
		{frame(0xbe, 0x51), "PPS-0x51", ""},
		{frame(0xce, 0x8e), "EOR-EOM", ""},
		{frame(0xbc, append([]byte{0x81}, make([]byte, 31)...)...), "PPR", "2 of 256 frames bad"},
		{frame(0xec), "RNR", ""},
		{frame(0xfb), "DCN", ""},
		{frame(0x52), "FCF 0x52", ""},
		{t30.Frame{Octets: []byte{0xff}}, "fragment", ""},
		{t30.Frame{}, "fragment", ""},
	} {
		detail := new(t30.Ladder).Read(tt.frame)
		if name := tt.frame.Name(); name != tt.name || tt.name != "DIS" && detail != tt.detail {
			t.Errorf("%x is %q, %q; want %q, %q", tt.frame.Octets, name, detail, tt.name, tt.detail)
		}
	}
}

// T.30 table 2. Bits are counted from 1, the lowest of an octet first.
func TestT30_Table2_WhatWasChosen(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		dcs  bool
		bits []int
		want string
	}{
		{"all that DIS can have", false, []int{11, 12, 14, 15, 16, 18, 24, 21, 22, 23, 27, 31, 32, 40, 41}, "V.17, ECM, superfine, A3, MMR, 0 ms a line"},
		{"the plainest DIS", false, []int{10}, "V.27ter, standard, A4, MH, 20 ms a line"},
		{"a DIS of the eighties", false, []int{10, 11, 12, 15, 16, 17, 22, 23}, "V.29, fine, B4, MR, 10/5 ms a line"},
		{"the plainest DCS", true, nil, "2400 bit/s V.27ter, standard, A4, MH, 20 ms a line"},
		{"V.27ter", true, []int{12, 21}, "4800 bit/s V.27ter, standard, A4, MH, 5 ms a line"},
		{"V.29", true, []int{11, 15, 18, 22}, "9600 bit/s V.29, fine, A3, MH, 10 ms a line"},
		{"V.29, slow", true, []int{11, 12, 17, 23}, "7200 bit/s V.29, standard, B4, MH, 40 ms a line"},
		{"V.17", true, []int{14, 16, 21, 22, 23, 24, 27}, "14400 bit/s V.17, ECM, standard, A4, MR, 0 ms a line"},
		{"V.17, slower", true, []int{12, 14, 24, 27, 31}, "12000 bit/s V.17, ECM, standard, A4, MMR, 20 ms a line"},
		{"V.17, slow", true, []int{11, 14, 24, 32, 40, 42}, "9600 bit/s V.17, 300 dpi, A4, MH, 20 ms a line"},
		{"V.17, slowest", true, []int{11, 12, 14, 24, 32, 40, 43}, "7200 bit/s V.17, 400 dpi, A4, MH, 20 ms a line"},
		{"a speed that there is not", true, []int{13, 14}, "standard, A4, MH, 20 ms a line"},
		{"ECM behind the end of the field", true, []int{14, 27, 31}, "14400 bit/s V.17, standard, A4, MH, 20 ms a line"},
	} {
		fif := make([]byte, 6)
		for _, b := range tt.bits {
			fif[(b-1)/8] |= 1 << ((b - 1) % 8)
		}
		fcf := map[bool]byte{true: 0x83, false: 0x80}[tt.dcs]
		if got := new(t30.Ladder).Read(frame(fcf, fif...)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A frame that is cut off is read as far as it goes.
func TestFieldsThatEndEarly(t *testing.T) {
	t.Parallel()
	fif := []byte{0, 0x62, 0x84, 0xc4, 0x80, 1}
	for n := range len(fif) + 1 {
		if got := new(t30.Ladder).Read(frame(0x82, fif[:n]...)); !strings.Contains(got, "bit/s") {
			t.Errorf("%d octets: %q", n, got)
		}
	}
}

// T.30 A.4.4: behind the last frame of a block all bits of a PPR are set. What is sent
// again is fewer frames, of the same block.
func TestT30_A_4_4_DamagedFramesAreThoseThatWereSent(t *testing.T) {
	t.Parallel()
	var l t30.Ladder
	pps := func(frames byte, image int) t30.Frame {
		f := frame(0xbe, 0x2e, 0, 0, frames-1)
		f.Image = image
		return f
	}
	ppr := func(first byte) t30.Frame {
		fif := make([]byte, 32)
		for i := range fif {
			fif[i] = 0xff
		}
		fif[0], fif[1] = first, 0xfc // ten frames
		return frame(0xbc, fif...)
	}
	for _, tt := range []struct {
		frame t30.Frame
		want  string
	}{
		{pps(10, 7), "page 1, block 1, 10 frames, 7 arrived"},
		{ppr(0b10110000), "3 of 10 frames bad"},
		{pps(3, 3), "page 1, block 1, 3 frames"},
		{ppr(0b10000000), "1 of 10 frames bad"},
	} {
		if got := l.Read(tt.frame); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
	if l.Retries() != 2 {
		t.Errorf("%d retries, want 2", l.Retries())
	}
}

func TestRetrainsAreThoseOfTheLine(t *testing.T) {
	t.Parallel()
	const dis, dcs, cfr, ftt, mps, eom, mcf, rtn, ctc = 0x80, 0x83, 0x84, 0x44, 0x4f, 0x8f, 0x8c, 0x4c, 0x13
	for _, tt := range []struct {
		name string
		fcf  []byte
		want int
	}{
		{"one page", []byte{dis, dcs, cfr, mps, mcf}, 0},
		{"pages of two shapes", []byte{dis, dcs, cfr, eom, mcf, dis, dcs, cfr}, 0},
		{"training fails twice", []byte{dis, dcs, ftt, dcs, ftt, dcs, cfr}, 2},
		{"no answer", []byte{dis, dcs, dis, dcs, cfr}, 1},
		{"a page is refused", []byte{dis, dcs, cfr, mps, rtn, dcs, cfr}, 1},
		{"slower within a page", []byte{dis, dcs, cfr, ctc}, 1},
	} {
		var l t30.Ladder
		for _, fcf := range tt.fcf {
			l.Read(frame(fcf))
		}
		if l.Retrains() != tt.want {
			t.Errorf("%s: %d retrains, want %d", tt.name, l.Retrains(), tt.want)
		}
	}
}

// FuzzLadder: whatever strangers send, there is a name, and nothing in it or in the detail
// that does not belong on a page.
func FuzzLadder(f *testing.F) {
	f.Add([]byte{0xff, 0x13, 0xbe, 0x2e, 0, 0, 98}, []byte{0xff, 0x13, 0xbc, 0xff})
	f.Add([]byte{0xff, 0x13, 0x83, 0, 0x78, 0x84}, []byte{0xff, 0x13, 0x40, '\n', 0x80})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		var l t30.Ladder
		for _, octets := range [][]byte{first, second, first} {
			frame := t30.Frame{Octets: octets, Image: len(octets), Sent: len(octets)%2 == 0}
			name, detail := frame.Name(), l.Read(frame)
			unprintable := func(r rune) bool { return r < ' ' || r > '~' }
			if name == "" || len(name)+len(detail) > 200 || !utf8.ValidString(detail) || strings.ContainsFunc(name+detail, unprintable) {
				t.Errorf("%x is %q, %q", octets, name, detail)
			}
		}
		if l.Retrains() > 3 || l.Retries() > 3 {
			t.Errorf("%d retrains and %d retries in three frames", l.Retrains(), l.Retries())
		}
	})
}
