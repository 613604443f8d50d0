package page

import (
	"encoding/binary"
	"math/bits"
)

// Coded is a fax page as T.6 code: what is kept, sent and wrapped into files.
type Coded struct {
	Geometry
	// Data is the code, with the end-of-facsimile-block at its end. The first bit on
	// the line is the highest of the first byte (FillOrder 1 in TIFF).
	Data []byte
}

// Code encodes the page by T.6.
func (p *Page) Code() Coded {
	e := newEncoder(p.Width, 16<<10) // a page of text is 20 to 60 kB at fine
	e.rows(p)
	return Coded{p.Geometry, e.end()}
}

// newEncoder begins a page that may take about so many bytes.
func newEncoder(width, size int) *encoder {
	e := &encoder{
		book:      book(),
		out:       make([]byte, 0, size),
		reference: make([]int, width+sentinels),
		current:   make([]int, width+sentinels),
	}
	changes(nil, e.reference, width) // above the first row all is white: T.6, 2.2.1
	return e
}

// rows codes all rows of a page.
func (e *encoder) rows(p *Page) {
	for y := range p.Rows {
		changes(p.Row(y), e.current, p.Width)
		e.row(p.Width)
		e.reference, e.current = e.current, e.reference
	}
}

// sentinels is how often the width stands behind the changing elements of a row, so that
// a search for b1 and b2 ends without counting.
const sentinels = 3

// changes lists the columns of a row whose pixel differs from the one before, the first
// of which is taken to be white (T.6, 2.2.1). So entries with an even index are where
// black begins. The list ends with the width as sentinel.
func changes(row []uint64, into []int, width int) {
	n, before := 0, uint64(0)
	for i, word := range row {
		edges := word ^ (word>>1 | before<<63)
		before = word
		for edges != 0 {
			x := bits.LeadingZeros64(edges)
			into[n] = i*64 + x
			n++
			edges &^= 1 << 63 >> x
		}
	}
	for i := range sentinels {
		into[n+i] = width
	}
}

// encoder writes T.6 code. Rows are lists of changes.
type encoder struct {
	book               *codebook
	out                []byte
	pending            uint64 // the bits that are not in out yet are the lowest
	n                  uint   // and this is how many; under 32 between calls
	reference, current []int
}

// row codes the current row by the reference row: the flow diagram of T.6, figure 7.
func (e *encoder) row(width int) {
	reference, current := e.reference, e.current
	// a0 is the last element coded, of colour i&1; a1 and b1 are entries i and j, and
	// the colours say that i and j are both even or both odd.
	a0, i, j := -1, 0, 0
	for a0 < width {
		for reference[j] <= a0 {
			j += 2
		}
		a1, b1, b2 := current[i], reference[j], reference[j+1]
		switch shift := a1 - b1; {
		case b2 < a1:
			e.put(e.book.mode[modePass])
			a0 = b2
		case -3 <= shift && shift <= 3:
			e.put(e.book.mode[modeVertical0+shift])
			a0 = a1
			i++
			j = other(j)
		default:
			a2 := current[i+1]
			e.put(e.book.mode[modeHorizontal])
			e.run(a1-max(a0, 0), i&1) // the first run of a row starts in column 0
			e.run(a2-a1, 1-i&1)
			a0 = a2
			i += 2
		}
	}
}

// other is where the search for a b1 of the other colour than that of entry j begins:
// one entry back, for a1 may lie left of the b1 that it was coded by.
func other(j int) int {
	if j > 0 {
		return j - 1
	}
	return j + 1
}

// run codes a run of pixels: T.4, 4.1.1.
func (e *encoder) run(length int, c colour) {
	if length >= 64 {
		e.put(e.book.run[c][63+length/64])
		length %= 64
	}
	e.put(e.book.run[c][length])
}

// put appends a code word.
func (e *encoder) put(c code) {
	e.pending = e.pending<<c.length | uint64(c.bits)
	e.n += uint(c.length)
	if e.n >= 32 {
		e.n -= 32
		e.out = binary.BigEndian.AppendUint32(e.out, uint32(e.pending>>e.n))
	}
}

// end appends the end-of-facsimile-block (T.6, 2.4.1.1) and fills the last byte.
func (e *encoder) end() []byte {
	e.put(endOfLine)
	e.put(endOfLine)
	return e.flush()
}

// flush fills the last byte.
func (e *encoder) flush() []byte {
	for ; e.n >= 8; e.n -= 8 {
		e.out = append(e.out, byte(e.pending>>(e.n-8)))
	}
	if e.n > 0 {
		e.out = append(e.out, byte(e.pending<<(8-e.n)))
	}
	return e.out
}

// endOfLine is EOL in T.4; two make the EOFB of T.6.
var endOfLine = code{bits: 1, length: 12}
