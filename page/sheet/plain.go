package sheet

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/faxgate/faxgate/page"
)

// How plain text stands on paper: in letters of 10.5 points, which is what Japanese
// letters are written in, and with room for a header line and a hole punch.
const (
	plainSize   = 10.5
	plainPitch  = 5.0 // from line to line
	plainTop    = 18.0
	plainBottom = 12.0
	plainSide   = 20.0
	tabWidth    = 8 // letters
)

// Plain is plain text on pages, which are drawn as they are asked for: a [page.Source].
type Plain struct {
	geometry page.Geometry
	pen      *Pen
	pages    [][]string // lines
}

// NewPlain lays out a text in letters of one width. A form feed begins a page. There is
// at least one page.
func NewPlain(paper page.Paper, r page.Resolution, text string) *Plain {
	geometry := paper.Geometry(r)
	width, _ := geometry.Millimetres()
	_, height := paper.Millimetres()
	plain := &Plain{geometry: geometry, pen: NewPen(&page.Page{Geometry: geometry})}
	lines := int((height - plainTop - plainBottom) / plainPitch)
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimSuffix(text, "\f"))
	for part := range strings.SplitSeq(text, "\f") {
		part = untabbed(norm.NFC.String(strings.TrimRight(part, "\n")))
		all := plain.pen.wrap(fixedPitch, plainSize, width-2*plainSide, part)
		for len(all) > lines {
			plain.pages = append(plain.pages, all[:lines])
			all = all[lines:]
		}
		plain.pages = append(plain.pages, all)
	}
	return plain
}

// Pages is the number of pages.
func (p *Plain) Pages() int { return len(p.pages) }

// Coded draws page i.
func (p *Plain) Coded(i int) (page.Coded, error) {
	to, err := page.New(p.geometry)
	if err != nil {
		return page.Coded{}, err
	}
	p.pen.turnTo(to)
	for n, line := range p.pages[i] {
		p.pen.write(fixedPitch, plainSide, plainTop+float64(n)*plainPitch+plainPitch*0.8, plainSize, line)
	}
	return to.Code(), nil
}

// untabbed puts spaces for tabs.
func untabbed(text string) string {
	if !strings.Contains(text, "\t") {
		return text
	}
	var out strings.Builder
	column := 0
	for _, letter := range text {
		switch {
		case letter == '\n':
			column = 0
		case letter == '\t':
			spaces := tabWidth - column%tabWidth
			out.WriteString(strings.Repeat(" ", spaces))
			column += spaces
			continue
		case wide(letter) && (letter < '｡' || letter > 'ﾟ'):
			column += 2
		default:
			column++
		}
		out.WriteRune(letter)
	}
	return out.String()
}
