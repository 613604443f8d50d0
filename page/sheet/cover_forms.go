package sheet

import (
	"strings"

	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/page"
)

// english is the form of a cover page in English: labels at the left.
func (d *cover) english(pages int) {
	d.y += titleSize * millimetresPerPoint
	d.pen.Write(d.left, d.y, titleSize, d.text("cover.title", nil))
	d.rule()
	d.row(d.text("cover.to", nil), d.To.Name, nameSize)
	d.row(d.text("cover.phone", nil), d.To.Phone, bodySize)
	d.row(d.text("cover.fax", nil), d.To.Fax, bodySize)
	d.rule()
	d.row(d.text("cover.from", nil), d.From.Name, nameSize)
	d.row(d.text("cover.phone", nil), d.From.Phone, bodySize)
	d.row(d.text("cover.fax", nil), d.From.Fax, bodySize)
	d.rule()
	d.row(d.text("cover.date", nil), locale.Date(d.Language, d.Date, d.Date.Location()), bodySize)
	d.row(d.text("cover.pages", nil), d.text("cover.page_count", map[string]any{"pages": pages}), bodySize)
	d.row(d.text("cover.subject", nil), d.Subject, bodySize)
	d.rule()
	d.flags(page.Urgent, page.ForReview, page.PleaseReply, page.Confidential)
}

// japanese is the form of a 送付状: the date at the top right, the addressee below it at
// the left, the sender below that at the right.
func (d *cover) japanese(pages int) {
	d.atRight(bodySize, locale.Date(d.Language, d.Date, d.Date.Location()))
	d.y += 4
	d.addressee()
	d.y += 4
	d.sender()
	d.y += 5
	d.title()
	d.row(d.text("cover.subject", nil), d.Subject, bodySize)
	d.row(d.text("cover.pages", nil), d.text("cover.page_count", map[string]any{"pages": pages}), bodySize)
	d.rule()
	d.flags(page.Urgent, page.ForReview, page.PleaseReply, page.Confidential)
}

// title writes the word 送付状 in the middle, in letters with room between them.
func (d *cover) title() {
	word := d.text("cover.title", nil)
	d.y += titleSize * millimetresPerPoint
	width := d.pen.Width(titleSize, word)
	d.pen.Write((d.left+d.right-width)/2, d.y, titleSize, word)
	d.y += 3
	d.rule()
}

// addressee writes name and honorific, underlined, and the numbers below.
func (d *cover) addressee() {
	const widest = 110.0
	name := strings.TrimSpace(d.To.Name)
	if name != "" {
		if honorific := honorificOf(d.To); honorific != "" {
			name += "　" + honorific
		}
		for _, line := range d.pen.wrap(proportional, nameSize, widest, name) {
			d.y += nameSize * millimetresPerPoint
			d.pen.Write(d.left, d.y, nameSize, line)
			d.y += 1.6
			d.pen.Rule(d.left, d.y, d.left+max(d.pen.Width(nameSize, line), 70), d.y+0.25)
			d.y += 1.4
		}
	}
	d.numbers(d.To, func(line string) {
		d.y += bodySize * millimetresPerPoint
		d.pen.Write(d.left, d.y, bodySize, line)
		d.y += 1.5
	})
}

// sender writes who sends, flush with the right margin.
func (d *cover) sender() {
	if d.From.Name != "" {
		d.atRight(bodySize+1, d.pen.shorten(bodySize+1, d.right-d.left, d.From.Name))
		d.y += 1.5
	}
	d.numbers(d.From, func(line string) {
		d.atRight(bodySize, line)
		d.y += 1.5
	})
}

// numbers writes TEL and FAX, one a line.
func (d *cover) numbers(of page.Party, write func(line string)) {
	for _, number := range []struct{ label, value string }{
		{"cover.phone", of.Phone}, {"cover.fax", of.Fax},
	} {
		if number.value != "" {
			write(d.text(number.label, nil) + "　" + number.value)
		}
	}
}

// atRight writes a line flush with the right margin.
func (d *cover) atRight(size float64, line string) {
	d.y += size * millimetresPerPoint
	d.pen.Write(d.right-d.pen.Width(size, line), d.y, size, line)
}
