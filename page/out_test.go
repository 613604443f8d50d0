package page_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"golang.org/x/image/ccitt"

	"github.com/faxgate/faxgate/page"
)

// pdfOf is pages as WritePDF writes them.
func pdfOf(t testing.TB, pages ...*page.Page) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := page.WritePDF(&b, document(pages...)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pdfimages -all takes the code out of a PDF as it stands there.
func TestPDFHasTheCodeUnchanged(t *testing.T) {
	t.Parallel()
	pages := threePages(t)
	dir := t.TempDir()
	write(t, dir, "fax.pdf", pdfOf(t, pages...))
	run(t, dir, "pdfimages", "-all", "fax.pdf", "fax")
	for i, p := range pages {
		if got := read(t, dir, fmt.Sprintf("fax-%03d.ccitt", i)); !bytes.Equal(got, p.Code().Data) {
			t.Errorf("page %d: pdfimages takes out other code (%d bytes)", i+1, len(got))
		}
	}
}

// pdfimages -png decodes it.
func TestPDFShowsThePixels(t *testing.T) {
	t.Parallel()
	pages := threePages(t)
	dir := t.TempDir()
	write(t, dir, "fax.pdf", pdfOf(t, pages...))
	run(t, dir, "pdfimages", "-png", "fax.pdf", "fax")
	for i, p := range pages {
		picture, err := png.Decode(bytes.NewReader(read(t, dir, fmt.Sprintf("fax-%03d.png", i))))
		if err != nil {
			t.Fatal(err)
		}
		wantPicture(t, picture, p, 1, 1)
	}
}

// wantPicture checks that each pixel of the page is there columns by rows times.
func wantPicture(t testing.TB, got image.Image, want *page.Page, columns, rows int) {
	t.Helper()
	if size := got.Bounds().Size(); size.X != want.Width*columns || size.Y != want.Rows*rows {
		t.Fatalf("the picture is %v, want %d × %d", size, want.Width*columns, want.Rows*rows)
	}
	for y := range want.Rows * rows {
		for x := range want.Width * columns {
			black := color.GrayModel.Convert(got.At(x, y)).(color.Gray).Y == 0
			if black != want.Black(x/columns, y/rows) {
				t.Fatalf("column %d of row %d: black is %t", x, y, black)
			}
		}
	}
}

// pdfinfo says how large the paper is, pdftoppm paints it.
func TestPDFPagesAreAsLargeAsThePaper(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, tt := range []struct {
		page.Geometry
		want string // points
	}{
		{page.Geometry{Width: page.WidthA4, Rows: 1143, Resolution: page.Standard}, "609.45 x 841.56"},
		{page.Geometry{Width: page.WidthA4, Rows: 2287, Resolution: page.Fine}, "609.45 x 841.93"},
		{page.Geometry{Width: page.WidthB4, Rows: 2803, Resolution: page.Fine}, "722.83 x 1031.88"},
		{page.Geometry{Width: page.WidthA3, Rows: 6468, Resolution: page.Superfine}, "858.9 x 1190.55"},
	} {
		p, err := page.New(tt.Geometry)
		if err != nil {
			t.Fatal(err)
		}
		p.Blacken(p.Rows/2, 0, p.Width)
		write(t, dir, "fax.pdf", pdfOf(t, p))
		if got := run(t, dir, "pdfinfo", "fax.pdf"); !strings.Contains(got, tt.want) || strings.Contains(got, "Error") {
			t.Errorf("%v: pdfinfo says, without %q:\n%s", tt.Geometry, tt.want, got)
		}
		if out := run(t, dir, "pdftoppm", "-r", "20", "-gray", "fax.pdf", "fax"); out != "" {
			t.Errorf("%v: pdftoppm says %s", tt.Geometry, out)
		}
	}
}

func TestPDFOfATIFFIsThatOfItsPages(t *testing.T) {
	t.Parallel()
	pages := threePages(t)
	f, err := open(tiffOf(t, pages...))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := page.WritePDF(&b, f); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), pdfOf(t, pages...)) {
		t.Error("the PDF of the TIFF differs from that of its pages")
	}
}

// full is a disk without room.
type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWritersSayWhenTheyCannotWrite(t *testing.T) {
	t.Parallel()
	p := mustPage(t, page.WidthA4, 10)
	for name, err := range map[string]error{
		"TIFF": page.WriteTIFF(full{}, document(p)),
		"PDF":  page.WritePDF(full{}, document(p)),
		"PNG":  page.WritePNG(full{}, p),
	} {
		if !errors.Is(err, errFull) {
			t.Errorf("%s: %v, want %v", name, err, errFull)
		}
	}
}

func TestPDFOfNothingIsRefused(t *testing.T) {
	t.Parallel()
	for _, d := range []page.Document{nil, {page.Coded{}}} {
		if err := page.WritePDF(new(bytes.Buffer), d); !errors.Is(err, page.ErrNotFax) {
			t.Errorf("WritePDF(%v) = %v, want ErrNotFax", d, err)
		}
	}
}

func TestPNGHasThePixelsAboutSquare(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		page.Resolution
		columns, rows int
	}{
		{page.Standard, 1, 2}, {page.Fine, 1, 1}, {page.Superfine, 2, 1},
	} {
		t.Run(tt.String(), func(t *testing.T) {
			t.Parallel()
			p := textPage(t, page.WidthB4, 301)
			p.Resolution = tt.Resolution
			var b bytes.Buffer
			if err := page.WritePNG(&b, p); err != nil {
				t.Fatal(err)
			}
			picture, err := png.Decode(&b)
			if err != nil {
				t.Fatal(err)
			}
			wantPicture(t, picture, p, tt.columns, tt.rows)
		})
	}
}

func BenchmarkPDF(b *testing.B) {
	p := textPage(b, page.WidthA4, 2287)
	d := document(p, p, p)
	b.ReportAllocs()
	for b.Loop() {
		if err := page.WritePDF(new(bytes.Buffer), d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPNG(b *testing.B) {
	p := textPage(b, page.WidthA4, 2287)
	b.ReportAllocs()
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		if err := page.WritePNG(&out, p); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(out.Len()), "bytes")
}

// BenchmarkDecodeElsewhere is BenchmarkDecode by golang.org/x/image/ccitt.
func BenchmarkDecodeElsewhere(b *testing.B) {
	coded := textPage(b, page.WidthA4, 2287).Code()
	picture := image.NewGray(image.Rect(0, 0, coded.Width, coded.Rows))
	b.SetBytes(int64(coded.Width / 8 * coded.Rows))
	for b.Loop() {
		if err := ccitt.DecodeIntoGray(picture, bytes.NewReader(coded.Data), ccitt.MSB, ccitt.Group4, nil); err != nil {
			b.Fatal(err)
		}
	}
}
