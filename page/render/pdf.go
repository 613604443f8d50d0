package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"strings"

	pdfium "github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdferrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/structs"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/page"
)

// longestSide is how large a page of a PDF may be, in points: five metres, which is what
// PDF programs agree on (ISO 32000-1, annex C).
const longestSide = 14400

// pdf is a PDF whose pages are drawn when they are asked for.
type pdf struct {
	request
	pdfium   pdfium.Pdfium
	document references.FPDF_DOCUMENT
	form     references.FPDF_FORMHANDLE // empty: there are no fields to fill in
	pages    int
}

// openPDF opens a PDF and counts its pages.
func openPDF(r request, data []byte) (page.Source, error) {
	engine, err := openPDFium(context.Background(), r.Cache)
	if err != nil {
		return nil, err
	}
	opened, err := engine.FPDF_LoadCustomDocument(&requests.FPDF_LoadCustomDocument{
		Reader: bytes.NewReader(data), Size: int64(len(data)),
	})
	switch {
	case errors.Is(err, pdferrors.ErrPassword) || errors.Is(err, pdferrors.ErrSecurity):
		return nil, r.encrypted()
	case err != nil:
		return nil, r.unreadablePDF(err)
	}
	p := &pdf{request: r, pdfium: engine, document: opened.Document}
	if err := p.whole(data); err != nil {
		return nil, err
	}
	count, err := engine.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: p.document})
	if err != nil {
		return nil, r.unreadablePDF(err)
	}
	if p.pages = count.PageCount; p.pages < 1 {
		return nil, r.damaged(errors.New("no pages"))
	}
	return p, p.openForm()
}

// whole refuses a file that was cut off. pdfium makes the best of one: it finds what
// objects there are, and shows white where one is missing.
func (p *pdf) whole(data []byte) error {
	table, err := p.pdfium.FPDF_DocumentHasValidCrossReferenceTable(
		&requests.FPDF_DocumentHasValidCrossReferenceTable{Document: p.document})
	if err != nil {
		return p.unreadablePDF(err)
	}
	const tail = 2048 // other programs look at the last 1024 (ISO 32000-1, annex H, note 18)
	if !table.DocumentHasValidCrossReferenceTable && !bytes.Contains(data[max(len(data)-tail, 0):], []byte("%%EOF")) {
		return p.damaged(errors.New("cut off"))
	}
	return nil
}

// openForm makes filled-in fields visible, which are no part of the pages.
func (p *pdf) openForm() error {
	kind, err := p.pdfium.FPDF_GetFormType(&requests.FPDF_GetFormType{Document: p.document})
	if err != nil {
		return p.unreadablePDF(err)
	}
	if kind.FormType == enums.FPDF_FORMTYPE_NONE {
		return nil
	}
	form, err := p.pdfium.FPDFDOC_InitFormFillEnvironment(&requests.FPDFDOC_InitFormFillEnvironment{
		Document: p.document, FormFillInfo: deafForm(),
	})
	if err != nil {
		return p.unreadablePDF(err)
	}
	p.form = form.FormHandle
	return nil
}

// deafForm is a form that nobody sits before.
func deafForm() structs.FPDF_FORMFILLINFO {
	return structs.FPDF_FORMFILLINFO{
		FFI_Invalidate:         func(references.FPDF_PAGE, float64, float64, float64, float64) {},
		FFI_SetCursor:          func(enums.FXCT) {},
		FFI_SetTimer:           func(int, func(int)) int { return 0 },
		FFI_KillTimer:          func(int) {},
		FFI_GetLocalTime:       func() structs.FPDF_SYSTEMTIME { return structs.FPDF_SYSTEMTIME{} },
		FFI_GetPage:            func(references.FPDF_DOCUMENT, int) *references.FPDF_PAGE { return nil },
		FFI_GetRotation:        func(references.FPDF_PAGE) enums.FPDF_PAGE_ROTATION { return enums.FPDF_PAGE_ROTATION_NONE },
		FFI_ExecuteNamedAction: func(string) {},
	}
}

// Pages is the number of pages.
func (p *pdf) Pages() int { return p.pages }

// Coded draws page i.
func (p *pdf) Coded(i int) (page.Coded, error) {
	size, err := p.pdfium.FPDF_GetPageSizeByIndex(&requests.FPDF_GetPageSizeByIndex{Document: p.document, Index: i})
	if err != nil {
		return page.Coded{}, p.undrawable(i, err)
	}
	if size.Width > longestSide || size.Height > longestSide {
		return page.Coded{}, page.Refuse(page.FailedTIFF, fault.New(fault.Invalid, "document_page_too_large",
			"name", p.Name, "page", i+1))
	}
	if !(size.Width > 0 && size.Height > 0) {
		return page.Coded{}, p.undrawable(i, fmt.Errorf("size %v × %v", size.Width, size.Height))
	}
	const millimetres = 25.4 / 72 // of a point
	width, height := size.Width*millimetres, size.Height*millimetres
	paper, ok := page.PaperOf(width, height)
	if !ok {
		paper = p.Paper
	}
	raster, err := p.draw(i, fit(paper, p.Resolution, width, height))
	if err != nil {
		return page.Coded{}, p.undrawable(i, err)
	}
	drawn, err := page.FromRaster(raster, p.Resolution, p.Tone)
	if err != nil {
		return page.Coded{}, err
	}
	return drawn.Code(), nil
}

