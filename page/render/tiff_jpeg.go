package render

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/page"
)

// The tags of TIFF 6.0 that say how a picture is stored, and the one of TIFF Technical
// Note 2, which brought JPEG as it is used.
const (
	tagWidth           = 256
	tagLength          = 257
	tagCompression     = 259
	tagPhotometric     = 262
	tagStripOffsets    = 273
	tagRowsPerStrip    = 278
	tagStripByteCounts = 279
	tagPlanar          = 284
	tagTileWidth       = 322
	tagTileLength      = 323
	tagTileOffsets     = 324
	tagTileByteCounts  = 325
	tagJPEGTables      = 347
)

// The values of tagCompression that mean JPEG.
const (
	oldJPEG = 6 // of TIFF 6.0, section 22, which nobody could read alike
	newJPEG = 7
)

// The values of tagPhotometric that are read from JPEG.
const (
	whiteIsZero = 0
	blackIsZero = 1
	isRGB       = 2
	isYCbCr     = 6
)

// tiffJPEG is a page of a TIFF whose strips or tiles are a JPEG each, without the tables
// that all have in common.
type tiffJPEG struct {
	width, height int // of the page, in pixels
	across, down  int // of a strip or tile
	photometric   uint32
	tables        []byte // markers; empty: each part has its own
	parts         [][]byte
}

// tiffPicture decodes a page of a TIFF, whatever it is stored as.
func (r request) tiffPicture(d tiffDirectory, data []byte) (image.Image, error) {
	switch d.number(data, tagCompression, 1) {
	case oldJPEG:
		return nil, page.Refuse(page.FailedImage, fault.New(fault.Invalid, "picture_old_jpeg", "name", r.Name))
	case newJPEG:
		p, err := newTIFFJPEG(d, data)
		if err != nil {
			return nil, err
		}
		return p.decode(r)
	}
	return r.tiffPlain(d, data)
}

// newTIFFJPEG finds the parts of a page and what they have in common.
func newTIFFJPEG(d tiffDirectory, data []byte) (p tiffJPEG, err error) {
	p.width, p.height = int(d.number(data, tagWidth, 0)), int(d.number(data, tagLength, 0))
	if p.width < 1 || p.height < 1 || p.width > 1<<16 || p.height > 1<<16 {
		return p, fmt.Errorf("JPEG in TIFF: %d × %d pixels", p.width, p.height)
	}
	if d.number(data, tagPlanar, 1) != 1 {
		return p, errors.New("JPEG in TIFF: a plane for each colour")
	}
	p.photometric = d.number(data, tagPhotometric, blackIsZero)
	switch p.photometric {
	case whiteIsZero, blackIsZero, isRGB, isYCbCr:
	default:
		return p, fmt.Errorf("JPEG in TIFF: colours of kind %d", p.photometric)
	}
	p.tables = bytes.TrimSuffix(bytes.TrimPrefix(d.bytes(data, tagJPEGTables), startOfImage), endOfImage)
	return p, p.locate(d, data)
}

// locate finds the strips or tiles.
func (p *tiffJPEG) locate(d tiffDirectory, data []byte) error {
	p.across, p.down = p.width, int(min(d.number(data, tagRowsPerStrip, 1<<16), uint32(p.height)))
	offsetTag, lengthTag := uint16(tagStripOffsets), uint16(tagStripByteCounts)
	if tile := d.number(data, tagTileWidth, 0); tile > 0 {
		p.across, p.down = int(min(tile, 1<<16)), int(min(d.number(data, tagTileLength, 0), 1<<16))
		offsetTag, lengthTag = tagTileOffsets, tagTileByteCounts
	}
	if p.down < 1 {
		return errors.New("JPEG in TIFF: strips without rows")
	}
	offsets, lengths := d.numbers(data, offsetTag), d.numbers(data, lengthTag)
	want := p.columns() * ((p.height + p.down - 1) / p.down)
	if len(offsets) < want || len(lengths) < want {
		return fmt.Errorf("JPEG in TIFF: %d of %d parts", min(len(offsets), len(lengths)), want)
	}
	for i := range want {
		from, to := uint64(offsets[i]), uint64(offsets[i])+uint64(lengths[i])
		if to > uint64(len(data)) {
			return fmt.Errorf("JPEG in TIFF: part %d lies beyond the end", i+1)
		}
		p.parts = append(p.parts, data[from:to])
	}
	return nil
}

// columns is how many parts stand side by side.
func (p *tiffJPEG) columns() int { return (p.width + p.across - 1) / p.across }

// decode puts the parts together, in gray: that is what a fax has.
func (p *tiffJPEG) decode(r request) (image.Image, error) {
	whole := image.Config{ColorModel: color.GrayModel, Width: p.width, Height: p.height}
	if err := r.fits(whole, 0); err != nil {
		return nil, err
	}
	out := image.NewGray(image.Rect(0, 0, p.width, p.height))
	for i, part := range p.parts {
		left, top := i%p.columns()*p.across, i/p.columns()*p.down
		width, height := min(p.across, p.width-left), min(p.down, p.height-top)
		gray, err := p.part(r, part)
		if err == nil && (gray.Rect.Dx() < width || gray.Rect.Dy() < height) {
			err = fmt.Errorf("%v pixels, want %d × %d", gray.Rect.Size(), width, height)
		}
		if err != nil {
			return nil, fmt.Errorf("part %d of %d: %w", i+1, len(p.parts), err)
		}
		for y := range height {
			copy(out.Pix[out.PixOffset(left, top+y):][:width], gray.Pix[y*gray.Stride:])
		}
	}
	if p.photometric == whiteIsZero {
		for i, v := range out.Pix {
			out.Pix[i] = ^v
		}
	}
	return out, nil
}

// part decodes a strip or tile, which is no larger than the directory says. Those at the
// right and at the bottom may go beyond the page.
func (p *tiffJPEG) part(r request, data []byte) (*image.Gray, error) {
	stream := p.stream(data)
	c, err := jpeg.DecodeConfig(bytes.NewReader(stream))
	if err != nil {
		return nil, err
	}
	if c.Width < 1 || c.Height < 1 || c.Width > p.across || c.Height > p.down {
		return nil, fmt.Errorf("%d × %d pixels, want %d × %d", c.Width, c.Height, p.across, p.down)
	}
	if c.ColorModel == color.CMYKModel {
		return nil, errors.New("a fourth colour, or transparency")
	}
	extra := 1 // the page, beside it
	if jpegIsProgressive(stream) {
		extra += progressiveBytes
	}
	if err := r.fits(c, extra); err != nil {
		return nil, err
	}
	decoded, err := jpeg.Decode(bytes.NewReader(stream))
	if err != nil {
		return nil, err
	}
	return grayOf(decoded), nil
}

var startOfImage, endOfImage = []byte{0xff, 0xd8}, []byte{0xff, 0xd9}

// stream is a part as a JPEG that stands for itself: with the tables, and with what its
// three colours are, which in a TIFF only the directory says.
func (p *tiffJPEG) stream(part []byte) []byte {
	// The marker of Adobe (APP14): its last byte is 0 for RGB and 1 for YCbCr.
	colours := []byte("\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00")
	if p.photometric != isRGB {
		colours[len(colours)-1] = 1
	}
	return bytes.Join([][]byte{startOfImage, colours, p.tables, bytes.TrimPrefix(part, startOfImage)}, nil)
}
