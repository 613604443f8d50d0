package convert_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"

	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/page"
	"github.com/faxgate/faxgate/page/convert"
	"github.com/faxgate/faxgate/page/render"
)

// cache is the folder with the PDF engine's machine code, which all tests share.
var cache string

// TestMain is the tests or, started as faxgate render is, the child process.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == render.Command {
		code := render.Main(os.Args[2:])
		tellPeak()
		os.Exit(code)
	}
	var err error
	if cache, err = os.MkdirTemp("", "faxgate-cache-"); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	os.RemoveAll(cache)
	os.Exit(code)
}

// converter is a Converter whose child process is this test's program.
func converter(t testing.TB) *convert.Converter {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The machine that tests run on may be busy; what is to be too slow is so for ever.
	c := &convert.Converter{Program: self, Cache: cache, Temp: t.TempDir(), Patience: time.Minute}
	if err := c.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// file is a document in memory.
func file(name string, data []byte) page.File {
	return page.File{Name: name, Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}}
}

// letter is a PDF of some pages.
func letter(t testing.TB) page.File {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "letter.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	return file("letter.pdf", data)
}

// empty is an open, empty file.
func empty(t testing.TB) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "fax.tiff"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// mustConvert gives the pages of documents that are fine.
func mustConvert(t testing.TB, c *convert.Converter, o page.Options, files ...page.File) []*page.Page {
	t.Helper()
	out := empty(t)
	n, err := c.Convert(t.Context(), out, files, o)
	if err != nil {
		t.Fatal(err)
	}
	info, err := out.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := page.OpenTIFF(out, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	if f.Pages() != n {
		t.Errorf("Convert says %d pages, there are %d", n, f.Pages())
	}
	var pages []*page.Page
	for i := range f.Pages() {
		p, err := f.Page(i)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, p)
	}
	return pages
}

// wantRefusal converts a document that cannot be, and wants that said.
func wantRefusal(t *testing.T, c *convert.Converter, data []byte, status page.Status, code string) {
	t.Helper()
	_, err := c.Convert(t.Context(), empty(t), []page.File{file("x", data)}, page.Options{})
	r := new(page.Refusal)
	if !errors.As(err, &r) {
		t.Fatalf("%v, want a refusal", err)
	}
	if r.Status != status || r.Fault.Code != code {
		t.Errorf("%v, want %s, %s", r, status, code)
	}
	for _, l := range locale.Languages() {
		if sentence, _ := locale.Error(l, err); sentence == "" || strings.Contains(sentence, "<no value>") || strings.Contains(sentence, code) {
			t.Errorf("%s: it is told as %q", l, sentence)
		}
	}
}

// looksWritten checks that a page has about as much ink as writing has.
func looksWritten(t *testing.T, p *page.Page) {
	t.Helper()
	if share := float64(p.Ink()) / float64(p.Width*p.Rows); share < 0.0005 || share > 0.3 {
		t.Errorf("%.4f of the page is black", share)
	}
}

func TestDocumentsBecomeOneFax(t *testing.T) {
	t.Parallel()
	c := converter(t)
	pages := mustConvert(t, c, page.Options{Resolution: page.Fine},
		letter(t), file("a.txt", []byte("Hello, world\n")), file("b.jpg", jpegOf(t, photo(900, 600))))
	if len(pages) != 22 {
		t.Fatalf("%d pages, want 22", len(pages))
	}
	for _, p := range pages {
		if p.Geometry != page.A4.Geometry(page.Fine) {
			t.Errorf("a page is %v", p.Geometry)
		}
	}
	for _, p := range pages[:20] {
		looksWritten(t, p)
	}
	if pages[20].Ink() == 0 || pages[21].Ink() == 0 {
		t.Error("text and picture are white")
	}
}

// What has no paper of its own goes on the one that is asked for: text, pictures, the
// cover page, and pages of a PDF whose size no fax machine has.
func TestPapersAndResolutions(t *testing.T) {
	t.Parallel()
	c := converter(t)
	for _, paper := range []page.Paper{page.A4, page.B4, page.Letter, page.Legal} {
		for _, r := range []page.Resolution{page.Standard, page.Fine, page.Superfine} {
			o := page.Options{Paper: paper, Resolution: r, Cover: &page.Cover{Subject: "x"}}
			for _, p := range mustConvert(t, c, o, file("x", pdfOf(framed(420, 595), framed(1684, 1191))),
				file("x", []byte("Hello\f\nyou")), file("x", jpegOf(t, photo(900, 600)))) {
				if p.Geometry != paper.Geometry(r) {
					t.Errorf("%v on %s: the page is %v", r, paper, p.Geometry)
				}
				if p.Ink() == 0 {
					t.Errorf("%v on %s: a page is white", r, paper)
				}
			}
		}
	}
}

