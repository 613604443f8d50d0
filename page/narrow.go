package page

import "image"

// Narrowed gives pages that every fax machine has paper for: those wider than WidthA4
// are made smaller until they are as wide, as machines do when the other end has no such
// paper (T.30, table 2, bits 17 and 18). Such pages are read whole: damaged ones give
// ErrDamaged.
func Narrowed(from Source) Source { return narrowed{from} }

type narrowed struct{ Source }

func (n narrowed) Coded(i int) (Coded, error) {
	c, err := n.Source.Coded(i)
	if err != nil || c.Width <= WidthA4 {
		return c, err
	}
	p, err := c.Page()
	if err != nil {
		return Coded{}, err
	}
	rows := int(float64(p.Rows)*millimetres[WidthA4]/millimetres[p.Width] + 0.5)
	small, err := FromRaster(Scale(p.gray(), WidthA4, max(rows, 1)), p.Resolution, Text)
	if err != nil {
		return Coded{}, err
	}
	return small.Code(), nil
}

// gray is the page as a gray picture.
func (p *Page) gray() *image.Gray {
	out := image.NewGray(image.Rect(0, 0, p.Width, p.Rows))
	for y := range p.Rows {
		line := out.Pix[y*out.Stride:][:p.Width]
		for i, word := range p.Row(y) {
			for x := range 64 {
				line[i*64+x] = uint8(word>>(63-x)&1) - 1 // 1 is black
			}
		}
	}
	return out
}
