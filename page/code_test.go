package page_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/image/ccitt"

	"github.com/faxgate/faxgate/page"
)

var widths = []int{page.WidthA4, page.WidthB4, page.WidthA3}

// mustPage makes a white fine page.
func mustPage(t testing.TB, width, rows int) *page.Page {
	t.Helper()
	p, err := page.New(page.Geometry{Width: width, Rows: rows, Resolution: page.Fine})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// textPage is a page with lines of strokes and dots about as dense as a letter, and
// margins: rows that resemble the one above, as writing does.
func textPage(t testing.TB, width, rows int) *page.Page {
	p := mustPage(t, width, rows)
	chance := rand.New(rand.NewPCG(1, 2))
	for top := 120; top+28 < rows-100; top += 44 {
		for x := 150; x < width-150; x += 6 + chance.IntN(16) {
			slant, height, thick := chance.IntN(3)-1, 8+chance.IntN(20), 2+chance.IntN(4)
			for y := range height {
				at := x + slant*y/3
				p.Blacken(top+28-y, at, at+thick)
			}
			if chance.IntN(2) == 0 {
				for y := range 3 {
					p.Blacken(top+28-height/2-y, x, x+10)
				}
			}
		}
	}
	return p
}

// noise blackens each pixel with the given chance out of 256.
func noise(p *page.Page, seed uint64, of256 int) {
	chance := rand.New(rand.NewPCG(seed, 0))
	for y := range p.Rows {
		for x := range p.Width {
			if chance.IntN(256) < of256 {
				p.Blacken(y, x, x+1)
			}
		}
	}
}

// painted is a page whose rows come from the bytes, which makes it reach every mode:
// some rows are noise, some runs, and some the row above with its edges moved.
func painted(t testing.TB, width int, paint []byte) *page.Page {
	p := mustPage(t, width, 1+min(len(paint)/8, 200))
	for y := range p.Rows {
		var seed [8]byte
		copy(seed[:], paint[min(y*8, len(paint)):])
		chance := rand.New(rand.NewPCG(binary.BigEndian.Uint64(seed[:]), 1))
		switch seed[0] % 4 {
		case 0:
			for i := range p.Row(y) {
				p.Row(y)[i] = chance.Uint64() & chance.Uint64()
			}
		case 1:
			longest := 1 + int(seed[1])*12
			for x := chance.IntN(longest); x < width; {
				to := min(x+chance.IntN(longest)+1, width)
				p.Blacken(y, x, to)
				x = to + chance.IntN(longest) + 1
			}
		case 2:
			moved(p, y, func() int { return chance.IntN(9) - 4 })
		}
	}
	return p
}

// moved paints row y with the runs of the row above, each of whose ends moves.
func moved(p *page.Page, y int, by func() int) {
	for x := 0; y > 0 && x < p.Width; x++ {
		if !p.Black(x, y-1) {
			continue
		}
		from := x
		for x < p.Width && p.Black(x, y-1) {
			x++
		}
		p.Blacken(y, max(from+by(), 0), min(x+by(), p.Width))
	}
}

// packed is the rows as bytes.
func packed(p *page.Page) []byte {
	out := make([]byte, 0, len(p.Words)*8)
	for _, w := range p.Words {
		out = binary.BigEndian.AppendUint64(out, w)
	}
	return out
}

// samePages checks shape and pixels.
func samePages(t testing.TB, got, want *page.Page) {
	t.Helper()
	if got.Geometry != want.Geometry {
		t.Fatalf("the page is %v, want %v", got.Geometry, want.Geometry)
	}
	if slices.Equal(got.Words, want.Words) {
		return
	}
	for y := range want.Rows {
		if !slices.Equal(got.Row(y), want.Row(y)) {
			t.Fatalf("row %d differs:\n got %x\nwant %x", y, got.Row(y), want.Row(y))
		}
	}
}

// testPages are pages of every kind, by what they look like.
func testPages(t testing.TB) map[string]*page.Page {
	pages := map[string]*page.Page{}
	for _, width := range widths {
		name := func(what string) string { return fmt.Sprintf("%s, %d wide", what, width) }
		pages[name("text")] = textPage(t, width, 600)
		pages[name("white")] = mustPage(t, width, 40)
		full := mustPage(t, width, 40)
		stripes := mustPage(t, width, 40)
		corners := mustPage(t, width, 40)
		everyRun := mustPage(t, width, 2*width+1)
		for y := range 40 {
			full.Blacken(y, 0, width)
			for x := y % 3 % 2; x < width; x += 2 {
				stripes.Blacken(y, x, x+1)
			}
			corners.Blacken(y, 0, y)
			corners.Blacken(y, width-y/2, width)
		}
		for y := 1; y < everyRun.Rows; y += 2 { // white rows between make for horizontal mode
			everyRun.Blacken(y, 0, y/2)
		}
		pages[name("black")] = full
		pages[name("stripes of one pixel")] = stripes
		pages[name("both edges")] = corners
		pages[name("runs of every length")] = everyRun
		for density := 1; density < 256; density *= 4 {
			p := mustPage(t, width, 50)
			noise(p, uint64(density), density)
			pages[name(fmt.Sprintf("noise of %d/256", density))] = p
		}
		paint := make([]byte, 1600)
		chance := rand.New(rand.NewPCG(7, 7))
		for i := range paint {
			paint[i] = byte(chance.Uint32())
		}
		pages[name("painted")] = painted(t, width, paint)
	}
	return pages
}

func TestT6ComesBackThroughOurDecoderAndAnother(t *testing.T) {
	t.Parallel()
	for name, want := range testPages(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			roundTrip(t, want)
		})
	}
}

