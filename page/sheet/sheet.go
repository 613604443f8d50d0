// Package sheet writes on fax pages: the header line, the cover page, plain text, and
// the confirmation report. Letters are drawn as pixels in a Japanese Gothic font that
// is part of the program.
package sheet

import (
	"math"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"

	"github.com/faxgate/faxgate/page"
)

const millimetresPerPoint = 25.4 / 72

// Pen writes on a page, in black. Lengths are millimetres from the page's left upper
// corner, letter sizes are points. What lies beyond the page is not drawn. A pen is for
// one goroutine.
type Pen struct {
	page         *page.Page
	across, down float64 // pixels in a millimetre
	glyphs       map[glyphKey]glyph
	buffer       sfnt.Buffer
}

// NewPen is a pen for a page.
func NewPen(p *page.Page) *Pen {
	pen := &Pen{glyphs: map[glyphKey]glyph{}}
	pen.turnTo(p)
	return pen
}

// turnTo takes the next page, which has the resolution of the one before.
func (p *Pen) turnTo(to *page.Page) {
	width, height := to.Millimetres()
	p.page, p.across, p.down = to, float64(to.Width)/width, float64(to.Rows)/height
}

// Write writes a line whose letters stand on the height y and begin at x.
func (p *Pen) Write(x, y, size float64, text string) {
	p.write(proportional, x, y, size, text)
}

// Width is how wide the line is that Write writes.
func (p *Pen) Width(size float64, text string) float64 {
	return p.measure(proportional, size, text)
}

// Rule draws a line or a bar: what is between two heights, and between two sides.
func (p *Pen) Rule(left, top, right, bottom float64) {
	from, to := p.column(left), max(p.column(right), p.column(left)+1)
	first, last := p.row(top), max(p.row(bottom), p.row(top)+1)
	for y := max(first, 0); y < min(last, p.page.Rows); y++ {
		p.page.Blacken(y, max(from, 0), min(to, p.page.Width))
	}
}

// Box draws the outline of a rectangle.
func (p *Pen) Box(left, top, right, bottom float64) {
	const thick = 0.25
	p.Rule(left, top, right, top+thick)
	p.Rule(left, bottom-thick, right, bottom)
	p.Rule(left, top, left+thick, bottom)
	p.Rule(right-thick, top, right, bottom)
}

// column and row are where a length ends, in pixels.
func (p *Pen) column(x float64) int { return int(math.Round(x * p.across)) }
func (p *Pen) row(y float64) int    { return int(math.Round(y * p.down)) }

func (p *Pen) write(t typeface, x, y, size float64, text string) {
	row := p.row(y)
	for _, letter := range norm.NFC.String(text) {
		g := p.glyph(t, letter, size)
		g.draw(p.page, p.column(x), row)
		x += g.advance
	}
}

func (p *Pen) measure(t typeface, size float64, text string) float64 {
	width := 0.0
	for _, letter := range norm.NFC.String(text) {
		width += p.glyph(t, letter, size).advance
	}
	return width
}
