package page

import (
	"strings"
	"sync"
)

// T.4 tables 2 and 3a: terminating codes for runs of 0 to 63 pixels, then make-up codes
// for 64, 128, … 1728.
const (
	whiteRuns = `
	00110101 000111 0111 1000 1011 1100 1110 1111
	10011 10100 00111 01000 001000 000011 110100 110101
	101010 101011 0100111 0001100 0001000 0010111 0000011 0000100
	0101000 0101011 0010011 0100100 0011000 00000010 00000011 00011010
	00011011 00010010 00010011 00010100 00010101 00010110 00010111 00101000
	00101001 00101010 00101011 00101100 00101101 00000100 00000101 00001010
	00001011 01010010 01010011 01010100 01010101 00100100 00100101 01011000
	01011001 01011010 01011011 01001010 01001011 00110010 00110011 00110100
	11011 10010 010111 0110111 00110110 00110111 01100100 01100101 01101000
	01100111 011001100 011001101 011010010 011010011 011010100 011010101 011010110 011010111
	011011000 011011001 011011010 011011011 010011000 010011001 010011010 011000 010011011`
	blackRuns = `
	0000110111 010 11 10 011 0011 0010 00011
	000101 000100 0000100 0000101 0000111 00000100 00000111 000011000
	0000010111 0000011000 0000001000 00001100111 00001101000 00001101100 00000110111 00000101000
	00000010111 00000011000 000011001010 000011001011 000011001100 000011001101 000001101000 000001101001
	000001101010 000001101011 000011010010 000011010011 000011010100 000011010101 000011010110 000011010111
	000001101100 000001101101 000011011010 000011011011 000001010100 000001010101 000001010110 000001010111
	000001100100 000001100101 000001010010 000001010011 000000100100 000000110111 000000111000 000000100111
	000000101000 000001011000 000001011001 000000101011 000000101100 000001011010 000001100110 000001100111
	0000001111 000011001000 000011001001 000001011011 000000110011 000000110100 000000110101 0000001101100 0000001101101
	0000001001010 0000001001011 0000001001100 0000001001101 0000001110010 0000001110011 0000001110100 0000001110101 0000001110110
	0000001110111 0000001010010 0000001010011 0000001010100 0000001010101 0000001011010 0000001011011 0000001100100 0000001100101`
	// T.4 table 3b: make-up codes for 1792, 1856, … 2560, the same in both colours.
	longRuns = `
	00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101
	000000010110 000000010111 000000011100 000000011101 000000011110 000000011111`
	// T.4 table 4: the modes of two-dimensional coding, in the order of the constants.
	modeCodes = "0001 001 0000010 000010 010 1 011 000011 0000011"
)

// The modes of two-dimensional coding (T.4, 4.2.1.3.2). The vertical modes are
// vertical0 plus the distance from b1 to a1, which is -3 to 3.
const (
	modePass = iota
	modeHorizontal
	modeVL3
	_
	_
	modeVertical0
	_
	_
	modeVR3
	modes
)

// code is one code word, right-aligned. Length 0: there is none.
type code struct {
	bits   uint16
	length uint8
}

// The longest code words, which is the number of bits that a look-up needs.
const (
	longestRun  = 13
	longestMode = 7
)

// meaning is what the bits that come next in the code begin with.
type meaning struct {
	value  int16 // a run in pixels, or a mode
	length uint8 // of the code word; zero: no code word begins like this
}

// colour indexes what there is for white and for black.
type colour = int

const (
	white colour = 0
	black colour = 1
)

// codebook has the tables of T.4 both ways.
type codebook struct {
	mode     [modes]code
	run      [2][64 + 2560/64]code // by colour; terminating codes, then make-up codes
	readMode [1 << longestMode]meaning
	readRun  [2][1 << longestRun]meaning // by colour
}

// book is made when a page is first coded: a server that handles no fax does without.
var book = sync.OnceValue(func() *codebook {
	b := new(codebook)
	for i, word := range strings.Fields(modeCodes) {
		b.mode[i] = parseCode(word)
		spread(b.readMode[:], longestMode, b.mode[i], i)
	}
	for c, words := range []string{whiteRuns + longRuns, blackRuns + longRuns} {
		for i, word := range strings.Fields(words) {
			run := i
			if i >= 64 {
				run = (i - 63) * 64
			}
			b.run[c][i] = parseCode(word)
			spread(b.readRun[c][:], longestRun, b.run[c][i], run)
		}
	}
	return b
})

// parseCode reads a code word as the Recommendation prints it.
func parseCode(word string) code {
	c := code{length: uint8(len(word))}
	for _, digit := range word {
		c.bits = c.bits<<1 | uint16(digit-'0')
	}
	return c
}

// spread enters a code word for everything that can follow it, up to longest bits.
func spread(table []meaning, longest int, c code, value int) {
	free := longest - int(c.length)
	first := int(c.bits) << free
	for i := first; i < first+1<<free; i++ {
		table[i] = meaning{int16(value), c.length}
	}
}
