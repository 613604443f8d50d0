package convert_test

import (
	"bufio"
	"bytes"
	"fmt"
	"image"
	"io"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/faxgate/faxgate/page"
)

// What pdftoppm of poppler draws of the same PDF is what we draw, but for a pixel at the
// edges of letters.
func TestAnotherProgramDrawsTheSame(t *testing.T) {
	t.Parallel()
	// Poppler places a page at the left; ours stands in the middle of the wider row.
	const left = 20
	pages := mustConvert(t, converter(t), page.Options{Resolution: page.Fine}, letter(t))
	for _, n := range []int{1, 2, 20} {
		ours := pages[n-1]
		theirs := poppler(t, filepath.Join("testdata", "letter.pdf"), n, ours.Geometry, left)
		missing, extra := beyond(theirs, ours), beyond(ours, theirs)
		if most := ours.Ink() / 200; missing > most || extra > most {
			t.Errorf("page %d: of %d black pixels, %d of theirs and %d of ours are nowhere near the other's", n, ours.Ink(), missing, extra)
		}
		if a, b := ours.Ink(), theirs.Ink(); a*10 < b*8 || a*8 > b*10 {
			t.Errorf("page %d: %d black pixels, poppler has %d", n, a, b)
		}
	}
}

// poppler draws a page with pdftoppm, and moves it so far to the right.
func poppler(t *testing.T, pdf string, n int, g page.Geometry, left int) *page.Page {
	t.Helper()
	number := fmt.Sprint(n)
	out, err := exec.Command("pdftoppm", "-gray", "-rx", "204.2", "-ry", "195.6", "-f", number, "-l", number, pdf).Output()
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(bytes.NewReader(out))
	var width, height, most int
	if _, err := fmt.Fscanf(in, "P5\n%d %d\n%d\n", &width, &height, &most); err != nil {
		t.Fatal(err)
	}
	raster := image.NewGray(image.Rect(0, 0, g.Width, g.Rows))
	for i := range raster.Pix {
		raster.Pix[i] = 255
	}
	line := make([]byte, width)
	for y := range height {
		if _, err := io.ReadFull(in, line); err != nil {
			t.Fatal(err)
		}
		if y < g.Rows {
			copy(raster.Pix[y*raster.Stride+left:][:g.Width-left], line)
		}
	}
	p, err := page.FromRaster(raster, g.Resolution, page.Text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// beyond counts the black pixels of a page which have none of the other page's within two
// pixels.
func beyond(of, other *page.Page) int {
	const near = 2
	n := 0
	for y := range of.Rows {
		for x := range of.Width {
			if of.Black(x, y) && !blackNear(other, x, y, near) {
				n++
			}
		}
	}
	return n
}

func blackNear(p *page.Page, x, y, near int) bool {
	for v := max(y-near, 0); v <= min(y+near, p.Rows-1); v++ {
		for u := max(x-near, 0); u <= min(x+near, p.Width-1); u++ {
			if p.Black(u, v) {
				return true
			}
		}
	}
	return false
}
