package sheet

import (
	"fmt"
	"slices"
	"strings"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/page"
)

// How the header line stands on paper.
const (
	headerBand = 5.0 // from the top; the line has it for itself
	headerBase = 3.6 // on which its letters stand
	headerSize = 8.5
	headerSide = 6.0 // no fax machine prints to the very edge
	headerGap  = 4.0 // between its parts, at least
)

// stamped is pages with a header line each.
type stamped struct {
	page.Source
	header page.Header
	pen    *Pen // of the page drawn last
}

// Stamped gives the pages with a header line each. What stands where the line comes to
// be moves down; where it does not fit any more the page becomes longer. Such pages are
// read whole: damaged ones give page.ErrDamaged.
func Stamped(from page.Source, h page.Header) page.Source {
	return &stamped{Source: from, header: h}
}

// Coded is page i with its line.
func (s *stamped) Coded(i int) (page.Coded, error) {
	coded, err := s.Source.Coded(i)
	if err != nil {
		return page.Coded{}, err
	}
	if topped, ok := s.topped(coded, i); ok {
		return topped, nil
	}
	p, err := coded.Page()
	if err != nil {
		return page.Coded{}, fmt.Errorf("page %d: %w", i+1, err)
	}
	if p, err = withBand(p); err != nil {
		return page.Coded{}, err
	}
	s.write(p, i+1)
	return p.Code(), nil
}

// topped is a page with its line where that has the top of the page for itself, as in most
// margins: such a page need not be decoded.
func (s *stamped) topped(c page.Coded, i int) (page.Coded, bool) {
	geometry := c.Geometry
	geometry.Rows = bandRows(c.Geometry)
	band, err := page.New(geometry)
	if err != nil {
		return page.Coded{}, false
	}
	s.write(band, i+1)
	return c.Topped(band)
}

// write writes the line on a page, or on a band that comes to be its top: when, from whom
// and to whom at the left, which page at the right. Where all that is too long, it is the
// sender's name that gets shorter: the law wants the rest.
func (s *stamped) write(on *page.Page, number int) {
	if s.pen == nil || s.pen.page.Resolution != on.Resolution {
		s.pen = NewPen(on)
	}
	s.pen.turnTo(on)
	h, pen := s.header, s.pen
	right, _ := on.Millimetres()
	right -= headerSide
	count := locale.Text(h.Language, "fax_header.page", map[string]any{"page": number, "pages": s.Pages()})
	right -= pen.Width(headerSize, count)
	pen.Write(right, headerBase, headerSize, count)

	parts := s.parts(h.Name)
	if over := s.width(parts) - (right - headerSide); over > 0 && h.Name != "" {
		const rounding = 0.01
		room := max(pen.Width(headerSize, h.Name)-over-rounding, 0)
		parts = s.parts(pen.shorten(headerSize, room, h.Name))
	}
	left := headerSide
	for _, part := range parts {
		part = pen.shorten(headerSize, max(right-headerGap-left, 0), part)
		pen.Write(left, headerBase, headerSize, part)
		left += pen.Width(headerSize, part) + headerGap
	}
}

// parts are what stands at the left, with the sender's name as it fits.
func (s *stamped) parts(name string) []string {
	h := s.header
	parts := []string{locale.DateTime(h.Language, h.Time, h.Time.Location())}
	if from := strings.TrimSpace(name + " " + h.From); from != "" {
		parts = append(parts, locale.Text(h.Language, "fax_header.from", map[string]any{"name": from}))
	}
	if h.To != "" {
		parts = append(parts, locale.Text(h.Language, "fax_header.to", map[string]any{"name": h.To}))
	}
	return parts
}

// width is what the parts take, each with the gap behind it.
func (s *stamped) width(parts []string) (all float64) {
	for _, part := range parts {
		all += s.pen.Width(headerSize, part) + headerGap
	}
	return all
}

// bandRows is how many rows the line has for itself.
func bandRows(g page.Geometry) int {
	_, height := g.Millimetres()
	return int(headerBand*float64(g.Rows)/height + 0.5)
}

// withBand is the page with room for the line at its top.
func withBand(p *page.Page) (*page.Page, error) {
	first, last := inked(p)
	shift := bandRows(p.Geometry) - first
	if shift <= 0 {
		return p, nil
	}
	geometry := p.Geometry
	geometry.Rows = max(p.Rows, last+1+shift)
	out, err := page.New(geometry)
	if err != nil {
		return nil, page.Refuse(page.FailedHeader, fault.New(fault.Invalid, "document_no_room_for_header").Because(err))
	}
	for y := first; y <= last; y++ {
		copy(out.Row(y+shift), p.Row(y))
	}
	return out, nil
}

// inked is the first and the last row with something on it; on a white page the first
// lies beyond the last.
func inked(p *page.Page) (first, last int) {
	isInked := func(word uint64) bool { return word != 0 }
	first, last = 0, p.Rows-1
	for first < p.Rows && !slices.ContainsFunc(p.Row(first), isInked) {
		first++
	}
	for last >= 0 && !slices.ContainsFunc(p.Row(last), isInked) {
		last--
	}
	return first, last
}