func TestPagesOfAPDFKeepTheirPaper(t *testing.T) {
	t.Parallel()
	papers := []page.Paper{page.A4, page.B4, page.Letter, page.Legal}
	sizes := []pdfPage{framed(595, 842), framed(729, 1032), framed(612, 792), framed(612, 1008)}
	across := make([]pdfPage, len(sizes))
	for i, s := range sizes {
		across[i] = framed(s.height, s.width)
	}
	for _, asked := range []page.Paper{page.A4, page.Letter} {
		for i, p := range mustConvert(t, converter(t), page.Options{Paper: asked}, file("x", pdfOf(append(sizes, across...)...))) {
			if paper := papers[i%len(papers)]; p.Geometry != paper.Geometry(page.Standard) {
				t.Errorf("where people write on %s, page %d of %s is %v", asked, i+1, paper, p.Geometry)
			}
			looksWritten(t, p)
		}
	}
}

func TestLandscapePagesAreTurned(t *testing.T) {
	t.Parallel()
	// A bar at the top edge, which is the left one once the page is turned.
	top := pdfPage{842, 595, "0 545 842 50 re f"}
	p := mustConvert(t, converter(t), page.Options{Resolution: page.Fine}, file("x", pdfOf(top)))[0]
	if !p.Black(80, 1000) || !p.Black(80, 2200) || p.Black(400, 1000) || p.Black(1600, 1000) {
		t.Error("the top edge is not at the left")
	}
}

func TestFaxTIFFGoesThroughUnchanged(t *testing.T) {
	t.Parallel()
	want := mustConvert(t, converter(t), page.Options{Resolution: page.Superfine}, letter(t))[:2]
	var tiff bytes.Buffer
	if err := page.WriteTIFF(&tiff, page.Document{want[0].Code(), want[1].Code()}); err != nil {
		t.Fatal(err)
	}
	got := mustConvert(t, converter(t), page.Options{Paper: page.B4}, file("x", tiff.Bytes()))
	for i, p := range got {
		if p.Geometry != want[i].Geometry || !bytes.Equal(p.Code().Data, want[i].Code().Data) {
			t.Errorf("page %d changed", i+1)
		}
	}
}

func TestTextOfEveryEncoding(t *testing.T) {
	t.Parallel()
	const text = "株式会社田中商事　御中\r\nいつもお世話になっております。①㈱ｶﾅ\r\n"
	const plain = "株式会社田中商事　御中\r\nいつもお世話になっております。\r\n"
	in := func(e encoding.Encoding, s string) []byte {
		out, err := e.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(out)
	}
	c := converter(t)
	o := page.Options{Resolution: page.Fine}
	for name, tt := range map[string][2][]byte{
		"Shift_JIS":   {in(japanese.ShiftJIS, text), []byte(text)},
		"EUC-JP":      {in(japanese.EUCJP, text), []byte(text)},
		"ISO-2022-JP": {in(japanese.ISO2022JP, plain), []byte(plain)},
		"UTF-8, BOM":  {[]byte("\ufeff" + text), []byte(text)},
		"Latin-1":     {[]byte("Gr\xfc\xdfe aus M\xfcnchen, d\xe9j\xe0 vu\n"), []byte("Grüße aus München, déjà vu\n")},
	} {
		got := mustConvert(t, c, o, file("x", tt[0]))
		want := mustConvert(t, c, o, file("x", tt[1]))
		if !bytes.Equal(got[0].Code().Data, want[0].Code().Data) {
			t.Errorf("%s: another text is drawn", name)
		}
	}
}

