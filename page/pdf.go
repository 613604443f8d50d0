package page

import (
	"fmt"
	"io"
)

// WritePDF writes a PDF 1.4 (ISO 32000-1) with one picture a page, which is the T.6 code
// as it is in from: nothing is decoded, so that the PDF is as good as the code. A page is
// as large as on the fax machine's paper. One page at a time is in memory.
func WritePDF(w io.Writer, from Source) error {
	n := from.Pages()
	if n < 1 || n > maxPages {
		return fmt.Errorf("PDF of %d pages: %w", n, ErrNotFax)
	}
	f := pdfFile{w: w}
	f.start(n)
	for i := range n {
		c, err := from.Coded(i)
		if err == nil {
			err = c.Check()
		}
		if err != nil {
			return fmt.Errorf("page %d: %w", i+1, err)
		}
		f.page(c, nil)
	}
	f.end()
	return f.err
}

// Inset is a page shown small on another one.
type Inset struct {
	Coded
	Left, Top float64 // millimetres from the other page's left upper corner to its own
	Scale     float64 // 1: as large as it is
}

// WriteInsetPDF writes a PDF of one page that shows another page small, with all of its
// pixels: who enlarges it can read it.
func WriteInsetPDF(w io.Writer, on Coded, inset Inset) error {
	for _, c := range []Coded{on, inset.Coded} {
		if err := c.Check(); err != nil {
			return err
		}
	}
	f := pdfFile{w: w}
	f.start(1)
	f.page(on, &inset)
	f.end()
	return f.err
}

// pdfPageObject is the number of the object that is page i; its picture and its contents
// follow it. The catalogue and the list of pages come before the first.
func pdfPageObject(i int) int { return 3 + 3*i }

// pdfFile writes objects, and remembers where each began.
type pdfFile struct {
	w       io.Writer
	at      int64
	objects []int64
	err     error // the first; nothing is written after it
}

// printf writes text.
func (f *pdfFile) printf(format string, args ...any) {
	f.write(fmt.Appendf(nil, format, args...))
}

// write writes bytes.
func (f *pdfFile) write(b []byte) {
	if f.err == nil {
		_, f.err = f.w.Write(b)
		f.at += int64(len(b))
	}
}

// start writes what comes before n pages.
func (f *pdfFile) start(n int) {
	f.printf("%%PDF-1.4\n%%\xe2\xe3\xcf\xd3\n") // 7.5.2: bytes that say that it is binary
	f.object("<< /Type /Catalog /Pages 2 0 R >>")
	f.begin()
	f.printf("<< /Type /Pages /Count %d /Kids [", n)
	for i := range n {
		f.printf(" %d 0 R", pdfPageObject(i))
	}
	f.printf(" ] >>\nendobj\n")
}

// begin opens the next object and returns its number.
func (f *pdfFile) begin() int {
	f.objects = append(f.objects, f.at)
	f.printf("%d 0 obj\n", len(f.objects))
	return len(f.objects)
}

// object writes a whole object.
func (f *pdfFile) object(format string, args ...any) {
	f.begin()
	f.printf(format+"\nendobj\n", args...)
}

// stream writes an object that is a stream. entries are those of its dictionary, but for
// its length.
func (f *pdfFile) stream(entries string, data []byte) {
	f.begin()
	f.printf("<< %s /Length %d >>\nstream\n", entries, len(data))
	f.write(data)
	f.printf("\nendstream\nendobj\n")
}

const pointsPerMillimetre = 72 / 25.4

// page writes the three objects of a page, and a fourth for its inset.
func (f *pdfFile) page(c Coded, inset *Inset) {
	width, height := c.Millimetres()
	width, height = width*pointsPerMillimetre, height*pointsPerMillimetre
	contents := fmt.Appendf(nil, "q %.2f 0 0 %.2f 0 0 cm /Fax Do Q", width, height)
	own := f.begin()
	pictures := fmt.Sprintf("/Fax %d 0 R", own+1)
	if inset != nil {
		pictures += fmt.Sprintf(" /Inset %d 0 R", own+3)
		w, h := inset.Millimetres()
		w, h = w*inset.Scale*pointsPerMillimetre, h*inset.Scale*pointsPerMillimetre
		contents = fmt.Appendf(contents, " q %.2f 0 0 %.2f %.2f %.2f cm /Inset Do Q", w, h,
			inset.Left*pointsPerMillimetre, height-inset.Top*pointsPerMillimetre-h)
	}
	f.printf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.2f %.2f] /Contents %d 0 R"+
		" /Resources << /XObject << %s >> >> >>\nendobj\n", width, height, own+2, pictures)
	f.picture(c)
	f.stream("", contents)
	if inset != nil {
		f.picture(inset.Coded)
	}
}

// picture writes the object that has the pixels of a page. 7.4.6: K -1 is T.6; BlackIs1
// is false, so that black is 0, as DeviceGray has it.
func (f *pdfFile) picture(c Coded) {
	f.stream(fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray"+
		" /BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns %[1]d /Rows %[2]d >>",
		c.Width, c.Rows), c.Data)
}

// end writes the table of objects (7.5.4: entries of 20 bytes) and the trailer.
func (f *pdfFile) end() {
	start := f.at
	f.printf("xref\n0 %d\n0000000000 65535 f \n", len(f.objects)+1)
	for _, at := range f.objects {
		f.printf("%010d 00000 n \n", at)
	}
	f.printf("trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(f.objects)+1, start)
}
