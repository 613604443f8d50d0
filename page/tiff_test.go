package page_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/page"
)

// run starts a program of scripts/install.sh, in a directory of its own files.
func run(t testing.TB, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Fatalf("%s is missing; scripts/install.sh test installs it", program)
	}
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// write puts a file into a directory.
func write(t testing.TB, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// read takes it out again.
func read(t testing.TB, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// threePages are pages of three widths and resolutions, one of which is hard to code.
func threePages(t testing.TB) []*page.Page {
	pages := []*page.Page{
		textPage(t, page.WidthA4, 401), mustPage(t, page.WidthB4, 199), painted(t, page.WidthA3, bytes.Repeat([]byte("fax pages"), 99)),
	}
	for i, p := range pages {
		p.Resolution = page.Resolution(i)
	}
	noise(pages[1], 5, 60)
	return pages
}

// document codes pages.
func document(pages ...*page.Page) page.Document {
	var d page.Document
	for _, p := range pages {
		d = append(d, p.Code())
	}
	return d
}

// tiffOf is pages as WriteTIFF writes them.
func tiffOf(t testing.TB, pages ...*page.Page) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := page.WriteTIFF(&b, document(pages...)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// open is OpenTIFF of bytes.
func open(data []byte) (*page.TIFF, error) {
	return page.OpenTIFF(bytes.NewReader(data), int64(len(data)))
}

// wantPages checks that a TIFF has these pages, as pixels and as code.
func wantPages(t testing.TB, data []byte, want ...*page.Page) {
	t.Helper()
	f, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	if f.Pages() != len(want) {
		t.Fatalf("%d pages, want %d", f.Pages(), len(want))
	}
	for i, w := range want {
		got, err := f.Page(i)
		if err != nil {
			t.Fatal(err)
		}
		samePages(t, got, w)
		coded, err := f.Coded(i)
		if err != nil {
			t.Fatal(err)
		}
		if got, err = coded.Page(); err != nil {
			t.Fatal(err)
		}
		samePages(t, got, w)
	}
}

func TestWrittenTIFFReadsBackWithTheSameCode(t *testing.T) {
	t.Parallel()
	pages := threePages(t)
	data := tiffOf(t, pages...)
	wantPages(t, data, pages...)
	f, err := open(data)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range pages {
		if c, err := f.Coded(i); err != nil || !bytes.Equal(c.Data, p.Code().Data) {
			t.Errorf("page %d: the code changed (%v)", i, err)
		}
	}
}

// Every way in which libtiff writes fax pages, from a file that we wrote.
func TestFaxTIFFsOfLibtiffGoThroughUnchanged(t *testing.T) {
	t.Parallel()
	pages := threePages(t)
	dir := t.TempDir()
	write(t, dir, "ours.tif", tiffOf(t, pages...))
	for _, compression := range []string{"g3:1d", "g3:2d", "g3:1d:fill", "g3:2d:fill", "g4"} {
		for _, layout := range []string{"-r 100000", "-r 37"} {
			for _, order := range []string{"-B -f msb2lsb", "-B -f lsb2msb", "-L -f msb2lsb", "-L -f lsb2msb"} {
				how := strings.Fields("-c " + compression + " " + layout + " " + order)
				t.Run(strings.Join(how, " "), func(t *testing.T) {
					run(t, dir, "tiffcp", slices.Concat(how, []string{"ours.tif", "theirs.tif"})...)
					wantPages(t, read(t, dir, "theirs.tif"), pages...)
				})
			}
		}
	}
}

// tiffinfo complains of what libtiff thinks wrong, and decodes the strips with -D.
func TestLibtiffFindsNothingWrongWithOurs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "ours.tif", tiffOf(t, threePages(t)...))
	out := run(t, dir, "tiffinfo", "-D", "ours.tif")
	for _, bad := range []string{"Warning", "Error", "rror,"} {
		if strings.Contains(out, bad) {
			t.Fatalf("tiffinfo:\n%s", out)
		}
	}
	for _, want := range []string{
		"Image Width: 2432", "Resolution: 204, 391 pixels/inch", "CCITT Group 4", "Page Number: 2-3",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("tiffinfo does not say %q:\n%s", want, out)
		}
	}
}

// set changes a field of the first directory of a TIFF that WriteTIFF wrote. Tag 0
// stands for no field.
func set(data []byte, tag uint16, value uint32) []byte {
	data = bytes.Clone(data)
	at := 10
	for range binary.LittleEndian.Uint16(data[8:]) {
		if binary.LittleEndian.Uint16(data[at:]) == tag {
			binary.LittleEndian.PutUint32(data[at+8:], value)
		}
		at += 12
	}
	return data
}

func TestBlackIsZeroTurnsThePixels(t *testing.T) {
	t.Parallel()
	want := textPage(t, page.WidthA4, 300)
	data := set(tiffOf(t, want), 262, 1)
	for i := range want.Words {
		want.Words[i] = ^want.Words[i]
	}
	wantPages(t, data, want)
}

func TestOneStripWithoutRowsPerStrip(t *testing.T) {
	t.Parallel()
	want := textPage(t, page.WidthA4, 300)
	wantPages(t, set(tiffOf(t, want), 278, 0xffffffff), want)
}

func TestThumbnailsAreNoPages(t *testing.T) {
	t.Parallel()
	pages := threePages(t)
	wantPages(t, set(tiffOf(t, pages...), 254, 1), pages[1:]...)
}

