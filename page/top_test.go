package page_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/faxgate/faxgate/page"
)

// A band over white rows is the same page as one that was drawn with it.
func TestABandIsPutOnTopWithoutDecoding(t *testing.T) {
	t.Parallel()
	for name, below := range testPages(t) {
		for _, rows := range []int{1, 7, 8, 38} {
			t.Run(fmt.Sprint(name, rows), func(t *testing.T) {
				t.Parallel()
				band := mustPage(t, below.Width, rows)
				band.Blacken(rows/2, 3, 40)
				if rows == 1 {
					band = mustPage(t, below.Width, rows) // its last row is white
				}
				for _, white := range []int{rows, rows + 5} {
					bare, want := mustPage(t, below.Width, white+below.Rows), mustPage(t, below.Width, white+below.Rows)
					for y := range below.Rows {
						copy(bare.Row(white+y), below.Row(y))
						copy(want.Row(white+y), below.Row(y))
					}
					for y := range rows {
						copy(want.Row(y), band.Row(y))
					}
					topped, ok := bare.Code().Topped(band)
					if !ok {
						t.Fatalf("%d white rows are not enough", white)
					}
					got, err := topped.Page()
					if err != nil {
						t.Fatal(err)
					}
					if got.Geometry != want.Geometry || !slices.Equal(got.Words, want.Words) {
						t.Errorf("%d white rows: another page", white)
					}
				}
			})
		}
	}
}

func TestABandHidesNothing(t *testing.T) {
	t.Parallel()
	band := mustPage(t, page.WidthA4, 10)
	band.Blacken(5, 0, 100)
	written := mustPage(t, page.WidthA4, 50)
	written.Blacken(9, 1000, 1001)
	full := mustPage(t, page.WidthA4, 10)
	full.Blacken(9, 0, 1)
	fine := mustPage(t, page.WidthA4, 50)
	fine.Resolution = page.Superfine
	for name, of := range map[string][2]*page.Page{
		"something is written there":    {written, band},
		"the page is shorter":           {mustPage(t, page.WidthA4, 9), band},
		"the page is wider":             {mustPage(t, page.WidthB4, 50), band},
		"the page is finer":             {fine, band},
		"the band is not white below":   {mustPage(t, page.WidthA4, 50), full},
		"the page has no code of a row": {nil, band},
	} {
		code := page.Coded{Geometry: page.Geometry{Width: page.WidthA4, Rows: 50}}
		if of[0] != nil {
			code = of[0].Code()
		}
		if _, ok := code.Topped(of[1]); ok {
			t.Errorf("%s, and it is put on top", name)
		}
	}
}
