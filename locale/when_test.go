package locale_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the zones do not depend on the machine

	"github.com/faxgate/faxgate/locale"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestDateTimeAlwaysShowsTheZone(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 7, 5, 59, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		zone   *time.Location
		en, ja string
	}{
		{"Tokyo", zone(t, "Asia/Tokyo"), "Mon 23 Nov 2026 16:05 JST", "2026年11月23日(月) 16:05 JST"},
		{"no zone is UTC", nil, "Mon 23 Nov 2026 07:05 UTC", "2026年11月23日(月) 07:05 UTC"},
		{"the day may differ", zone(t, "Pacific/Honolulu"), "Sun 22 Nov 2026 21:05 HST", "2026年11月22日(日) 21:05 HST"},
		{"a zone without a name", zone(t, "Asia/Riyadh"), "Mon 23 Nov 2026 10:05 UTC+03:00", "2026年11月23日(月) 10:05 UTC+03:00"},
		{"half an hour", zone(t, "Pacific/Marquesas"), "Sun 22 Nov 2026 21:35 UTC-09:30", "2026年11月22日(日) 21:35 UTC-09:30"},
		{"a nameless offset", time.FixedZone("", 5400), "Mon 23 Nov 2026 08:35 UTC+01:30", "2026年11月23日(月) 08:35 UTC+01:30"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := locale.DateTime(locale.English, at, tt.zone); got != tt.en {
				t.Errorf("English = %q, want %q", got, tt.en)
			}
			if got := locale.DateTime(locale.Japanese, at, tt.zone); got != tt.ja {
				t.Errorf("Japanese = %q, want %q", got, tt.ja)
			}
		})
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 7, 23, 0, 0, 0, time.UTC)
	if got := locale.Date(locale.Japanese, at, zone(t, "Asia/Tokyo")); got != "2026年3月8日(日)" {
		t.Errorf("Japanese = %q", got)
	}
	if got := locale.Date(locale.English, at, nil); got != "Sat 7 Mar 2026" {
		t.Errorf("English = %q", got)
	}
}

func TestTheZeroTimeIsNoDate(t *testing.T) {
	t.Parallel()
	if got := locale.Date(locale.English, time.Time{}, nil) + locale.DateTime(locale.Japanese, time.Time{}, nil); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestLastUsed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 7, 5, 0, 0, time.UTC)
	for _, tt := range []struct {
		ago    time.Duration
		en, ja string
	}{
		{-time.Hour, "just now", "たった今"},
		{59 * time.Second, "just now", "たった今"},
		{time.Minute, "1 minute ago", "1分前"},
		{3*time.Minute + 59*time.Second, "3 minutes ago", "3分前"},
		{time.Hour, "1 hour ago", "1時間前"},
		{23*time.Hour + 59*time.Minute, "23 hours ago", "23時間前"},
		{24 * time.Hour, "1 day ago", "1日前"},
		{1234 * 24 * time.Hour, "1,234 days ago", "1,234日前"},
	} {
		if got := locale.Ago(locale.English, now.Add(-tt.ago), now); got != tt.en {
			t.Errorf("%s: %q, want %q", tt.ago, got, tt.en)
		}
		if got := locale.Ago(locale.Japanese, now.Add(-tt.ago), now); got != tt.ja {
			t.Errorf("%s: %q, want %q", tt.ago, got, tt.ja)
		}
	}
	if got := locale.Ago(locale.English, time.Time{}, now); got != "never" {
		t.Errorf("zero time: %q", got)
	}
}

func TestDurationIsRoundedUp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		d      time.Duration
		en, ja string
	}{
		{0, "0 seconds", "0秒"},
		{-time.Second, "0 seconds", "0秒"},
		{time.Millisecond, "1 second", "1秒"},
		{59 * time.Second, "59 seconds", "59秒"},
		{59*time.Second + 1, "1 minute", "1分"},
		{61 * time.Second, "2 minutes", "2分"},
		{30 * time.Minute, "30 minutes", "30分"},
		{59*time.Minute + 1, "1 hour", "1時間"},
		{24 * time.Hour, "24 hours", "24時間"},
		{48 * time.Hour, "2 days", "2日"},
		{30*24*time.Hour - time.Minute, "30 days", "30日"},
	} {
		if got := locale.Duration(locale.English, tt.d); got != tt.en {
			t.Errorf("%s: %q, want %q", tt.d, got, tt.en)
		}
		if got := locale.Duration(locale.Japanese, tt.d); got != tt.ja {
			t.Errorf("%s: %q, want %q", tt.d, got, tt.ja)
		}
	}
}

func TestDaysLeft(t *testing.T) {
	t.Parallel()
	for days, want := range map[int][2]string{
		-1: {"expired", "期限切れ"},
		0:  {"less than a day left", "残り1日未満"},
		1:  {"1 day left", "残り1日"},
		12: {"12 days left", "残り12日"},
	} {
		if got := locale.DaysLeft(locale.English, days); got != want[0] {
			t.Errorf("%d: %q, want %q", days, got, want[0])
		}
		if got := locale.DaysLeft(locale.Japanese, days); got != want[1] {
			t.Errorf("%d: %q, want %q", days, got, want[1])
		}
	}
}
