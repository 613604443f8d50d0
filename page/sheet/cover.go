package sheet

import (
	"slices"
	"strings"

	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/page"
)

// Sizes of letters on a cover page, in points, and its margins in millimetres.
const (
	titleSize  = 24.0
	nameSize   = 14.0
	bodySize   = 11.0
	labelSize  = 9.5
	noticeSize = 8.5

	coverTop     = 16.0
	coverBottom  = 14.0
	coverSide    = 22.0
	messagePitch = 5.6 // from line to line
)

// cover is a cover page as it is drawn: the pen, and how far down the page is filled.
type cover struct {
	page.Cover
	pen         *Pen
	left, right float64
	bottom      float64 // of the paper
	y           float64
}

// Cover draws a cover page before so many pages. A message that is too long for one page
// goes on on further ones, so that there may be more than one.
func Cover(paper page.Paper, r page.Resolution, c page.Cover, pages int) ([]*page.Page, error) {
	out, err := drawCover(paper, r, c, pages+1)
	if n := len(out); n > 1 { // its own number is to be written too, and changes no layout
		return drawCover(paper, r, c, pages+n)
	}
	return out, err
}

// drawCover draws the cover page of a fax with so many pages, itself among them.
func drawCover(paper page.Paper, r page.Resolution, c page.Cover, pages int) ([]*page.Page, error) {
	first, err := page.New(paper.Geometry(r))
	if err != nil {
		return nil, err
	}
	width, _ := first.Millimetres()
	_, height := paper.Millimetres()
	d := &cover{
		Cover: c, pen: NewPen(first),
		left: coverSide, right: width - coverSide, bottom: height - coverBottom, y: coverTop,
	}
	if c.Language == locale.Japanese {
		d.japanese(pages)
	} else {
		d.english(pages)
	}
	d.notice()
	out := []*page.Page{first}
	lines := d.message()
	for len(lines) > 0 {
		next, err := page.New(first.Geometry)
		if err != nil {
			return nil, err
		}
		d.pen.turnTo(next)
		d.y = coverTop
		lines = d.lines(lines, d.bottom)
		out = append(out, next)
	}
	return out, nil
}

// text is a message of the catalogue.
func (d *cover) text(id string, params map[string]any) string {
	return locale.Text(d.Language, id, params)
}

// row writes a label, and beside it what there is to say; nothing for nothing.
func (d *cover) row(label, value string, size float64) {
	if value == "" {
		return
	}
	const labels = 34.0 // the width of their column
	d.pen.Write(d.left, d.y+size*millimetresPerPoint, labelSize, label)
	for _, line := range d.pen.wrap(proportional, size, d.right-d.left-labels, value) {
		d.y += size * millimetresPerPoint
		d.pen.Write(d.left+labels, d.y, size, line)
		d.y += size * millimetresPerPoint * 0.5
	}
	d.y += 1.2
}

// rule draws a line across, with room above and below.
func (d *cover) rule() {
	d.y += 1.5
	d.pen.Rule(d.left, d.y, d.right, d.y+0.3)
	d.y += 2.5
}

// flags draws a box for everything that a cover page can ask for, ticked where it does.
func (d *cover) flags(all ...page.Flag) {
	const side, gap, between = 4.0, 2.0, 9.0
	d.y += 2
	x := d.left
	for _, flag := range all {
		d.pen.Box(x, d.y, x+side, d.y+side)
		if slices.Contains(d.Flags, flag) {
			d.tick(x, d.y, side)
		}
		x += side + gap
		name := d.text("cover.flag."+string(flag), nil)
		d.pen.Write(x, d.y+side-0.6, bodySize, name)
		x += d.pen.Width(bodySize, name) + between
	}
	d.y += side + 5
}

// tick fills the middle of a box: a mark that no bad line makes look like none.
func (d *cover) tick(x, y, side float64) {
	const rim = 0.8
	d.pen.Rule(x+rim, y+rim, x+side-rim, y+side-rim)
}

// notice asks who received the fax by mistake for a call; it stands at the bottom, and
// the page ends above it.
func (d *cover) notice() {
	const pitch = 4.0
	lines := d.pen.wrap(proportional, noticeSize, d.right-d.left, d.text("cover.notice", nil))
	top := d.bottom - float64(len(lines))*pitch
	for i, line := range lines {
		d.pen.Write(d.left, top+float64(i+1)*pitch-1, noticeSize, line)
	}
	d.bottom = top - 3
}

// message draws the field for the message and writes into it what fits; it gives the
// lines that did not.
func (d *cover) message() []string {
	const inset = 4.0
	d.pen.Write(d.left, d.y+labelSize*millimetresPerPoint, labelSize, d.text("cover.message", nil))
	d.y += 5
	d.pen.Box(d.left, d.y, d.right, d.bottom)
	if strings.TrimSpace(d.Message) == "" {
		return nil
	}
	message := strings.TrimRight(untabbed(d.Message), "\r\n ")
	d.left, d.right = d.left+inset, d.right-inset
	d.y += inset / 2
	return d.lines(d.pen.wrap(proportional, bodySize, d.right-d.left, message), d.bottom-inset/2)
}

// lines writes lines down to a height, and gives those that are left.
func (d *cover) lines(lines []string, bottom float64) []string {
	for len(lines) > 0 && d.y+messagePitch <= bottom {
		d.pen.Write(d.left, d.y+messagePitch*0.75, bodySize, lines[0])
		d.y += messagePitch
		lines = lines[1:]
	}
	return lines
}
