package page

import (
	"fmt"
	"image"
	"math"
	"slices"
	"sync"
)

// Tone is how gray becomes black and white.
type Tone uint8

// The tones. Zero is Text.
const (
	// Text makes black what is clearly darker than the paper around it, so that shadows
	// and tinted paper vanish. Its code is small.
	Text Tone = iota
	// Photo makes dots whose size is the gray: a halftone of 36 lines per inch with
	// clustered dots, which a fax machine prints truly. Its code is large: a page takes
	// minutes to send rather than seconds.
	Photo
)

// FromGray makes a page of a picture, whose pixels are taken for squares: scaled to the
// width, and to as many rows as keep its shape on paper. A picture without pixels, or a
// width that T.4 does not have, gives ErrNotFax, one too long for a page ErrTooLarge. It
// takes about one byte of memory for a pixel of the page, besides the picture.
func FromGray(picture *image.Gray, width int, resolution Resolution, tone Tone) (*Page, error) {
	size := picture.Rect.Size()
	if size.X < 1 || size.Y < 1 {
		return nil, fmt.Errorf("picture without pixels: %w", ErrNotFax)
	}
	if err := (Geometry{width, 1, resolution}).Check(); err != nil {
		return nil, err
	}
	rows := float64(size.Y) / float64(size.X) * millimetres[width] * resolutions[resolution].rows
	p, err := New(Geometry{width, int(min(max(math.Round(rows), 1), math.MaxInt32)), resolution})
	if err != nil {
		return nil, err
	}
	p.paint(scale(picture, width, p.Rows), tone)
	return p, nil
}

// FromRaster makes a page of a picture that has the page's own pixels, drawn for a fax
// of that resolution. Its size has to be that of a page: it fails as Geometry.Check does.
func FromRaster(raster *image.Gray, resolution Resolution, tone Tone) (*Page, error) {
	size := raster.Rect.Size()
	p, err := New(Geometry{size.X, size.Y, resolution})
	if err != nil {
		return nil, err
	}
	p.paint(raster, tone)
	return p, nil
}

// paint draws a picture of its own size on the page, which is white.
func (p *Page) paint(raster *image.Gray, tone Tone) {
	if tone == Photo {
		halftone(p, raster)
	} else {
		threshold(p, raster)
	}
}

// screens are the thresholds of the halftone by resolution: rows, which repeat, of eight
// columns, which repeat. Gray below the threshold is black.
var screens = sync.OnceValue(func() (all [Superfine + 1][][screenWidth]uint8) {
	for r := range all {
		all[r] = screen(4 << r) // as high on paper as it is wide
	}
	return all
})

// screenWidth is the columns after which the screen repeats.
const screenWidth = 8

// screen makes a screen at 45°, which the eye sees least: two dots in each cell, that
// grow about its corners and its middle until they touch, and leave two white ones.
func screen(rows int) [][screenWidth]uint8 {
	spot := func(i int) int { // highest in the middle of a dot, lowest between four of them
		x, y := float64(i%screenWidth)+0.5, float64(i/screenWidth)+0.5
		height := math.Cos(2*math.Pi*x/screenWidth) * math.Cos(2*math.Pi*y/float64(rows))
		return int(math.Round(height * 1e6)) // what is equal but for rounding is equal
	}
	order := make([]int, rows*screenWidth)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return spot(b) - spot(a) })
	// What is nearly white stays white and what is nearly black becomes black: single
	// pixels are not printed truly, and cost time on the line.
	const blackest, whitest = 10, 246
	out := make([][screenWidth]uint8, rows)
	for rank, i := range order {
		level := whitest - (whitest-blackest)*(2*rank+1)/(2*len(order))
		out[i/screenWidth][i%screenWidth] = uint8(level)
	}
	return out
}

// halftone paints the page, which is white, with dots.
func halftone(p *Page, gray *image.Gray) {
	rows := screens()[p.Resolution]
	for y := range p.Rows {
		line := gray.Pix[y*gray.Stride:][:p.Width]
		limits := &rows[y%len(rows)]
		row := p.Row(y)
		for i := range row {
			row[i] = halftoneWord((*[64]uint8)(line[i*64:]), limits)
		}
	}
}

// halftoneWord compares 64 pixels with the thresholds.
func halftoneWord(pixels *[64]uint8, limits *[screenWidth]uint8) uint64 {
	word := uint64(0)
	for x, v := range pixels {
		word = word<<1 | darker(int(v), int(limits[x%screenWidth]))
	}
	return word
}

// darker is 1 when a is less than b, else 0; it takes no branch, which in a photo would
// be guessed wrong half of the time.
func darker(a, b int) uint64 { return uint64(a-b) >> 63 }