// resolution is a TIFF of one page with other values of XResolution and YResolution.
func resolution(data []byte, unit, across, acrossUnder, down, downUnder uint32) []byte {
	data = set(data, 296, unit)
	at := 10 + 12*int(binary.LittleEndian.Uint16(data[8:])) + 4
	for i, n := range []uint32{across, acrossUnder, down, downUnder} {
		binary.LittleEndian.PutUint32(data[at+i*4:], n)
	}
	return data
}

func TestResolutionsOfOtherWriters(t *testing.T) {
	t.Parallel()
	p := textPage(t, page.WidthA4, 100)
	data := tiffOf(t, p)
	for _, tt := range []struct {
		name string
		tiff []byte
		want page.Resolution
		err  error
	}{
		{"standard", resolution(data, 2, 204, 1, 98, 1), page.Standard, nil},
		{"standard in inches", resolution(data, 2, 200, 1, 100, 1), page.Standard, nil},
		{"fine in inches", resolution(data, 2, 200, 1, 200, 1), page.Fine, nil},
		{"fine in centimetres", resolution(data, 3, 8037, 100, 7700, 100), page.Fine, nil},
		{"superfine in inches", resolution(data, 2, 200, 1, 400, 1), page.Superfine, nil},
		{"300 dpi", resolution(data, 2, 300, 1, 300, 1), 0, page.ErrNotFax},
		{"screen", resolution(data, 2, 72, 1, 72, 1), 0, page.ErrNotFax},
		{"infinite", resolution(data, 2, 204, 0, 98, 0), 0, page.ErrNotFax},
	} {
		f, err := open(tt.tiff)
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.err)
		} else if err == nil && f.Geometry(0).Resolution != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, f.Geometry(0).Resolution, tt.want)
		}
	}
}

func TestTIFFsThatAreNoFaxOrBroken(t *testing.T) {
	t.Parallel()
	good := tiffOf(t, textPage(t, page.WidthA4, 300))
	circle := tiffOf(t, threePages(t)...)
	binary.LittleEndian.PutUint32(circle[10+12*17:], 8)
	for _, tt := range []struct {
		name string
		tiff []byte
		want error
	}{
		{"empty", nil, page.ErrDamaged},
		{"no TIFF", []byte("%PDF-1.7 and so on"), page.ErrNotFax},
		{"no directory", []byte("II*\x00\x00\x00\x00\x00"), page.ErrDamaged},
		{"a directory beyond the end", []byte("II*\x00\xff\xff\xff\xff"), page.ErrDamaged},
		{"directories in a circle", circle, page.ErrDamaged},
		{"cut in the directory", good[:100], page.ErrDamaged},
		{"cut in the strip", good[:len(good)-100], page.ErrDamaged},
		{"another width", set(good, 256, 1700), page.ErrNotFax},
		{"a huge width", set(good, 256, 0xffffffff), page.ErrNotFax},
		{"no rows", set(good, 257, 0), page.ErrNotFax},
		{"very many rows", set(good, 257, 0xffffffff), page.ErrTooLarge},
		{"eight bits a pixel", set(good, 258, 8), page.ErrNotFax},
		{"LZW", set(good, 259, 5), page.ErrNotFax},
		{"RGB", set(good, 262, 2), page.ErrNotFax},
		{"no such FillOrder", set(good, 266, 3), page.ErrNotFax},
		{"turned", set(good, 274, 6), page.ErrNotFax},
		{"three samples", set(good, 277, 3), page.ErrNotFax},
		{"no rows in a strip", set(good, 278, 0), page.ErrDamaged},
		{"more strips than offsets", set(good, 278, 10), page.ErrDamaged},
		{"a strip of 4 GB", set(good, 279, 0xffffffff), page.ErrTooLarge},
	} {
		if _, err := open(tt.tiff); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestPageWithFewerRowsThanItSaysIsDamaged(t *testing.T) {
	t.Parallel()
	f, err := open(set(set(tiffOf(t, textPage(t, page.WidthA4, 300)), 257, 301), 278, 301))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Page(0); !errors.Is(err, page.ErrDamaged) {
		t.Errorf("Page: %v, want ErrDamaged", err)
	}
}

func TestTIFFOfNothingIsRefused(t *testing.T) {
	t.Parallel()
	for _, d := range []page.Document{nil, {page.Coded{}}} {
		if err := page.WriteTIFF(new(bytes.Buffer), d); !errors.Is(err, page.ErrNotFax) {
			t.Errorf("WriteTIFF(%v) = %v, want ErrNotFax", d, err)
		}
	}
}

// Whatever the bytes are, reading ends with pages or with one of our errors.
func FuzzTIFF(f *testing.F) {
	good := tiffOf(f, textPage(f, page.WidthA4, 150))
	f.Add(good)
	f.Add(set(set(set(good, 259, 3), 266, 2), 278, 150))
	f.Add(set(good, 259, 2))
	f.Add(tiffOf(f, threePages(f)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		tiff, err := open(data)
		for i := 0; err == nil && i < tiff.Pages(); i++ {
			var p *page.Page
			if p, err = tiff.Page(i); err == nil {
				again := tiffOf(t, p)
				wantPages(t, again, p)
			}
		}
		if err != nil && !errors.Is(err, page.ErrDamaged) && !errors.Is(err, page.ErrNotFax) && !errors.Is(err, page.ErrTooLarge) {
			t.Fatal(fmt.Errorf("an error of another kind: %w", err))
		}
	})
}
