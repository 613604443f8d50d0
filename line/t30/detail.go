package t30

import (
	"fmt"
	"slices"
	"strings"

	"github.com/faxgate/faxgate/line"
)

// bits are an information field whose bits are numbered as in T.30 table 2, from 1.
type bits []byte

// extended is the field up to where its extend bits end it: bit 24, and the last one of
// each octet after that (table 2).
func extended(fif []byte) bits {
	for i := 2; i < len(fif); i++ {
		if fif[i]&0x80 == 0 {
			return fif[:i+1]
		}
	}
	return fif
}

// at is bit n, 0 or 1. Those behind the end are 0.
func (b bits) at(n int) int {
	if i := (n - 1) / 8; i < len(b) {
		return int(b[i] >> ((n - 1) % 8) & 1)
	}
	return 0
}

// index is the bits from n on as they stand in the table, the first one the highest.
func (b bits) index(n, count int) (value int) {
	for i := range count {
		value = value<<1 | b.at(n+i)
	}
	return value
}

// capabilities is what a receiver can do (DIS, DTC), the best of each.
func capabilities(fif []byte) string {
	b := extended(fif)
	modems := map[int]string{0b0000: "V.27ter", 0b0100: "V.27ter", 0b1000: "V.29", 0b1100: "V.29", 0b1101: "V.17"}
	widths := []string{"A4", "A3", "B4", "A4"}
	return b.list(modems[b.index(11, 4)], widths[b.index(17, 2)])
}

// command is what a sender has chosen (DCS).
func command(fif []byte) string {
	b := extended(fif)
	widths := []string{"A4", "A3", "B4", "A4"}
	return b.list(b.speed(), widths[b.index(17, 2)])
}

// speed is that of a DCS or CTC. Empty: there is no such one.
func (b bits) speed() string {
	return map[int]string{
		0b0000: "2400 bit/s V.27ter", 0b0100: "4800 bit/s V.27ter",
		0b1000: "9600 bit/s V.29", 0b1100: "7200 bit/s V.29",
		0b0001: "14400 bit/s V.17", 0b0101: "12000 bit/s V.17", 0b1001: "9600 bit/s V.17", 0b1101: "7200 bit/s V.17",
	}[b.index(11, 4)]
}

// list is the words that capabilities and command have in common, after that of the modem.
func (b bits) list(modem, width string) string {
	words := []string{modem, "", b.resolution(), width, b.coding(), b.scanLine()}
	if b.at(27) == 1 {
		words[1] = "ECM"
	}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), ", ")
}

// resolution is the finest one.
func (b bits) resolution() string {
	switch {
	case b.at(43) == 1:
		return "400 dpi"
	case b.at(42) == 1:
		return "300 dpi"
	case b.at(41) == 1:
		return "superfine"
	case b.at(15) == 1:
		return "fine"
	}
	return "standard"
}

// coding is the densest one: T.6, or T.4 in two dimensions or one.
func (b bits) coding() string {
	switch {
	case b.at(31) == 1:
		return "MMR"
	case b.at(16) == 1:
		return "MR"
	}
	return "MH"
}

// scanLine is the shortest time of a line, of 3.85 lines/mm and, where it differs, of 7.7.
func (b bits) scanLine() string {
	times := []string{"20 ms", "40 ms", "10 ms", "10/5 ms", "5 ms", "40/20 ms", "20/10 ms", "0 ms"}
	return times[b.index(21, 3)] + " a line"
}

// station is the identification in a CSI, CIG or TSI, and the digits of a SUB: the last
// character goes first (5.3.6.2.4).
func station(fif []byte) string {
	id := slices.Clone(fif[:min(len(fif), line.MaxStationID)])
	slices.Reverse(id)
	return line.CleanStationID(string(id))
}

// block is what a PPS or EOR is about (A.4.3): the page and the block of 256 frames, both
// counted from 0 on the line and from 1 for people, and how many frames were sent.
type block struct{ page, block, frames int }

// blockOf reads a PPS; ok is false for one that lacks some of it.
func blockOf(fif []byte) (b block, ok bool) {
	if len(fif) < 4 {
		return block{}, false
	}
	return block{int(fif[1]) + 1, int(fif[2]) + 1, int(fif[3]) + 1}, true
}

// describe is the block, and how many frames came if that is another number.
func (b block) describe(came int) string {
	text := fmt.Sprintf("page %d, block %d, %d frames", b.page, b.block, b.frames)
	if came != b.frames {
		text += fmt.Sprintf(", %d arrived", came)
	}
	return text
}

// damaged is how many of the first frames a PPR asks for again (A.4.4). Behind the last
// frame of a block all its bits are set.
func damaged(fif []byte, frames int) (n int) {
	b := bits(fif)
	for i := range frames {
		n += b.at(i + 1)
	}
	return n
}