// roundTrip decodes the code of a page here and by golang.org/x/image/ccitt.
func roundTrip(t testing.TB, want *page.Page) {
	t.Helper()
	coded := want.Code()
	got, err := coded.Page()
	if err != nil {
		t.Fatal(err)
	}
	samePages(t, got, want)

	theirs, err := io.ReadAll(ccitt.NewReader(bytes.NewReader(coded.Data), ccitt.MSB, ccitt.Group4,
		want.Width, want.Rows, &ccitt.Options{Invert: true}))
	if err != nil {
		t.Fatalf("x/image/ccitt: %v", err)
	}
	if !bytes.Equal(theirs, packed(want)) {
		t.Fatal("x/image/ccitt reads another page")
	}
}

// T.6, 2.4.1.1: the page ends with two EOLs; before them, an empty page is one bit a row.
func TestT6_2_4_1_1_WhitePageIsOneBitARow(t *testing.T) {
	t.Parallel()
	got := mustPage(t, page.WidthA4, 16).Code().Data
	if want := []byte{0xff, 0xff, 0x00, 0x10, 0x01}; !bytes.Equal(got, want) {
		t.Errorf("Code = %x, want %x", got, want)
	}
}

func TestCodeThatEndsEarlyIsDamaged(t *testing.T) {
	t.Parallel()
	whole := textPage(t, page.WidthA4, 400).Code()
	for size := 0; size < len(whole.Data)-20; size += 97 {
		cut := page.Coded{Geometry: whole.Geometry, Data: whole.Data[:size]}
		if _, err := cut.Page(); !errors.Is(err, page.ErrDamaged) {
			t.Fatalf("with %d of %d bytes: %v, want ErrDamaged", size, len(whole.Data), err)
		}
	}
}

func TestGeometryIsChecked(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		page.Geometry
		want error
	}{
		{"A4, one row", page.Geometry{Width: page.WidthA4, Rows: 1}, nil},
		{"the longest", page.Geometry{Width: page.WidthA3, Rows: page.MaxRows, Resolution: page.Superfine}, nil},
		{"too long", page.Geometry{Width: page.WidthB4, Rows: page.MaxRows + 1}, page.ErrTooLarge},
		{"no rows", page.Geometry{Width: page.WidthB4}, page.ErrNotFax},
		{"no fax width", page.Geometry{Width: 1700, Rows: 10}, page.ErrNotFax},
		{"no such resolution", page.Geometry{Width: page.WidthA4, Rows: 10, Resolution: 3}, page.ErrNotFax},
		{"nothing", page.Geometry{}, page.ErrNotFax},
	} {
		if _, err := page.New(tt.Geometry); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestGeometryInWords(t *testing.T) {
	t.Parallel()
	g := page.Geometry{Width: page.WidthA4, Rows: 2287, Resolution: page.Fine}
	if got, want := g.String(), "1728 × 2287 pixels, fine, 215 × 297 mm"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
}

func TestBlackenDrawsWhatBlackSees(t *testing.T) {
	t.Parallel()
	for from := range 200 {
		for _, to := range []int{from, from + 1, from + 63, from + 64, from + 65, from + 300} {
			p := mustPage(t, page.WidthA4, 3)
			p.Blacken(1, from, to)
			if got := p.Ink(); got != to-from {
				t.Fatalf("Blacken(%d, %d) makes %d pixels black", from, to, got)
			}
			for x := from; x < to; x++ {
				if !p.Black(x, 1) {
					t.Fatalf("Blacken(%d, %d) leaves %d white", from, to, x)
				}
			}
		}
	}
}

func FuzzEncode(f *testing.F) {
	f.Add(uint8(0), []byte("a page of noise, runs and rows like the one above them"))
	f.Add(uint8(1), []byte{1, 40, 0, 0, 0, 0, 0, 0, 2, 9, 9, 9, 9, 9, 9, 9, 2, 1, 2, 3})
	f.Fuzz(func(t *testing.T, width uint8, paint []byte) {
		roundTrip(t, painted(t, widths[int(width)%len(widths)], paint))
	})
}

// What decodes is a page, and the page comes back from our own code.
func FuzzDecode(f *testing.F) {
	f.Add(uint8(0), uint16(40), []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x10, 0x01})
	f.Add(uint8(1), uint16(600), textPage(f, page.WidthB4, 600).Code().Data)
	f.Fuzz(func(t *testing.T, width uint8, rows uint16, data []byte) {
		coded := page.Coded{Data: data, Geometry: page.Geometry{
			Width: widths[int(width)%len(widths)], Rows: 1 + int(rows%1000),
		}}
		p, err := coded.Page()
		if err != nil {
			if !errors.Is(err, page.ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		again, err := p.Code().Page()
		if err != nil {
			t.Fatal(err)
		}
		samePages(t, again, p)
	})
}

func BenchmarkEncode(b *testing.B) {
	photo := mustPage(b, page.WidthA4, 2287)
	noise(photo, 1, 80)
	for name, p := range map[string]*page.Page{
		"white": mustPage(b, page.WidthA4, 2287), "text": textPage(b, page.WidthA4, 2287), "noise": photo,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(p.Words) * 8))
			for b.Loop() {
				p.Code()
			}
			b.ReportMetric(float64(len(p.Code().Data)), "coded-bytes")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	coded := textPage(b, page.WidthA4, 2287).Code()
	b.ReportAllocs()
	b.SetBytes(int64(coded.Width / 8 * coded.Rows))
	for b.Loop() {
		if _, err := coded.Page(); err != nil {
			b.Fatal(err)
		}
	}
}
