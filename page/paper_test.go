package page_test

import (
	"testing"

	"github.com/faxgate/faxgate/page"
)

func TestPaperIsThatOfTheCountry(t *testing.T) {
	t.Parallel()
	for country, want := range map[string]page.Paper{
		"US": page.Letter, "CA": page.Letter, "MX": page.Letter, "PH": page.Letter, "CL": page.Letter, "CO": page.Letter,
		"VE": page.Letter, "PR": page.Letter, "JP": page.A4, "DE": page.A4, "BR": page.A4, "AU": page.A4, "": page.A4, "us": page.A4,
	} {
		if got := page.PaperIn(country); got != want {
			t.Errorf("in %q people write on %s, want %s", country, got, want)
		}
	}
}

func TestPaperIsKnownByItsSize(t *testing.T) {
	t.Parallel()
	for _, p := range []page.Paper{page.A4, page.B4, page.Letter, page.Legal} {
		width, height := p.Millimetres()
		for _, size := range [][2]float64{{width, height}, {height, width}, {width - 1, height + 1}} {
			if got, ok := page.PaperOf(size[0], size[1]); !ok || got != p {
				t.Errorf("%v mm are %s, %v, want %s", size, got, ok, p)
			}
		}
		if got := page.PaperNamed(p.String()); got != p {
			t.Errorf("%q is %s", p, got)
		}
	}
	for _, size := range [][2]float64{{148, 210}, {297, 420}, {215.9, 297}, {0, 0}, {210, 5000}} {
		if got, ok := page.PaperOf(size[0], size[1]); ok {
			t.Errorf("%v mm are %s", size, got)
		}
	}
	if got := page.PaperNamed("papyrus"); got != page.A4 {
		t.Errorf("papyrus is %s", got)
	}
}
