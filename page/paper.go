package page

import (
	"math"
	"slices"
)

// Paper is the sheet that pages are fitted to. Zero is A4.
type Paper uint8

// The papers.
const (
	A4     Paper = iota
	B4           // of JIS P 0138, 257 × 364 mm, as Japanese fax machines have it
	Letter       // US
	Legal        // US
)

// papers has the size of each Paper in millimetres, and the pixels of a row on the fax
// machines that print it.
var papers = [...]struct {
	name          string
	width, height float64
	row           int
}{
	A4:     {"a4", 210, 297, WidthA4},
	B4:     {"b4", 257, 364, WidthB4},
	Letter: {"letter", 215.9, 279.4, WidthA4},
	Legal:  {"legal", 215.9, 355.6, WidthA4},
}

// String is the name of the paper: a4, b4, letter or legal.
func (p Paper) String() string { return papers[p].name }

// Millimetres is the size of the sheet.
func (p Paper) Millimetres() (width, height float64) { return papers[p].width, papers[p].height }

// Geometry is the shape of a page that fills the paper. A row may be some millimetres
// wider or narrower than the sheet: T.4 has three widths for all papers.
func (p Paper) Geometry(r Resolution) Geometry {
	sheet := papers[p]
	return Geometry{Width: sheet.row, Rows: int(sheet.height*resolutions[r].rows + 0.5), Resolution: r}
}

// letterCountries are those in which people write on Letter (Unicode CLDR, supplemental
// data, paperSize "US-Letter"). All others use A4.
var letterCountries = []string{
	"BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE",
}

// PaperIn is what people write on in a country (ISO 3166-1 alpha-2): Letter or A4. For no
// country it is A4.
func PaperIn(country string) Paper {
	if slices.Contains(letterCountries, country) {
		return Letter
	}
	return A4
}

// PaperOf finds the paper of a size in millimetres, upright or across. ok is false for a
// size that is none of ours.
func PaperOf(width, height float64) (p Paper, ok bool) {
	const tolerance = 2.5 // by which programs are wrong about a paper; the nearest two differ by 6
	if width > height {
		width, height = height, width
	}
	for p := range papers {
		if math.Abs(papers[p].width-width) <= tolerance && math.Abs(papers[p].height-height) <= tolerance {
			return Paper(p), true
		}
	}
	return A4, false
}

// PaperNamed is the paper of a name, as String gives it. For every other name it is A4.
func PaperNamed(name string) Paper {
	for p := range papers {
		if papers[p].name == name {
			return Paper(p)
		}
	}
	return A4
}