func TestCoverPageComesFirst(t *testing.T) {
	t.Parallel()
	o := page.Options{
		Resolution: page.Fine,
		Cover:      &page.Cover{To: page.Party{Name: "田中 一郎"}, Subject: "件名", Language: locale.Japanese, Date: time.Now()},
	}
	pages := mustConvert(t, converter(t), o, file("a.txt", []byte("Hello")))
	if len(pages) != 2 {
		t.Fatalf("%d pages, want cover page and text", len(pages))
	}
	if pages[0].Ink() < 10*pages[1].Ink() || pages[1].Ink() == 0 {
		t.Error("the first page is not the cover page")
	}
	if only := mustConvert(t, converter(t), o); len(only) != 1 {
		t.Errorf("a fax of a cover page alone has %d pages", len(only))
	}
}

func TestDocumentThatCannotBeReadIsNoRefusal(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is broken")
	for name, open := range map[string]func(context.Context) (io.ReadCloser, error){
		"at once": func(context.Context) (io.ReadCloser, error) { return nil, broken },
		"later": func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("some text"), readerOf{broken})), nil
		},
	} {
		_, err := converter(t).Convert(t.Context(), empty(t), []page.File{{Name: "x", Open: open}}, page.Options{})
		if !errors.Is(err, broken) || errors.As(err, new(*page.Refusal)) {
			t.Errorf("%s: %v, want %v", name, err, broken)
		}
	}
}

// readerOf fails.
type readerOf struct{ err error }

func (r readerOf) Read([]byte) (int, error) { return 0, r.err }

func TestCancelledConversionEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	c := converter(t)
	_, err := c.Convert(ctx, empty(t), []page.File{file("x", slow())}, page.Options{})
	if !errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(*page.Refusal)) {
		t.Errorf("%v, want the context's error", err)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	c := converter(t)
	mustConvert(t, c, page.Options{}, file("x", []byte("Hello")))
	if left, err := os.ReadDir(c.Temp); err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}

// What starts in place of the child does not get the environment, nor any file.
func TestChildIsGivenNothing(t *testing.T) {
	t.Parallel()
	c := converter(t)
	c.Program = script(t, `{ env; pwd; ls /proc/self/fd | wc -l; } >&2; exit 1`)
	_, err := c.Convert(t.Context(), empty(t), []page.File{file("x", nil)}, page.Options{})
	if err == nil || errors.As(err, new(*page.Refusal)) {
		t.Fatalf("%v, want an error of the server", err)
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if name, _, ok := strings.Cut(line, "="); ok && !strings.Contains("PWD SHLVL _ OLDPWD", name[strings.LastIndexByte(name, ' ')+1:]) {
			t.Errorf("it is given %s", line)
		}
	}
	if !strings.HasSuffix(err.Error(), "\n/\n4") {
		t.Errorf("%v, want folder / and the descriptors 0 to 2, and that of the folder", err)
	}
}

