package main_test

import (
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	main "github.com/faxgate/faxgate/cmd/faxgate"
)

func TestExpiries(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("JST", 9*60*60)
	now := time.Date(2026, 11, 23, 16, 0, 0, 0, tokyo)
	for text, want := range map[string]time.Time{
		"90d":                  now.Add(90 * 24 * time.Hour),
		"12h":                  now.Add(12 * time.Hour),
		"2026-11-30":           time.Date(2026, 11, 30, 23, 59, 59, 0, tokyo),
		"2027-11-24":           now.Add(auth.MaxTokenAge), // the last day that is allowed
		"2026-12-01T09:00:00Z": time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC),
	} {
		got, err := main.ParseExpiry(text, now, tokyo)
		if err != nil || !got.Equal(want) {
			t.Errorf("ParseExpiry(%q) = %s, %v; want %s", text, got, err, want)
		}
	}
}
