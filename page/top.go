package page

import "math/bits"

// Topped is the page with the rows of a band in place of its own first ones, which have
// to be white. The other rows keep their code, and are not decoded. ok is false where
// that cannot be: the page is another one's size, or written on where the band comes to
// be, or the band's last row is not white.
func (c Coded) Topped(band *Page) (topped Coded, ok bool) {
	same := c.Width == band.Width && c.Resolution == band.Resolution && c.Rows >= band.Rows
	if !same || !isWhite(band.Row(band.Rows-1)) || c.whiteRows(band.Rows) < band.Rows {
		return Coded{}, false
	}
	e := newEncoder(c.Width, len(c.Data)+4<<10)
	e.rows(band)
	// A row is coded by the one above alone (T.6, 2.2.1), which is as white as before.
	e.bits(c.Data, band.Rows)
	return Coded{c.Geometry, e.flush()}, true
}

// whiteRows counts the white rows at the top, up to so many, by their code: a white row
// below a white one is V0, a single bit, and the code of no other row begins with it.
func (c Coded) whiteRows(most int) (n int) {
	for _, b := range c.Data {
		ones := bits.LeadingZeros8(^b)
		if n += ones; ones < 8 || n >= most {
			break
		}
	}
	return min(n, most)
}

func isWhite(row []uint64) bool {
	for _, word := range row {
		if word != 0 {
			return false
		}
	}
	return true
}

// bits appends the bits of data from one on.
func (e *encoder) bits(data []byte, from int) {
	data, from = data[from/8:], from%8
	if from > 0 {
		e.put(code{bits: uint16(data[0] & (0xff >> from)), length: uint8(8 - from)})
		data = data[1:]
	}
	for _, b := range data {
		e.put(code{bits: uint16(b), length: 8})
	}
}
