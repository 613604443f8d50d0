package sheet

import (
	"testing"

	"github.com/faxgate/faxgate/page"
)

func TestHonorificIsThatOfTheLastNamed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"":             "",
		"田中一郎":         "様",
		"田中 一郎":        "様",
		"株式会社田中商事":     "御中",
		"株式会社 田中":      "御中",
		"田中商事株式会社":     "御中",
		"田中商事（株）":      "御中",
		"株式会社田中商事　営業部": "御中",
		"株式会社田中商事 営業部 鈴木": "様",
		"さくら医院":       "御中",
		"横浜市役所":       "御中",
		"田中様":         "",
		"田中一郎 先生":     "",
		"営業部 各位":      "",
		"株式会社田中商事 御中": "",
		"Tanaka Ltd.": "御中",
		"Ms Tanaka":   "様",
	} {
		if got := honorificOf(page.Party{Name: name}); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := honorificOf(page.Party{Name: "田中一郎", Honorific: "殿"}); got != "殿" {
		t.Errorf("an honorific that is given is %q", got)
	}
}

func TestLinesBreakAsJapaneseDoes(t *testing.T) {
	t.Parallel()
	p, err := page.New(page.A4.Geometry(page.Fine))
	if err != nil {
		t.Fatal(err)
	}
	pen := NewPen(p)
	const em = 10 * millimetresPerPoint
	for _, tt := range []struct {
		text string
		ems  float64
		want []string
	}{
		{"あいうえお", 3, []string{"あいう", "えお"}},
		{"あいう。えお", 3, []string{"あい", "う。え", "お"}},
		{"あい「うえ」", 3, []string{"あい", "「う", "え」"}},
		{"one two", 3, []string{"one", "two"}},
		{"one  two", 3, []string{"one", "two"}},
		{"", 3, []string{""}},
		{"a\n\nb", 3, []string{"a", "", "b"}},
	} {
		got := pen.wrap(fixedPitch, 10, tt.ems*em+0.01, tt.text)
		if len(got) != len(tt.want) {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
			}
		}
	}
}

// Whatever the text is, no letter of it is lost, and each line fits but for what may hang.
func FuzzWrap(f *testing.F) {
	f.Add("あいう。えお (and) more", uint8(5))
	f.Add("\t\x00\xff\n", uint8(0))
	p, err := page.New(page.A4.Geometry(page.Standard))
	if err != nil {
		f.Fatal(err)
	}
	pen := NewPen(p)
	f.Fuzz(func(t *testing.T, text string, width uint8) {
		for _, line := range pen.wrap(proportional, 10, float64(width), text) {
			if w := pen.Width(10, line); w > float64(width)+1e-6 && len([]rune(line)) > 1 {
				t.Errorf("%q is %.1f mm wide, of %d", line, w, width)
			}
		}
		NewPlain(page.A4, page.Standard, text)
	})
}
