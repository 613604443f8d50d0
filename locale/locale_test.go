package locale_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
)

func TestTextOfAnIDThatNobodyKnowsIsTheID(t *testing.T) {
	t.Parallel()
	for _, l := range []locale.Language{locale.English, locale.Japanese, "fr", ""} {
		if got := locale.Text(l, "no.such.id", nil); got != "no.such.id" {
			t.Errorf("Text(%q) = %q", l, got)
		}
		if locale.Has(l, "no.such.id") {
			t.Errorf("Has(%q) = true", l)
		}
	}
}

func TestALanguageThatTheCatalogueLacksIsEnglish(t *testing.T) {
	t.Parallel()
	if got := locale.Text("fr", "ago.now", nil); got != "just now" {
		t.Errorf("Text = %q", got)
	}
	if !locale.Has("fr", "ago.now") {
		t.Error("Has = false")
	}
}

func TestTextWritesEachKindOfParameter(t *testing.T) {
	t.Parallel()
	type pages int
	jst := time.FixedZone("JST", 9*60*60)
	for _, tt := range []struct {
		name   string
		value  any
		en, ja string
	}{
		{"a string stays, with its markup", "<b>{{.x}}", "<b>{{.x}}", "<b>{{.x}}"},
		{"an integer is grouped", 1234567, "1,234,567", "1,234,567"},
		{"a named integer too", pages(-1000), "-1,000", "-1,000"},
		{"a duration in words", 90 * time.Second, "2 minutes", "2分"},
		{"a list", []string{"a", "b"}, "a, b", "a、b"},
		{"anything else as fmt prints it", fault.NotFound, "not found", "not found"},
		{"a time in its own zone", time.Date(2026, 11, 23, 16, 5, 0, 0, jst),
			"Mon 23 Nov 2026 16:05 JST", "2026年11月23日(月) 16:05 JST"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			params := map[string]any{"count": tt.value}
			en := strings.TrimSuffix(locale.Text(locale.English, "duration.seconds", params), " seconds")
			ja := strings.TrimSuffix(locale.Text(locale.Japanese, "duration.seconds", params), "秒")
			if en != tt.en || ja != tt.ja {
				t.Errorf("got %q and %q, want %q and %q", en, ja, tt.en, tt.ja)
			}
		})
	}
}

func TestErrorOfTheServersOwnTroubleSaysNothingOfIt(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errors.New("disk full"), fault.New(fault.Internal, "disk_full"), nil} {
		sentence, action := locale.Error(locale.Japanese, err)
		if sentence != "サーバーで問題が発生しました。" || !strings.Contains(action, "管理者") {
			t.Errorf("Error(%v) = %q, %q", err, sentence, action)
		}
	}
}

func TestErrorWithoutAnActionHasNone(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("sign in: %w", fault.New(fault.Invalid, "never_heard_of"))
	sentence, action := locale.Error(locale.English, err)
	if sentence != "error.never_heard_of" || action != "" {
		t.Errorf("Error = %q, %q", sentence, action)
	}
}

func BenchmarkText(b *testing.B) {
	params := map[string]any{"count": 3}
	for b.Loop() {
		locale.Text(locale.Japanese, "ago.minutes", params)
	}
}
