package convert_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/page"
)

// Whatever a document is, it ends as what it is, soon, and in a gigabyte of memory.
func TestBadDocumentsAreRefused(t *testing.T) {
	t.Parallel()
	letter := read(t, "letter.pdf")
	noise := make([]byte, 1<<20)
	chance := rand.NewChaCha8([32]byte{})
	chance.Read(noise)
	key := strings.Repeat("00", 32)
	picture := jpegOf(t, photo(600, 400))
	for _, tt := range []struct {
		name   string
		data   []byte
		status page.Status
		code   string
	}{
		{"nothing", nil, page.FailedTIFF, "document_empty"},
		{"white space", []byte(" \n\n "), page.FailedTIFF, "document_empty"},
		{"random bytes", noise, page.FailedType, "document_type_unknown"},
		{"random bytes that begin as a PDF", append([]byte("%PDF-1.7\n"), noise...), page.FailedTIFF, "document_damaged"},
		{"random bytes that begin as a JPEG", append([]byte("\xff\xd8\xff\xe0"), noise...), page.FailedImage, "picture_damaged"},
		{"random bytes that begin as a PNG", append([]byte("\x89PNG\r\n\x1a\n"), noise...), page.FailedImage, "picture_damaged"},
		{"random bytes that begin as a TIFF", append([]byte("II*\x00"), noise...), page.FailedImage, "picture_damaged"},
		{"a GIF", []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00"), page.FailedType, "document_type_unknown"},
		{"half a PDF", letter[:len(letter)/2], page.FailedTIFF, "document_damaged"},
		{"a PDF without its end", letter[:len(letter)-3000], page.FailedTIFF, "document_damaged"},
		{"half a JPEG", picture[:len(picture)/2], page.FailedImage, "picture_damaged"},
		{"half a PNG", whitePNG(900, 900)[:60], page.FailedImage, "picture_damaged"},
		{"an encrypted PDF", rawPDF("/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <"+key+"> /U <"+key+"> >> /ID [<"+key+"> <"+key+">]",
			"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
			"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"), page.FailedTIFF, "document_encrypted"},
		{"an encrypted office document", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + wide("EncryptedPackage")), page.FailedTIFF, "document_encrypted"},
		{"a page of 200000 points", pdfOf(framed(595, 842), framed(200000, 200000)), page.FailedTIFF, "document_page_too_large"},
		{"forms in forms without end", endless(), page.FailedConverter, "document_too_complex"},
		{"100000 pages", pdfOf(many(100000)...), page.FailedPages, "document_too_many_pages"},
		{"100000 pages of text", bytes.Repeat([]byte("a\f"), 100000), page.FailedPages, "document_too_many_pages"},
		{"a picture of 30000 by 30000", whitePNG(30000, 30000), page.FailedImage, "picture_too_large"},
		{"a PDF without pages", rawPDF("", "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 0 /Kids [] >>"), page.FailedTIFF, "document_damaged"},
		{"a TIFF in a circle", []byte("II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00"), page.FailedImage, "picture_damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			wantRefusal(t, converter(t), tt.data, tt.status, tt.code)
		})
	}
	t.Cleanup(func() {
		if peak := childrenPeak(t); peak > 1<<30 {
			t.Errorf("a child took %d MB", peak>>20)
		}
	})
}

// Documents that cost without being broken end, as pages or as a refusal; which of the
// two is for the PDF engine to say.
func TestCostlyDocumentsEnd(t *testing.T) {
	t.Parallel()
	const twice = "/Filter [/FlateDecode /FlateDecode]"
	pixels := bomb("\x00", 120<<20)
	for name, data := range map[string][]byte{
		"a deflate bomb of contents": onePage("", twice, bomb("0 0 1 1 re f\n", 700<<20)),
		"a deflate bomb of nothing":  onePage("", twice, bomb("          \n", 1500<<20)),
		"a form that draws itself":   onePage("/XObject << /F 5 0 R >>", "", "/F Do", form("/XObject << /F 5 0 R >>", "/F Do 0 0 9 9 re f")),
		"a page tree in a circle": rawPDF("", "<< /Type /Catalog /Pages 2 0 R >>",
			"<< /Type /Pages /Count 9 /Kids [2 0 R 2 0 R] >>"),
		"a page whose contents are itself": rawPDF("", "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
			"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 3 0 R >>"),
		"deep arrays": onePage("", "", strings.Repeat("[", 1<<20)),
		"a picture of 30000 by 30000 in a PDF": onePage("/XObject << /I 5 0 R >>", "", "500 0 0 800 0 0 cm /I Do",
			fmt.Sprintf("<< /Type /XObject /Subtype /Image /Width 30000 /Height 30000 /BitsPerComponent 1 /ColorSpace /DeviceGray %s /Length %d >>\nstream\n%s\nendstream",
				twice, len(pixels), pixels)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := converter(t)
			c.Patience = 15 * time.Second
			pages, err := c.Convert(t.Context(), empty(t), []page.File{file("x", data)}, page.Options{})
			t.Logf("%d pages, %v", pages, err)
			if refusal, ok := refused(err); err != nil && (!ok || !strings.HasPrefix(string(refusal.Status), "failed_")) {
				t.Errorf("%v, want pages or a refusal", err)
			}
		})
	}
}

func TestDocumentThatTakesForeverIsGivenUp(t *testing.T) {
	t.Parallel()
	c := converter(t)
	c.Patience = 2 * time.Second
	wantRefusal(t, c, slow(), page.FailedConverter, "document_too_slow")
	c = converter(t)
	c.Longest = time.Second
	wantRefusal(t, c, slow(), page.FailedConverter, "document_too_slow")
	c = converter(t)
	c.Patience = 2 * time.Second
	c.Program = script(t, "cat >/dev/null; sleep 1000 & sleep 1000")
	wantRefusal(t, c, []byte("x"), page.FailedConverter, "document_too_slow")
}

// What the child process can do wrong.
func TestCrashedChildren(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script string
		code   string // of the refusal; empty: the server's own trouble
	}{
		"killed":             {"cat >/dev/null; kill -9 $$", "document_crashes_converter"},
		"out of memory":      {"cat >/dev/null; echo fatal error: runtime: out of memory >&2; exit 2", "document_too_complex"},
		"nonsense":           {"cat >/dev/null; echo nonsense >&2; exit 3", "document_crashes_converter"},
		"no pages":           {"cat >/dev/null", ""},
		"no such child":      {"exit 1", ""},
		"writes without end": {"cat >/dev/null; exec yes", "document_too_complex"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := converter(t)
			c.Program = script(t, tt.script)
			_, err := c.Convert(t.Context(), empty(t), []page.File{file("x", []byte("x"))}, page.Options{})
			refusal, ok := refused(err)
			switch {
			case err == nil:
				t.Error("no error")
			case tt.code == "" && ok, tt.code != "" && (!ok || refusal.Fault.Code != tt.code):
				t.Errorf("%v, want %q", err, tt.code)
			}
		})
	}
}
