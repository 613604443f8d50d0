package page_test

import (
	"math"
	"slices"
	"testing"

	"github.com/faxgate/faxgate/page"
)

func TestWidePagesAreMadeNarrower(t *testing.T) {
	t.Parallel()
	for _, width := range []int{page.WidthB4, page.WidthA3} {
		wide := mustPage(t, width, 2800)
		for y := 700; y < 1400; y++ { // a quarter of the page down, for a quarter; half across
			wide.Blacken(y, 0, width/2)
		}
		coded, err := page.Narrowed(page.Document{wide.Code()}).Coded(0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := coded.Page()
		if err != nil {
			t.Fatal(err)
		}
		w, h := wide.Millimetres()
		w2, h2 := got.Millimetres()
		if got.Width != page.WidthA4 || got.Resolution != wide.Resolution || math.Abs(h/w-h2/w2) > 0.001 {
			t.Errorf("%v becomes %v", wide.Geometry, got.Geometry)
		}
		for _, at := range [][2]float64{{0.2, 0.3}, {0.45, 0.45}, {0.2, 0.2}, {0.6, 0.3}, {0.2, 0.6}} {
			want := at[0] < 0.5 && at[1] > 0.25 && at[1] < 0.5
			if got.Black(int(at[0]*float64(got.Width)), int(at[1]*float64(got.Rows))) != want {
				t.Errorf("%v: black is not %t at %v", wide.Geometry, want, at)
			}
		}
	}
}

func TestOtherPagesAreLeftAsTheyAre(t *testing.T) {
	t.Parallel()
	want := textPage(t, page.WidthA4, 300).Code()
	got, err := page.Narrowed(page.Document{want}).Coded(0)
	if err != nil || got.Geometry != want.Geometry || !slices.Equal(got.Data, want.Data) {
		t.Errorf("the page becomes %v, %v", got.Geometry, err)
	}
}