// draw gives the gray pixels of a whole page.
func (p *pdf) draw(i int, at placement) (*image.Gray, error) {
	loaded, err := p.pdfium.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: p.document, Index: i})
	if err != nil {
		return nil, err
	}
	defer func() { _, _ = p.pdfium.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page}) }()
	bitmap, err := p.pdfium.FPDFBitmap_CreateEx(&requests.FPDFBitmap_CreateEx{
		Width: at.Width, Height: at.Rows, Format: enums.FPDF_BITMAP_FORMAT_GRAY,
		Pointer: uint64(0), // pdfium takes the memory itself
	})
	if err != nil {
		return nil, err
	}
	defer func() { _, _ = p.pdfium.FPDFBitmap_Destroy(&requests.FPDFBitmap_Destroy{Bitmap: bitmap.Bitmap}) }()
	if _, err := p.pdfium.FPDFBitmap_FillRect(&requests.FPDFBitmap_FillRect{
		Bitmap: bitmap.Bitmap, Width: at.Width, Height: at.Rows, Color: 0xffffffff,
	}); err != nil {
		return nil, err
	}
	if err := p.paint(bitmap.Bitmap, requests.Page{ByReference: &loaded.Page}, at); err != nil {
		return nil, err
	}
	return p.copyOf(bitmap.Bitmap, at)
}

// paint draws the page and then its form into the bitmap.
func (p *pdf) paint(bitmap references.FPDF_BITMAP, which requests.Page, at placement) error {
	turn := enums.FPDF_PAGE_ROTATION_NONE
	if at.turned {
		turn = enums.FPDF_PAGE_ROTATION_270_CW
	}
	const flags = enums.FPDF_RENDER_FLAG_ANNOT | enums.FPDF_RENDER_FLAG_GRAYSCALE | enums.FPDF_RENDER_FLAG_PRINTING
	if _, err := p.pdfium.FPDF_RenderPageBitmap(&requests.FPDF_RenderPageBitmap{
		Bitmap: bitmap, Page: which,
		StartX: at.box.Min.X, StartY: at.box.Min.Y, SizeX: at.box.Dx(), SizeY: at.box.Dy(),
		Rotate: turn, Flags: flags,
	}); err != nil || p.form == "" {
		return err
	}
	_, err := p.pdfium.FPDF_FFLDraw(&requests.FPDF_FFLDraw{
		FormHandle: p.form, Bitmap: bitmap, Page: which,
		StartX: at.box.Min.X, StartY: at.box.Min.Y, SizeX: at.box.Dx(), SizeY: at.box.Dy(),
		Rotate: turn, Flags: flags,
	})
	return err
}

// copyOf takes the pixels out of pdfium's memory.
func (p *pdf) copyOf(bitmap references.FPDF_BITMAP, at placement) (*image.Gray, error) {
	stride, err := p.pdfium.FPDFBitmap_GetStride(&requests.FPDFBitmap_GetStride{Bitmap: bitmap})
	if err != nil {
		return nil, err
	}
	pixels, err := p.pdfium.FPDFBitmap_GetBuffer(&requests.FPDFBitmap_GetBuffer{Bitmap: bitmap})
	if err != nil {
		return nil, err
	}
	return &image.Gray{
		Pix: bytes.Clone(pixels.Buffer), Stride: stride.Stride, Rect: image.Rect(0, 0, at.Width, at.Rows),
	}, nil
}

// undrawable is the refusal of a page that cannot be drawn.
func (p *pdf) undrawable(i int, why error) error {
	if r := p.exhausted(why); r != nil {
		return r
	}
	return page.Refuse(page.FailedTIFF, fault.New(fault.Invalid, "document_page_damaged",
		"name", p.Name, "page", i+1).Because(why))
}

// unreadablePDF is the refusal of a PDF that cannot be opened.
func (r request) unreadablePDF(why error) error {
	if r := r.exhausted(why); r != nil {
		return r
	}
	return r.damaged(why)
}

// exhausted is the refusal of a document at which pdfium stopped for good: that is what it
// does when it has no more memory, or when forms stand in forms without end. Nil: it did not.
func (r request) exhausted(why error) error {
	first, _, _ := strings.Cut(why.Error(), "\n") // below it stands where, in numbers
	if !strings.Contains(first, "wasm error") {
		return nil
	}
	return page.Refuse(page.FailedConverter, fault.New(fault.Invalid, "document_too_complex", "name", r.Name).
		Because(errors.New(first)))
}