// script is a program of the shell.
func script(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOfficeDocumentsGoThroughLibreOffice(t *testing.T) {
	t.Parallel()
	rtf := []byte(`{\rtf1 Hello}`)
	c := converter(t)
	wantRefusal(t, c, rtf, page.FailedOffice, "office_missing")
	wantRefusal(t, c, []byte("PK\x03\x04 word/document.xml"), page.FailedOffice, "office_missing")
	wantRefusal(t, c, []byte("PK\x03\x04 something else"), page.FailedType, "document_type_unknown")

	made := filepath.Join(t.TempDir(), "made.pdf")
	if err := os.WriteFile(made, pdfOf(framed(595, 842), framed(595, 842)), 0o600); err != nil {
		t.Fatal(err)
	}
	onLetter := filepath.Join(t.TempDir(), "letter.pdf")
	if err := os.WriteFile(onLetter, pdfOf(framed(612, 792)), 0o600); err != nil {
		t.Fatal(err)
	}
	c = converter(t)
	interfaces := "[0-9]*"
	if exec.Command("unshare", "--user", "--net", "true").Run() == nil {
		interfaces = "1" // its own loopback, which is down
	}
	c.Office = script(t, fmt.Sprintf(`for last; do :; done
		case $(tail -n +3 /proc/net/dev | wc -l) in %s) grep -q Hello "$last" && cp %s "$last.pdf" ;; esac || exit 1
		if grep -q en-US profile/user/registrymodifications.xcu; then cp %s "$last.pdf"; fi`, interfaces, made, onLetter))
	if pages := mustConvert(t, c, page.Options{}, file("x", rtf)); len(pages) != 2 {
		t.Errorf("%d pages, want 2", len(pages))
	}
	if pages := mustConvert(t, c, page.Options{Paper: page.Letter}, file("x", rtf)); len(pages) != 1 {
		t.Error("LibreOffice is not told of Letter")
	}
	if left, err := os.ReadDir(c.Temp); err != nil || len(left) != 0 {
		t.Errorf("left are %v, %v", left, err)
	}
	wantRefusal(t, c, []byte(`{\rtf1 other}`), page.FailedOffice, "office_failed")
}

func TestConversionsAreLimited(t *testing.T) {
	t.Parallel()
	c := converter(t)
	c.MaxPages = 3
	three := file("x", pdfOf(framed(100, 100), framed(100, 100), framed(100, 100)))
	mustConvert(t, c, page.Options{}, three)
	_, err := c.Convert(t.Context(), empty(t), []page.File{three, file("y", []byte("text"))}, page.Options{})
	if r := new(page.Refusal); !errors.As(err, &r) || r.Fault.Code != "document_too_many_pages" {
		t.Errorf("%v, want too many pages", err)
	}
}

func BenchmarkConvert(b *testing.B) {
	for name, doc := range map[string]page.File{
		"20 pages of text": letter(b),
		"photo":            file("x", jpegOf(b, photo(4000, 3000))),
	} {
		b.Run(name, func(b *testing.B) {
			c := converter(b)
			tone := page.Text
			if name == "photo" {
				tone = page.Photo
			}
			peaks := listen(b)
			pages := 0
			for b.Loop() {
				out := empty(b)
				n, err := c.Convert(b.Context(), out, []page.File{doc}, page.Options{Resolution: page.Fine, Tone: tone})
				if err != nil {
					b.Fatal(err)
				}
				pages += n
			}
			b.ReportMetric(float64(pages)/b.Elapsed().Seconds(), "pages/s")
			b.ReportMetric(peaks(), "MB-peak")
		})
	}
}

// japanesePDF names a font that it does not bring, as Japanese programs like to do, and
// writes four letters of it.
func japanesePDF(t testing.TB) []byte {
	text, err := japanese.ShiftJIS.NewEncoder().String("送付状様")
	if err != nil {
		t.Fatal(err)
	}
	return onePage("/Font << /F 5 0 R >>", "", fmt.Sprintf("BT /F 90 Tf 50 400 Td <%x> Tj ET", text),
		"<< /Type /Font /Subtype /Type0 /BaseFont /MS-Gothic /Encoding /90ms-RKSJ-H /DescendantFonts [6 0 R] >>",
		"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /MS-Gothic /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >>"+
			" /FontDescriptor 7 0 R /DW 1000 >>",
		"<< /Type /FontDescriptor /FontName /MS-Gothic /Flags 4 /FontBBox [0 -137 1000 859] /ItalicAngle 0 /Ascent 859 /Descent -137 /CapHeight 769 /StemV 78 >>")
}

func TestJapaneseFontsNeedNotBeEmbedded(t *testing.T) {
	t.Parallel()
	p := mustConvert(t, converter(t), page.Options{Resolution: page.Fine}, file("x", japanesePDF(t)))[0]
	for i := range 4 { // each letter is 90 points, or 255 pixels, wide
		left := 20 + 142 + i*255
		ink := 0
		for y := 950; y < 1250; y++ {
			for x := left; x < left+255; x++ {
				if p.Black(x, y) {
					ink++
				}
			}
		}
		if share := float64(ink) / (255 * 245); share < 0.05 || share > 0.5 {
			t.Errorf("letter %d: %.3f of its square is black", i+1, share)
		}
	}
}

func TestFilledInFieldsAreSeen(t *testing.T) {
	t.Parallel()
	field := rawPDF("", "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [4 0 R] >>",
		"<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (Yamada) /F 4 /Rect [100 600 300 700] /P 3 0 R /AP << /N 5 0 R >> >>",
		"<< /Type /XObject /Subtype /Form /BBox [0 0 200 100] /Length 19 >>\nstream\n10 10 180 80 re f   \nendstream")
	p := mustConvert(t, converter(t), page.Options{Resolution: page.Fine}, file("x", field))[0]
	if !p.Black(20+570, 520) {
		t.Error("the field is white")
	}
}
