package locale_test

import (
	"strings"
	"testing"

	"github.com/faxgate/faxgate/locale"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, chosen, header string
		want                 locale.Language
	}{
		{"nothing is said", "", "", locale.English},
		{"the person's choice wins", "ja", "en", locale.Japanese},
		{"the person's choice wins the other way", "en", "ja", locale.English},
		{"a choice we lack leaves it to the header", "fr", "ja", locale.Japanese},
		{"Chromium in Japan", "", "ja,en-US;q=0.9,en;q=0.8", locale.Japanese},
		{"Chromium in America", "", "en-US,en;q=0.9,ja;q=0.8", locale.English},
		{"the weight counts, not the order", "", "en;q=0.7, ja;q=0.8", locale.Japanese},
		{"equal weights: the order counts", "", "ja, en", locale.Japanese},
		{"equal weights the other way", "", "en, ja", locale.English},
		{"a regional variant", "", "ja-JP", locale.Japanese},
		{"case does not count", "", "JA-jp;Q=0.5", locale.Japanese},
		{"white space does not count", "", " fr , ja ; q=0.5 ", locale.Japanese},
		{"a language whose code starts alike", "", "jav, fr", locale.English},
		{"languages we lack", "", "fr, de;q=0.9, ja;q=0.1", locale.Japanese},
		{"only languages we lack", "", "fr, de", locale.English},
		{"any", "", "*", locale.English},
		{"any but English", "", "en;q=0, *", locale.Japanese},
		{"Japanese is not acceptable", "", "ja;q=0, fr", locale.English},
		{"neither is acceptable", "", "ja;q=0, en;q=0", locale.English},
		{"any, and Japanese less", "", "*;q=0.5, ja;q=0.4", locale.English},
		{"the greater of two weights of one language", "", "ja-JP;q=0.1, en;q=0.5, ja;q=0.9", locale.Japanese},
		{"a malformed weight spoils its range", "", "ja;q=high, en;q=0.1", locale.English},
		{"a weight over one spoils its range", "", "ja;q=2, en;q=0.1", locale.English},
		{"NaN spoils its range", "", "ja;q=NaN, en;q=0.1", locale.English},
		{"an unknown parameter spoils its range", "", "ja;level=1, en;q=0.1", locale.English},
		{"bytes that are no text", "", "\xff\xfe,;;=,,ja", locale.Japanese},
		{"what comes after 32 ranges is not read", "", strings.Repeat("x,", 32) + "ja", locale.English},
		{"what comes after 1024 bytes is not read", "", strings.Repeat("x", 1024) + ",ja", locale.English},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := locale.Match(tt.chosen, tt.header); got != tt.want {
				t.Errorf("Match(%q, %q) = %s, want %s", tt.chosen, tt.header, got, tt.want)
			}
		})
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("", "ja,en-US;q=0.9,en;q=0.8")
	f.Add("ja", "*")
	f.Add("", "en;q=0,*;q=0.001")
	f.Add("\x00", ",,;;==q=1e400")
	f.Fuzz(func(t *testing.T, chosen, header string) {
		got := locale.Match(chosen, header)
		if got != locale.English && got != locale.Japanese {
			t.Fatalf("Match(%q, %q) = %q", chosen, header, got)
		}
		if again := locale.Match(string(got), header); again != got {
			t.Errorf("chosen %s, got %s", got, again)
		}
	})
}
