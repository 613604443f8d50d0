package render

import (
	"image"
	"math"

	"github.com/faxgate/faxgate/page"
)

// placement is where a picture comes to lie on a page.
type placement struct {
	page.Geometry
	turned bool            // a quarter, against the clock: a landscape picture
	box    image.Rectangle // pixels of the page, after turning
}

// fit places a picture of a size in millimetres on the paper. What is larger than the
// paper is made smaller, and what is wider than high is turned where it would have to be
// made smaller otherwise; nothing is enlarged. It stands at the top, in the middle of the
// row.
func fit(paper page.Paper, r page.Resolution, width, height float64) placement {
	p := placement{Geometry: paper.Geometry(r)}
	most, long := p.Millimetres()
	if width > height && width > most {
		p.turned = true
		width, height = height, width
	}
	scale := min(1, most/width, long/height)
	w := max(within(width*scale/most*float64(p.Width), p.Width)&^1, 2) // as page.Scale wants it
	h := within(height*scale/long*float64(p.Rows), p.Rows)
	left := (p.Width - w) / 2
	p.box = image.Rect(left, 0, left+w, h)
	return p
}

// within rounds a number of pixels, of which there is at least one, and most at most.
func within(pixels float64, most int) int {
	return min(max(int(math.Round(pixels)), 1), most)
}
