package render

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/tiff"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/page"
)

// mostPixelBytes is what the pixels of a picture may take while it is decoded.
const mostPixelBytes = 400 << 20

// sparsest is the coarsest that a picture is shown, in pixels per inch: a small one does
// not fill the paper.
const sparsest = 72

// pictures are the pages of a document that consists of pictures.
type pictures struct {
	request
	count int
	// decode reads one; turn is how it has to be turned to stand upright.
	decode func(i int) (p image.Image, turn orientation, err error)
}

// progressiveBytes is what a pixel takes of a progressive JPEG besides itself: it is kept
// as coefficients of 32 bits until all of it was read.
const progressiveBytes = 12

// openJPEG reads a JPEG, which is one page. One from a camera says how it was held.
func openJPEG(r request, data []byte) (page.Source, error) {
	extra := 0
	if jpegIsProgressive(data) {
		extra = progressiveBytes
	}
	return r.picture(data, jpeg.DecodeConfig, jpeg.Decode, extra, jpegOrientation(data))
}

// openPNG reads a PNG, which is one page.
func openPNG(r request, data []byte) (page.Source, error) {
	return r.picture(data, png.DecodeConfig, png.Decode, 0, upright)
}

// picture is one page out of a picture whose decoder takes so many bytes a pixel besides
// the pixels themselves.
func (r request) picture(data []byte, config configReader, decode pictureReader, extra int, turn orientation) (page.Source, error) {
	if err := r.weigh(bytes.NewReader(data), config, extra); err != nil {
		return nil, err
	}
	return &pictures{request: r, count: 1, decode: func(int) (image.Image, orientation, error) {
		p, err := decode(bytes.NewReader(data))
		return p, turn, err
	}}, nil
}

// weigh refuses a picture that is too large to be decoded, before it is.
func (r request) weigh(from io.Reader, config configReader, extra int) error {
	c, err := config(from)
	if err != nil {
		return r.unreadable(err)
	}
	if c.Width < 1 || c.Height < 1 {
		return r.unreadable(errors.New("no pixels"))
	}
	return r.fits(c, extra)
}

// fits refuses a picture whose pixels do not fit into the memory that there is for them.
func (r request) fits(c image.Config, extra int) error {
	const gray = 1 // what it becomes, beside it
	if int64(c.Width)*int64(c.Height) > int64(mostPixelBytes/(pixelBytes(c.ColorModel)+gray+extra)) {
		return page.Refuse(page.FailedImage, fault.New(fault.Invalid, "picture_too_large",
			"name", r.Name, "width", c.Width, "height", c.Height))
	}
	return nil
}

// pixelBytes is what a pixel takes in memory.
func pixelBytes(m color.Model) int {
	switch m {
	case color.GrayModel:
		return 1
	case color.Gray16Model:
		return 2
	case color.YCbCrModel:
		return 3
	case color.RGBAModel, color.NRGBAModel, color.CMYKModel:
		return 4
	}
	if _, ok := m.(color.Palette); ok {
		return 1
	}
	return 8
}

// openTIFF reads a TIFF. One of fax pages alone goes through as it is; else every page
// is a picture.
func openTIFF(r request, data []byte) (page.Source, error) {
	fax, err := page.OpenTIFF(bytes.NewReader(data), int64(len(data)))
	if err == nil {
		return verified{fax}, nil
	}
	if !errors.Is(err, page.ErrNotFax) {
		return nil, r.unreadable(err)
	}
	directories, err := tiffDirectories(data, r.MaxPages+1)
	if err != nil {
		return nil, r.unreadable(err)
	}
	return &pictures{request: r, count: len(directories), decode: func(i int) (image.Image, orientation, error) {
		p, err := r.tiffPicture(directories[i], data)
		return p, directories[i].orientation, err
	}}, nil
}

// tiffPlain decodes a page of a TIFF that is not stored as JPEG.
func (r request) tiffPlain(d tiffDirectory, data []byte) (image.Image, error) {
	if err := r.weigh(d.reader(data), tiff.DecodeConfig, 0); err != nil {
		return nil, err
	}
	return tiff.Decode(d.reader(data))
}

// verified is fax pages that are read whole before they are handed on.
type verified struct{ *page.TIFF }

// Coded is page i, unchanged.
func (v verified) Coded(i int) (page.Coded, error) {
	coded, err := v.TIFF.Coded(i)
	if err != nil {
		return page.Coded{}, err
	}
	_, err = coded.Page()
	return coded, err
}

// Pages is the number of pages.
func (p *pictures) Pages() int { return p.count }

// Coded draws page i.
func (p *pictures) Coded(i int) (page.Coded, error) {
	picture, turn, err := p.decode(i)
	if refusal := new(page.Refusal); errors.As(err, &refusal) {
		return page.Coded{}, err
	}
	if err != nil {
		return page.Coded{}, p.unreadable(err)
	}
	size := turn.size(picture.Bounds().Size())
	const natural = 25.4 / sparsest
	at := fit(p.Paper, p.Resolution, float64(size.X)*natural, float64(size.Y)*natural)
	if at.turned {
		turn = turn.quarter()
	}
	gray := turn.apply(grayOf(picture))
	drawn, err := page.FromRaster(at.raster(gray), p.Resolution, p.Tone)
	if err != nil {
		return page.Coded{}, err
	}
	return drawn.Code(), nil
}

// raster is the page with the picture in its place.
func (at placement) raster(gray *image.Gray) *image.Gray {
	out := image.NewGray(image.Rect(0, 0, at.Width, at.Rows))
	for i := range out.Pix {
		out.Pix[i] = 0xff
	}
	small := page.Scale(gray, at.box.Dx(), at.box.Dy())
	for y := range at.box.Dy() {
		copy(out.Pix[out.PixOffset(at.box.Min.X, at.box.Min.Y+y):], small.Pix[y*small.Stride:][:at.box.Dx()])
	}
	return out
}

// unreadable is the refusal of a picture.
func (r request) unreadable(why error) error {
	return page.Refuse(page.FailedImage, fault.New(fault.Invalid, "picture_damaged", "name", r.Name).
		Because(fmt.Errorf("picture: %w", why)))
}
