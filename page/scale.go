package page

import (
	"image"
	"math"
)

// Scale makes a gray picture of width by rows pixels of another one, which has at least
// one pixel. The width is even. What comes out may be the same picture.
func Scale(from *image.Gray, width, rows int) *image.Gray { return scale(from, width, rows) }

// scale makes a gray picture of width by rows pixels of another one. Each pixel is the
// mean of what it covers, weighted by a triangle: smooth when it enlarges, and true to
// thin lines when it reduces. Columns are done first, a row at a time and only once;
// then rows, two pixels at a time in the halves of a word. The width is even.
func scale(from *image.Gray, width, rows int) *image.Gray {
	size := from.Rect.Size()
	if size.X == width && size.Y == rows {
		return from
	}
	to := image.NewGray(image.Rect(0, 0, width, rows))
	across, down := mixes(size.X, width), mixes(size.Y, rows)
	narrowed := newNarrowing(from, across, down)
	sums := make([]uint64, width/2)
	for y, m := range down {
		clear(sums)
		for i, weight := range m.weights {
			row := narrowed.row(m.first + i)
			for x := range sums[:len(row)] {
				sums[x] += row[x] * uint64(weight)
			}
		}
		line := to.Pix[y*to.Stride:][:width]
		for x, two := range sums {
			two += 1<<55 | 1<<23 // rounds; values have 8 bits behind the point, weights 16
			line[2*x], line[2*x+1] = uint8(two>>56), uint8(two>>24)
		}
	}
	return to
}

// mix is what one pixel is mixed of: the pixels from first on, by weights whose sum is
// one, as a fixed-point number with 16 bits behind the point.
type mix struct {
	first   int
	weights []uint32
}

// mixes is the mix for each of to pixels out of from pixels.
func mixes(from, to int) []mix {
	ratio := float64(from) / float64(to)
	reach := max(ratio, 1) // half of the triangle's base
	out := make([]mix, to)
	for i := range out {
		centre := (float64(i)+0.5)*ratio - 0.5
		first := max(int(math.Floor(centre-reach))+1, 0) // where the triangle ends it weighs nothing
		last := min(int(math.Ceil(centre+reach))-1, from-1)
		out[i] = mix{first, triangle(centre, reach, first, last)}
	}
	return out
}

// triangle weighs the pixels first to last by how near they are to the centre.
func triangle(centre, reach float64, first, last int) []uint32 {
	weights := make([]float64, last-first+1)
	total := 0.0
	for i := range weights {
		weights[i] = reach - math.Abs(float64(first+i)-centre)
		total += weights[i]
	}
	const one = 1 << 16
	out, rest, nearest := make([]uint32, len(weights)), uint32(one), 0
	for i, w := range weights {
		out[i] = uint32(w / total * one)
		rest -= out[i]
		if w > weights[nearest] {
			nearest = i
		}
	}
	out[nearest] += rest // what was lost by cutting off
	return out
}

// narrowing has the rows of a picture with their columns scaled, as many as are needed
// at a time. Values have 8 bits behind the point, and two stand in a word, the left one
// above.
type narrowing struct {
	from   *image.Gray
	across []mix
	rows   [][]uint64 // row y is at y modulo the number of rows
	made   int        // rows above this one were made
}

func newNarrowing(from *image.Gray, across, down []mix) *narrowing {
	most := 0
	for _, m := range down {
		most = max(most, len(m.weights))
	}
	n := &narrowing{from: from, across: across, rows: make([][]uint64, most)}
	for i := range n.rows {
		n.rows[i] = make([]uint64, len(across)/2)
	}
	return n
}

// row is row y, which is none above those asked for before but for the last few.
func (n *narrowing) row(y int) []uint64 {
	into := n.rows[y%len(n.rows)]
	if y < n.made {
		return into
	}
	n.made = y + 1
	line := n.from.Pix[y*n.from.Stride:][:n.from.Rect.Dx()]
	for x := range into {
		left, right := n.across[2*x].of(line), n.across[2*x+1].of(line)
		into[x] = uint64(left>>8)<<32 | uint64(right>>8)
	}
	return into
}

// of mixes pixels of a line.
func (m mix) of(line []uint8) uint32 {
	weights := m.weights
	pixels := line[m.first:][:len(weights)]
	sum := uint32(0)
	for i, weight := range weights {
		sum += uint32(pixels[i]) * weight
	}
	return sum
}
