package page

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// coding is how the rows of a page are coded.
type coding uint8

const (
	codingMMR     coding = iota // T.6
	codingMR                    // T.4, 4.2: two-dimensional, an EOL with a tag before each row
	codingMH                    // T.4, 4.1: one-dimensional, EOLs or none
	codingAligned               // as codingMH without EOLs; each row begins a byte (TIFF compression 2)
)

// Page decodes the page. Code that ends before the last row, or is no code, gives
// ErrDamaged; what follows the last row is not looked at.
func (c Coded) Page() (*Page, error) {
	p, err := New(c.Geometry)
	if err != nil {
		return nil, err
	}
	if err := newDecoder(p.Width).decode(c.Data, codingMMR, p, 0, p.Rows); err != nil {
		return nil, err
	}
	return p, nil
}

// decoder reads code, and has rows as lists of changes like the encoder.
type decoder struct {
	in                 bitReader
	book               *codebook
	width              int
	reference, current []int
	n                  int // entries of current
}

// newDecoder makes one for rows of that many pixels.
func newDecoder(width int) *decoder {
	return &decoder{
		book:      book(),
		width:     width,
		reference: make([]int, width+sentinels),
		current:   make([]int, width+sentinels),
	}
}

// decode reads rows first to end-1 of the page, which are white, from data. Above the
// first it takes all to be white.
func (d *decoder) decode(data []byte, how coding, into *Page, first, end int) error {
	d.in = bitReader{data: data}
	changes(nil, d.reference, d.width)
	for y := first; y < end; y++ {
		d.n = 0
		if !d.row(how) || d.in.overrun() {
			return fmt.Errorf("row %d: %w", y+1, ErrDamaged)
		}
		d.finish(into.Row(y))
		d.reference, d.current = d.current, d.reference
	}
	return nil
}

// row reads one row into current. It reports whether there was a whole one.
func (d *decoder) row(how coding) bool {
	switch how {
	case codingMMR:
		return d.row2D() // EOFB begins no mode and so ends the page too early
	case codingMR:
		return d.endOfLine() && d.tagged()
	case codingAligned:
		d.in.align()
		return d.row1D()
	default:
		d.endOfLine()
		return d.row1D()
	}
}

// tagged reads the tag bit that follows an EOL, and a row as it says: T.4, 4.2.2.
func (d *decoder) tagged() bool {
	oneDimensional := d.in.peek()>>31 == 1
	d.in.skip(1)
	if oneDimensional {
		return d.row1D()
	}
	return d.row2D()
}

// endOfLine skips fill and EOL (T.4, 4.1.2 and 4.1.3) and reports whether they were there.
func (d *decoder) endOfLine() bool {
	if d.in.peek()>>21 != 0 {
		return false
	}
	for d.in.peek() == 0 {
		if d.in.skip(32); d.in.overrun() {
			return false
		}
	}
	d.in.skip(bits.LeadingZeros32(d.in.peek()) + 1)
	return true
}

// row1D reads runs of both colours in turn, white first: T.4, 4.1.1.
func (d *decoder) row1D() bool {
	a0, c := 0, white
	for a0 < d.width {
		length, ok := d.run(c)
		if a0 += length; !ok || a0 > d.width {
			return false
		}
		d.change(a0)
		c = 1 - c
	}
	return true
}

// row2D reads a row coded by the reference row: T.4, 4.2.1, and T.6, 2.2.
func (d *decoder) row2D() bool {
	a0, c, j := -1, white, 0
	for a0 < d.width {
		for d.reference[j] <= a0 {
			j += 2
		}
		mode := d.book.readMode[d.in.peek()>>(32-longestMode)]
		d.in.skip(int(mode.length))
		switch {
		case mode.length == 0:
			return false
		case mode.value == modePass:
			a0 = d.reference[j+1]
		case mode.value == modeHorizontal:
			var ok bool
			if a0, ok = d.horizontal(max(a0, 0), c); !ok {
				return false
			}
		default:
			a1 := d.reference[j] + int(mode.value) - modeVertical0
			if a1 <= a0 || a1 > d.width {
				return false
			}
			d.change(a1)
			a0, c, j = a1, 1-c, other(j)
		}
	}
	return true
}

// horizontal reads the two runs of horizontal mode and returns where they end.
func (d *decoder) horizontal(a0 int, c colour) (a2 int, ok bool) {
	first, ok1 := d.run(c)
	second, ok2 := d.run(1 - c)
	a1 := a0 + first
	a2 = a1 + second
	if !ok1 || !ok2 || a2 > d.width {
		return 0, false
	}
	d.change(a1)
	d.change(a2)
	return a2, true
}

// run reads make-up codes and a terminating code.
func (d *decoder) run(c colour) (length int, ok bool) {
	for length <= d.width {
		m := d.book.readRun[c][d.in.peek()>>(32-longestRun)]
		if m.length == 0 {
			return 0, false
		}
		d.in.skip(int(m.length))
		length += int(m.value)
		if m.value < 64 {
			return length, true
		}
	}
	return 0, false
}

// change notes that the colour changes in column x. Two changes in the same column are
// none: other people's encoders write runs of length zero. So the list only ever rises.
func (d *decoder) change(x int) {
	switch {
	case x == d.width:
	case d.n > 0 && d.current[d.n-1] == x:
		d.n--
	default:
		d.current[d.n] = x
		d.n++
	}
}

// finish sets the sentinels of the current row and paints it.
func (d *decoder) finish(row []uint64) {
	for i := range sentinels {
		d.current[d.n+i] = d.width
	}
	for i := 0; i < d.n; i += 2 {
		blacken(row, d.current[i], d.current[i+1])
	}
}

// bitReader reads bits, the highest of each byte first. Behind the end it reads zeros.
type bitReader struct {
	data []byte
	at   int // in bits
}

// peek shows the next 32 bits.
func (r *bitReader) peek() uint32 {
	i := r.at >> 3
	if i+8 <= len(r.data) {
		return uint32(binary.BigEndian.Uint64(r.data[i:]) << (r.at & 7) >> 32)
	}
	var last [8]byte
	if i < len(r.data) {
		copy(last[:], r.data[i:])
	}
	return uint32(binary.BigEndian.Uint64(last[:]) << (r.at & 7) >> 32)
}

// skip goes n bits on.
func (r *bitReader) skip(n int) { r.at += n }

// align goes on to the next byte.
func (r *bitReader) align() { r.at = (r.at + 7) &^ 7 }

// overrun reports whether more was read than there is.
func (r *bitReader) overrun() bool { return r.at > len(r.data)*8 }
