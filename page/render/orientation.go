package render

import (
	"bytes"
	"encoding/binary"
	"image"
)

// orientation is where the first row and column of a picture belong: a value of the TIFF
// field Orientation, which Exif has too (TIFF 6.0, section 8; Exif 2.3, 4.6.4).
type orientation uint8

// upright is a picture that needs no turning.
const upright orientation = 1

// sideways reports that width and height are exchanged.
func (o orientation) sideways() bool { return o >= 5 && o <= 8 }

// size is the size when upright.
func (o orientation) size(s image.Point) image.Point {
	if o.sideways() {
		return image.Pt(s.Y, s.X)
	}
	return s
}

// quarter is the orientation after a further quarter turn against the clock.
func (o orientation) quarter() orientation {
	return [...]orientation{8, 8, 5, 6, 7, 4, 1, 2, 3}[o]
}

// apply turns and mirrors a picture.
func (o orientation) apply(from *image.Gray) *image.Gray {
	if o <= upright || o > 8 {
		return from
	}
	b := from.Rect
	w, h := b.Dx(), b.Dy()
	size := o.size(b.Size())
	to := image.NewGray(image.Rect(0, 0, size.X, size.Y))
	for y := range size.Y {
		line := to.Pix[y*to.Stride:][:size.X]
		for x := range line {
			fx, fy := o.source(x, y, w, h)
			line[x] = from.Pix[fy*from.Stride+fx]
		}
	}
	return to
}

// source is where a pixel of the upright picture stands in one of w by h pixels.
func (o orientation) source(x, y, w, h int) (fx, fy int) {
	switch o {
	case 2: // mirrored
		return w - 1 - x, y
	case 3: // upside down
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6: // lies on its left side
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	case 8: // lies on its right side
		return w - 1 - y, x
	}
	return x, y
}

// jpegSegments calls visit for each segment before the picture's data, until it has
// enough.
func jpegSegments(data []byte, visit func(marker byte, content []byte) (more bool)) {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker := data[at+1]
		if marker == 0xff { // fill
			at++
			continue
		}
		length := int(binary.BigEndian.Uint16(data[at+2:]))
		if length < 2 || at+2+length > len(data) || marker == 0xda || !visit(marker, data[at+4:at+2+length]) {
			return
		}
		at += 2 + length
	}
}

// jpegIsProgressive reports a picture that comes in several passes.
func jpegIsProgressive(data []byte) bool {
	found := false
	jpegSegments(data, func(marker byte, _ []byte) bool {
		found = marker == 0xc2
		return !found
	})
	return found
}

// jpegOrientation is how a camera was held, as its Exif says.
func jpegOrientation(data []byte) orientation {
	found := upright
	jpegSegments(data, func(marker byte, content []byte) bool {
		exif, ok := bytes.CutPrefix(content, []byte("Exif\x00\x00"))
		if marker != 0xe1 || !ok {
			return true
		}
		if all, err := tiffDirectories(exif, 1); err == nil {
			found = all[0].orientation
		}
		return false
	})
	return found
}
