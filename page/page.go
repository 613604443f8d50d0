// Package page turns documents into fax pages and fax pages into documents. A fax page
// is a bitmap of one bit a pixel, as wide as ITU-T T.4 says, that travels and rests as
// T.6 code (MMR, "Group 4").
//
// A [Page] has the pixels, a [Coded] page the code; [OpenTIFF] reads the fax TIFFs of
// other people, [WriteTIFF], [WritePDF] and [WritePNG] hand pages out, and [FromGray]
// makes a page of a picture.
package page

import (
	"errors"
	"fmt"
	"math/bits"
)

// What can be wrong with a document. They are wrapped with the place; ask errors.Is.
var (
	// ErrNotFax means that the document may be fine but is no fax page as it stands:
	// another width, another resolution, colours. It has to be converted.
	ErrNotFax = errors.New("not a fax page")
	// ErrDamaged means that the bytes break their own format.
	ErrDamaged = errors.New("damaged")
	// ErrTooLarge means that a limit of this package is exceeded.
	ErrTooLarge = errors.New("too large")
)

// The pixels of a row (T.4, 2.2, and T.30 table 2). All are whole 64-bit words.
const (
	WidthA4 = 1728 // 215 mm; also for Letter and Legal
	WidthB4 = 2048 // 255 mm
	WidthA3 = 2432 // 303 mm
)

// MaxRows is how long a page may be: more than one metre at superfine.
const MaxRows = 1 << 14

// millimetres of a row, by its pixels (T.4, 2.2).
var millimetres = map[int]float64{WidthA4: 215, WidthB4: 255, WidthA3: 303}

// Resolution is how many rows stand in a millimetre; across, all have 8.04 pixels.
type Resolution uint8

// The resolutions of T.4, 2.1, and their values in T.30. Zero is Standard.
const (
	Standard  Resolution = iota // 3.85 rows per mm, 204 × 98 dpi
	Fine                        // 7.7 rows per mm, 204 × 196 dpi
	Superfine                   // 15.4 rows per mm, 204 × 391 dpi
)

// resolutions has the words and numbers of each Resolution. Rows per inch are rounded
// as T.30 engines and RFC 2301, 4.2 write them.
var resolutions = [...]struct {
	name    string
	rows    float64 // per millimetre
	rowsDPI int
}{
	Standard:  {"standard", 3.85, 98},
	Fine:      {"fine", 7.7, 196},
	Superfine: {"superfine", 15.4, 391},
}

// columnsDPI is the pixels per inch across, at every Resolution.
const columnsDPI = 204

// String is the word for the resolution: standard, fine or superfine.
func (r Resolution) String() string { return resolutions[r].name }

// DPI is the resolution in pixels per inch, across and down, rounded as T.30 does.
func (r Resolution) DPI() (across, down int) { return columnsDPI, resolutions[r].rowsDPI }

// Geometry is the shape of a page. The zero value is the shape of none.
type Geometry struct {
	Width      int // pixels of a row: WidthA4, WidthB4 or WidthA3
	Rows       int // 1 to MaxRows
	Resolution Resolution
}

// Check reports what is wrong with the shape: ErrNotFax for a width or resolution that
// T.4 does not have and for no rows, ErrTooLarge for more than MaxRows.
func (g Geometry) Check() error {
	switch {
	case millimetres[g.Width] == 0:
		return fmt.Errorf("width of %d pixels: %w", g.Width, ErrNotFax)
	case int(g.Resolution) >= len(resolutions):
		return fmt.Errorf("resolution %d: %w", g.Resolution, ErrNotFax)
	case g.Rows < 1:
		return fmt.Errorf("%d rows: %w", g.Rows, ErrNotFax)
	case g.Rows > MaxRows:
		return fmt.Errorf("%d rows: %w", g.Rows, ErrTooLarge)
	}
	return nil
}

// Millimetres is the size on paper.
func (g Geometry) Millimetres() (width, height float64) {
	return millimetres[g.Width], float64(g.Rows) / resolutions[g.Resolution].rows
}

// String says the shape in words: "1728 × 2287 pixels, fine, 215 × 297 mm".
func (g Geometry) String() string {
	width, height := g.Millimetres()
	return fmt.Sprintf("%d × %d pixels, %s, %.0f × %.0f mm", g.Width, g.Rows, g.Resolution, width, height)
}

// stride is the number of words in a row.
func (g Geometry) stride() int { return g.Width / 64 }

// Page is a fax page with its pixels. Use [New] to make one.
type Page struct {
	Geometry
	// Words are the rows from the top, each Width/64 words from the left. The highest
	// bit of a word is its leftmost pixel; 1 is black.
	Words []uint64
}

// New makes a white page. It fails as Geometry.Check does.
func New(g Geometry) (*Page, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	return &Page{Geometry: g, Words: make([]uint64, g.Rows*g.stride())}, nil
}

// Row is the words of row y, counted from zero at the top. Writing to it draws.
func (p *Page) Row(y int) []uint64 {
	stride := p.stride()
	return p.Words[y*stride : (y+1)*stride : (y+1)*stride]
}

// Black reports whether the pixel in column x of row y is black.
func (p *Page) Black(x, y int) bool {
	return p.Row(y)[x/64]<<(x%64)>>63 == 1
}

// Blacken makes the pixels of row y from column from up to, but without, column to black.
func (p *Page) Blacken(y, from, to int) {
	if from < to {
		blacken(p.Row(y), from, to)
	}
}

// blacken sets the pixels from ≤ x < to of a row. There is at least one.
func blacken(row []uint64, from, to int) {
	first, last := from/64, (to-1)/64
	left, right := ^uint64(0)>>(from%64), ^uint64(0)<<(63-(to-1)%64)
	if first == last {
		row[first] |= left & right
		return
	}
	row[first] |= left
	for i := first + 1; i < last; i++ {
		row[i] = ^uint64(0)
	}
	row[last] |= right
}

// Ink is the number of black pixels.
func (p *Page) Ink() int {
	ink := 0
	for _, w := range p.Words {
		ink += bits.OnesCount64(w)
	}
	return ink
}
