package render

import (
	"image"
	"image/color"
)

// grayOf is a picture in gray on white paper.
func grayOf(p image.Image) *image.Gray {
	switch p := p.(type) {
	case *image.Gray:
		return p
	case *image.YCbCr: // whose Y is the gray
		b := p.Rect
		return &image.Gray{Pix: p.Y[p.YOffset(b.Min.X, b.Min.Y):], Stride: p.YStride, Rect: b}
	case *image.Paletted:
		return grayOfPaletted(p)
	}
	return grayOfAny(p)
}

// grayOfPaletted looks up what each colour of the palette is in gray.
func grayOfPaletted(p *image.Paletted) *image.Gray {
	var grays [256]uint8
	for i, c := range p.Palette {
		grays[i] = grayOfColor(c.RGBA())
	}
	out := image.NewGray(p.Rect)
	for y := range p.Rect.Dy() {
		line := p.Pix[y*p.Stride:][:p.Rect.Dx()]
		for x, index := range line {
			out.Pix[y*out.Stride+x] = grays[index]
		}
	}
	return out
}

// grayOfAny asks for each pixel.
func grayOfAny(p image.Image) *image.Gray {
	b := p.Bounds()
	out := image.NewGray(b)
	at := func(x, y int) color.Color { return p.At(x, y) }
	if wide, ok := p.(image.RGBA64Image); ok { // which makes no garbage
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				c := wide.RGBA64At(x, y)
				out.Pix[out.PixOffset(x, y)] = grayOfColor(uint32(c.R), uint32(c.G), uint32(c.B), uint32(c.A))
			}
		}
		return out
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			out.Pix[out.PixOffset(x, y)] = grayOfColor(at(x, y).RGBA())
		}
	}
	return out
}

// grayOfColor is the gray of a colour, premultiplied with its opacity, on white; weighted
// as JPEG does (JFIF 1.02).
func grayOfColor(r, g, b, a uint32) uint8 {
	y := (19595*r + 38470*g + 7471*b + 1<<15) >> 16
	return uint8(min(y+0xffff-a, 0xffff) >> 8)
}
