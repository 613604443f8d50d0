//go:build spandsp && cgo

package engine_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/faxgate/faxgate/page"
)

// text is a page that looks like text to a coder: lines of small black marks, none
// like another, on white.
func text(t *testing.T, seed uint64, g page.Geometry) *page.Page {
	t.Helper()
	p, err := page.New(g)
	if err != nil {
		t.Fatal(err)
	}
	chance := rand.New(rand.NewPCG(seed, 1))
	for y := range g.Rows {
		if y%50 > 25 {
			continue // between the lines
		}
		for x := 150; x < g.Width-150; x += 9 + chance.IntN(120) {
			p.Blacken(y, x, x+1+chance.IntN(8))
		}
	}
	return p
}

// fine are as many pages of text, of fine resolution.
func fine(t *testing.T, rows ...int) (pages []*page.Page) {
	for i, r := range rows {
		pages = append(pages, text(t, uint64(i), page.Geometry{Width: page.WidthA4, Rows: r, Resolution: page.Fine}))
	}
	return pages
}

// writeTIFF is a document of these pages, open for reading.
func writeTIFF(t *testing.T, pages []*page.Page) *os.File {
	t.Helper()
	var d page.Document
	for _, p := range pages {
		d = append(d, p.Code())
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "sent.tiff"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := page.WriteTIFF(f, d); err != nil {
		t.Fatal(err)
	}
	return f
}

// readTIFF is the pages of a document that was received.
func readTIFF(t *testing.T, f *os.File) (pages []*page.Page) {
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

// same compares pixels.
func same(t *testing.T, got, want []*page.Page) {
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
