// Package pagetest makes fax pages for tests, and compares what became of them.
package pagetest

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/faxgate/faxgate/page"
)

// Text is A4 pages that look like text to a coder, of so many rows each at fine
// resolution: lines of small black marks, none like another, on white.
func Text(t testing.TB, rows ...int) (pages []*page.Page) {
	t.Helper()
	for i, r := range rows {
		p, err := page.New(page.Geometry{Width: page.WidthA4, Rows: r, Resolution: page.Fine})
		if err != nil {
			t.Fatal(err)
		}
		chance := rand.New(rand.NewPCG(uint64(i), 1))
		for y := range r {
			for x := 150; y%50 <= 25 && x < p.Width-150; x += 9 + chance.IntN(120) {
				p.Blacken(y, x, x+1+chance.IntN(8))
			}
		}
		pages = append(pages, p)
	}
	return pages
}

// TIFF is a fax TIFF of these pages, open for reading until the test ends.
func TIFF(t testing.TB, pages []*page.Page) *os.File {
	t.Helper()
	var d page.Document
	for _, p := range pages {
		d = append(d, p.Code())
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "fax.tiff"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := page.WriteTIFF(f, d); err != nil {
		t.Fatal(err)
	}
	return f
}

// Read is the pages of a fax TIFF.
func Read(t testing.TB, f *os.File) (pages []*page.Page) {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	tiff, err := page.OpenTIFF(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	for i := range tiff.Pages() {
		p, err := tiff.Page(i)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, p)
	}
	return pages
}

// Same compares pixels.
func Same(t testing.TB, got, want []*page.Page) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d pages came out, want %d", len(got), len(want))
	}
	for i, w := range want {
		if got[i].Geometry != w.Geometry || !slices.Equal(got[i].Words, w.Words) {
			t.Errorf("page %d came out as %v and is not what went in, %v", i+1, got[i].Geometry, w.Geometry)
		}
	}
}
