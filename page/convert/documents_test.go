package convert_test

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/faxgate/faxgate/page"
)

// pdfPage is a page of a PDF: its size in points, and what is drawn on it.
type pdfPage struct {
	width, height float64
	contents      string
}

// framed is a page with a frame and a cross.
func framed(width, height float64) pdfPage {
	return pdfPage{width, height, fmt.Sprintf("2 w 20 20 %v %v re S 20 20 m %v %v l S", width-40, height-40, width-20, height-20)}
}

// pdfOf is a PDF of pages.
func pdfOf(pages ...pdfPage) []byte {
	var kids strings.Builder
	var objects []string
	for i, p := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", 3+2*i)
		objects = append(objects,
			fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %v %v] /Contents %d 0 R >>", p.width, p.height, 4+2*i),
			fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(p.contents), p.contents))
	}
	return rawPDF("", append([]string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		fmt.Sprintf("<< /Type /Pages /Count %d /Kids [ %s] >>", len(pages), kids.String()),
	}, objects...)...)
}

// rawPDF is a PDF of objects, the first of which is the catalogue.
func rawPDF(trailer string, objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var at []int
	for i, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, trailer, table)
	return b.Bytes()
}

// onePage is a PDF whose page has contents, filtered, and resources.
func onePage(resources, filter, contents string, more ...string) []byte {
	return rawPDF("", append([]string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << " + resources + " >> >>",
		fmt.Sprintf("<< /Length %d %s >>\nstream\n%s\nendstream", len(contents), filter, contents),
	}, more...)...)
}

// form is a form XObject.
func form(resources, contents string) string {
	return fmt.Sprintf("<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << %s >> /Length %d >>\nstream\n%s\nendstream",
		resources, len(contents), contents)
}

// endless is a PDF that draws a form ten times, which does so with the next of twelve.
func endless() []byte {
	var forms []string
	for i := range 12 {
		forms = append(forms, form(fmt.Sprintf("/XObject << /F %d 0 R >>", 6+i), strings.Repeat("/F Do ", 10)))
	}
	forms = append(forms, form("", "0 0 m 500 500 l S 10 10 300 300 re f"))
	return onePage("/XObject << /F 5 0 R >>", "", strings.Repeat("/F Do ", 10), forms...)
}

// slow is a PDF that computes the gray of each pixel for as long as anybody cares to wait.
func slow() []byte {
	program := "{ add " + strings.Repeat("dup mul ", 50000) + "}"
	return onePage("/Shading << /S 5 0 R >>", "", "/S sh",
		"<< /ShadingType 1 /ColorSpace /DeviceGray /Domain [0 1 0 1] /Matrix [595 0 0 842 0 0] /Function 6 0 R >>",
		fmt.Sprintf("<< /FunctionType 4 /Domain [0 1 0 1] /Range [0 1] /Length %d >>\nstream\n%s\nendstream", len(program), program))
}

// bomb is so many bytes of a text, compressed twice. Compressing a block anew gives the
// same each time, so that two are enough.
func bomb(text string, size int) string {
	block := []byte(strings.Repeat(text, 1<<20/len(text)))
	var piece bytes.Buffer
	w, _ := flate.NewWriter(&piece, flate.BestSpeed)
	compressed := func() []byte {
		piece.Reset()
		w.Write(block)
		w.Flush()
		return bytes.Clone(piece.Bytes())
	}
	inner := append([]byte{0x78, 0x01}, compressed()...)
	inner = append(inner, bytes.Repeat(compressed(), size/len(block))...)
	var out bytes.Buffer
	outer := zlib.NewWriter(&out)
	outer.Write(inner)
	outer.Close()
	return out.String()
}

// photo is a picture with soft shapes.
func photo(width, height int) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			u, v := float64(x)/float64(width), float64(y)/float64(height)
			light := 128 + 60*math.Sin(7*u+3*v) + 50*math.Cos(11*v*u)
			p.SetRGBA(x, y, color.RGBA{uint8(light), uint8(light * 0.9), uint8(255 - light*0.8), 255})
		}
	}
	return p
}

func jpegOf(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// whitePNG is a PNG of one bit a pixel, of any size.
func whitePNG(width, height int) []byte {
	var pixels bytes.Buffer
	z := zlib.NewWriter(&pixels)
	line := append([]byte{0}, bytes.Repeat([]byte{0xff}, (width+7)/8)...)
	for range height {
		z.Write(line)
	}
	z.Close()
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(width)), uint32(height))
	out := []byte("\x89PNG\r\n\x1a\n")
	for _, chunk := range []struct {
		kind string
		data []byte
	}{{"IHDR", append(header, 1, 0, 0, 0, 0)}, {"IDAT", pixels.Bytes()}, {"IEND", nil}} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(chunk.data)))
		body := append([]byte(chunk.kind), chunk.data...)
		out = binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
	}
	return out
}

// childrenPeak is the most memory that a child process of this one has had, in bytes.
func childrenPeak(t testing.TB) int64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		t.Fatal(err)
	}
	return u.Maxrss << 10
}

// peaksFile is where a child tells how much memory it had, when somebody listens. It has
// no environment to be told so.
func peaksFile() string {
	self, _ := os.Executable()
	return self + ".peaks"
}

// tellPeak is the last that a child does.
func tellPeak() {
	f, err := os.OpenFile(peaksFile(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return // nobody listens
	}
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) == nil {
		fmt.Fprintln(f, u.Maxrss)
	}
	f.Close()
}

// listen gives the most memory that a child has from now on, in MB, when it is asked.
func listen(b *testing.B) (peak func() float64) {
	if err := os.WriteFile(peaksFile(), nil, 0o600); err != nil {
		b.Fatal(err)
	}
	return func() float64 {
		told, err := os.ReadFile(peaksFile())
		if err == nil {
			err = os.Remove(peaksFile())
		}
		if err != nil {
			b.Fatal(err)
		}
		most := 0.0
		for line := range strings.FieldsSeq(string(told)) {
			kilobytes, _ := strconv.ParseFloat(line, 64)
			most = max(most, kilobytes/1024)
		}
		return most
	}
}

// many is so many small pages.
func many(n int) []pdfPage {
	pages := make([]pdfPage, n)
	for i := range pages {
		pages[i] = pdfPage{100, 100, ""}
	}
	return pages
}

// wide is text in UTF-16.
func wide(text string) string {
	var b strings.Builder
	for _, c := range text {
		b.WriteRune(c)
		b.WriteByte(0)
	}
	return b.String()
}

// read is the bytes of a file in testdata.
func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// refused finds the refusal in an error.
func refused(err error) (*page.Refusal, bool) {
	r := new(page.Refusal)
	ok := errors.As(err, &r)
	return r, ok
}
