package sheet

import (
	"fmt"
	"slices"

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
// be moves down; where it does not fit any more the page becomes longer. Pages are read
// whole: damaged ones give page.ErrDamaged.
func Stamped(from page.Source, h page.Header) page.Source {
	return &stamped{Source: from, header: h}
}

// Coded is page i with its line.
func (s *stamped) Coded(i int) (page.Coded, error) {
	coded, err := s.Source.Coded(i)
	if err != nil {
		return page.Coded{}, err
	}
	p, err := coded.Page()
	if err != nil {
		return page.Coded{}, fmt.Errorf("page %d: %w", i+1, err)
	}
	if p, err = withBand(p); err != nil {
		return page.Coded{}, err
	}
	if s.pen == nil || s.pen.page.Resolution != p.Resolution {
		s.pen = NewPen(p)
	}
	s.pen.turnTo(p)
	s.write(i+1, s.Pages())
	return p.Code(), nil
}

// write writes the line: when, from whom and to whom at the left, which page at the right.
func (s *stamped) write(number, of int) {
	h, pen := s.header, s.pen
	right, _ := pen.page.Millimetres()
	right -= headerSide
	count := locale.Text(h.Language, "fax_header.page", map[string]any{"page": number, "pages": of})
	right -= pen.Width(headerSize, count)
	pen.Write(right, headerBase, headerSize, count)

	parts := []string{locale.DateTime(h.Language, h.Time, h.Time.Location())}
	if h.From != "" {
		parts = append(parts, locale.Text(h.Language, "fax_header.from", map[string]any{"name": h.From}))
	}
	if h.To != "" {
		parts = append(parts, locale.Text(h.Language, "fax_header.to", map[string]any{"name": h.To}))
	}
	left := headerSide
	for i, part := range parts {
		// A long name takes its share, and what the parts before it left over.
		share := (right - left) / float64(len(parts)-i)
		part = pen.shorten(headerSize, share-headerGap, part)
		pen.Write(left, headerBase, headerSize, part)
		left += pen.Width(headerSize, part) + headerGap
	}
}

// withBand is the page with room for the line at its top.
func withBand(p *page.Page) (*page.Page, error) {
	_, height := p.Millimetres()
	band := int(headerBand*float64(p.Rows)/height + 0.5)
	first, last := inked(p)
	shift := band - first
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
