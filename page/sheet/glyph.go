package sheet

import (
	"image"
	"math"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"github.com/faxgate/faxgate/page"
)

// glyph is a letter as black pixels, relative to where it begins on its line.
type glyph struct {
	spans   []span
	advance float64 // millimetres to the next letter
}

// span is the pixels of a row, to not among them.
type span struct{ row, from, to int16 }

// glyphKey is what a glyph depends on, besides the resolution.
type glyphKey struct {
	face   typeface
	letter rune
	size   float64
}

// draw paints the glyph, but for what would lie beyond the page.
func (g glyph) draw(on *page.Page, x, y int) {
	for _, s := range g.spans {
		if row := y + int(s.row); row >= 0 && row < on.Rows {
			on.Blacken(row, max(x+int(s.from), 0), min(x+int(s.to), on.Width))
		}
	}
}

// missing stands for a letter that the fonts do not have, as printers in Japan have it.
const missing = '〓'

// glyph makes a letter, or remembers it.
func (p *Pen) glyph(t typeface, letter rune, size float64) glyph {
	key := glyphKey{t, letter, size}
	if g, ok := p.glyphs[key]; ok {
		return g
	}
	g := p.shape(t, letter, size)
	p.glyphs[key] = g
	return g
}

// shape draws a letter of a size in points.
func (p *Pen) shape(t typeface, letter rune, size float64) glyph {
	f, index := t.find(&p.buffer, letter)
	if index == 0 && letter != missing {
		if invisible(letter) {
			return glyph{}
		}
		return p.glyph(t, missing, size)
	}
	// The outline is taken in the font's own units, of which an em has a thousand.
	em := fixed.Int26_6(f.UnitsPerEm()) << 6
	advance, err := f.GlyphAdvance(&p.buffer, index, em, 0)
	if err != nil {
		return glyph{}
	}
	outline, err := f.LoadGlyph(&p.buffer, index, em, nil)
	if err != nil {
		return glyph{}
	}
	unit := size * millimetresPerPoint / float64(em)
	o := newOutline(outline, unit*p.across, unit*p.down)
	return glyph{spans: o.spans(), advance: float64(advance) * unit}
}

// invisible reports letters that have no shape and need none: controls, and signs about
// the letters beside them.
func invisible(letter rune) bool {
	switch {
	case letter < ' ', letter >= 0x7f && letter < 0xa0, letter == '\u00ad':
		return true
	case letter >= '\u200b' && letter <= '\u200f', letter >= '\u2028' && letter <= '\u202e':
		return true
	case letter >= '\ufe00' && letter <= '\ufe0f', letter == '\ufeff':
		return true
	case letter >= 0xe0100 && letter <= 0xe01ef: // which of a kanji's forms is meant
		return true
	}
	return false
}

// outline is the shape of a letter in pixels of the page, with its left upper corner.
type outline struct {
	segments      sfnt.Segments
	across, down  float32 // pixels for a unit of the segments
	left, top     int
	width, height int
}

// newOutline measures a shape.
func newOutline(segments sfnt.Segments, across, down float64) *outline {
	o := &outline{segments: segments, across: float32(across), down: float32(down)}
	bounds := segments.Bounds()
	o.left = int(math.Floor(float64(bounds.Min.X) * across))
	o.top = int(math.Floor(float64(bounds.Min.Y) * down))
	o.width = int(math.Ceil(float64(bounds.Max.X)*across)) - o.left
	o.height = int(math.Ceil(float64(bounds.Max.Y)*down)) - o.top
	return o
}

// spans fills the shape. A pixel is black of which the shape covers three eighths:
// strokes that are thinner than a pixel would break at a half.
func (o *outline) spans() []span {
	const inked = 96
	const most = 4096 // pixels; larger letters are no letters
	if o.width < 1 || o.height < 1 || o.width > most || o.height > most {
		return nil
	}
	covered := o.fill()
	var out []span
	for y := range o.height {
		row := covered.Pix[y*covered.Stride:][:o.width]
		for x := 0; x < o.width; x++ {
			if row[x] < inked {
				continue
			}
			from := x
			for x < o.width && row[x] >= inked {
				x++
			}
			out = append(out, span{int16(o.top + y), int16(o.left + from), int16(o.left + x)})
		}
	}
	return out
}

// fill gives how much of each pixel the shape covers.
func (o *outline) fill() *image.Alpha {
	r := vector.NewRasterizer(o.width, o.height)
	at := func(p fixed.Point26_6) (x, y float32) {
		return float32(p.X)*o.across - float32(o.left), float32(p.Y)*o.down - float32(o.top)
	}
	for i, s := range o.segments {
		x, y := at(s.Args[0])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				r.ClosePath()
			}
			r.MoveTo(x, y)
		case sfnt.SegmentOpLineTo:
			r.LineTo(x, y)
		case sfnt.SegmentOpQuadTo:
			x2, y2 := at(s.Args[1])
			r.QuadTo(x, y, x2, y2)
		case sfnt.SegmentOpCubeTo:
			x2, y2 := at(s.Args[1])
			x3, y3 := at(s.Args[2])
			r.CubeTo(x, y, x2, y2, x3, y3)
		}
	}
	r.ClosePath()
	out := image.NewAlpha(image.Rect(0, 0, o.width, o.height))
	r.Draw(out, out.Rect, image.Opaque, image.Point{})
	return out
}
