package page

import (
	"image"
	"slices"
)

// Text on paper that is not evenly lit needs a threshold that goes with the light. So the
// page is looked at in tiles; the lightest pixels of each tell how bright its paper is, and
// black is what is darker than a part of that. Evenly lit paper has one threshold.
const (
	tileSide = 64 // pixels; wider than the strokes of a heading are thick
	// inkiest is the gray below which a tile is no paper but ink, or a picture: it is
	// then judged by the paper of the others.
	inkiest = 96
	// Black is what has less than five eighths of the paper's brightness.
	inkOver, inkUnder = 5, 8
)

// threshold paints the page, which is white, with the pixels that are darker than the
// paper around them. Between the middles of tiles the threshold changes evenly.
func threshold(p *Page, gray *image.Gray) {
	limits := tileLimits(gray)
	line := make([]int, len(limits[0])) // thresholds of a row at the middle of each tile
	for y := range p.Rows {
		upper, lower, share := between(y, len(limits))
		for i := range line {
			line[i] = (limits[upper][i]*(tileSide-share) + limits[lower][i]*share) << fraction / tileSide
		}
		pixels := gray.Pix[y*gray.Stride:][:p.Width]
		row := p.Row(y)
		for i := range row {
			row[i] = thresholdWord((*[64]uint8)(pixels[i*64:]), line, i*64)
		}
	}
}

// fraction is the bits behind the point of thresholds in a row.
const fraction = 8

// between finds the tiles between whose middles a row or column lies, and how far it is
// from the first of them, of tileSide. Beyond the outer middles both are the outer tile.
func between(at, tiles int) (before, after, share int) {
	at -= tileSide / 2
	if at < 0 {
		return 0, 0, 0
	}
	before = min(at/tileSide, tiles-1)
	return before, min(before+1, tiles-1), at % tileSide
}

// thresholdWord compares the 64 pixels from column first on with the thresholds of their
// row. In each half of them these change by even steps: a half lies between two middles.
func thresholdWord(pixels *[64]uint8, line []int, first int) uint64 {
	word := uint64(0)
	for half := 0; half < 64; half += tileSide / 2 {
		before, after, share := between(first+half, len(line))
		step := (line[after] - line[before]) / tileSide
		limit := line[before] + step*share
		for _, v := range pixels[half : half+tileSide/2] {
			word = word<<1 | darker(int(v)<<fraction, limit)
			limit += step
		}
	}
	return word
}

// tileLimits is the threshold for each tile, by rows of tiles.
func tileLimits(gray *image.Gray) [][]int {
	paper, light := tilePapers(gray)
	usual, even := 255, true
	if len(light) > 0 {
		slices.Sort(light)
		// A page that a program drew has the same white nearly everywhere, and its tinted
		// boxes are meant: one threshold suits it. Under a lamp no two tiles are the same.
		const same = 2
		usual = light[len(light)/2]
		even = light[len(light)/4] >= usual-same
	}
	for _, row := range paper {
		for i, v := range row {
			if even || v < inkiest {
				v = usual
			}
			row[i] = v * inkOver / inkUnder
		}
	}
	return paper
}

// tilePapers is the brightness of the paper in each tile, by rows of tiles, and again in
// a list of those that are paper.
func tilePapers(gray *image.Gray) (paper [][]int, light []int) {
	size := gray.Rect.Size()
	for top := 0; top < size.Y; top += tileSide {
		var row []int
		for left := 0; left < size.X; left += tileSide {
			v := paperOf(gray, left, top)
			if row = append(row, v); v >= inkiest {
				light = append(light, v)
			}
		}
		paper = append(paper, row)
	}
	return paper, light
}

// paperOf is the brightness that an eighth of the tile with this corner reaches: paper
// shows even between the letters of a heading. A quarter of the pixels is looked at.
func paperOf(gray *image.Gray, left, top int) int {
	var count [256]uint16
	size := gray.Rect.Size()
	right, bottom := min(left+tileSide, size.X), min(top+tileSide, size.Y)
	seen := 0
	for y := top; y < bottom; y += 2 {
		line := gray.Pix[y*gray.Stride:][:right]
		for x := left; x < right; x += 2 {
			count[line[x]]++
			seen++
		}
	}
	v, lighter := 255, int(count[255])
	for lighter*8 < seen {
		v--
		lighter += int(count[v])
	}
	return v
}
