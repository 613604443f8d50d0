package fax_test

import (
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
)

func TestParseNumber(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, country, want string }{
		{"+81312345678", "", "+81312345678"},
		{"+81 3-1234-5678", "JP", "+81312345678"},
		{"03-1234-5678", "JP", "+81312345678"},
		{"０３ー１２３４－５６７８", "JP", "+81312345678"},
		{"＋８１（３）１２３４　５６７８", "JP", "+81312345678"},
		{"0081 3 1234 5678", "JP", "+81312345678"},
		{"0081 3 1234 5678", "", "+81312345678"},
		{"010 81 3 1234 5678", "JP", "+81312345678"},
		{"010-1-415-555-0100", "JP", "+14155550100"},
		{"010 8888 8888", "CN", "+861088888888"},
		{"011 81 3 1234 5678", "US", "+81312345678"},
		{"(415) 555-0100", "US", "+14155550100"},
		{"+1 500 555 0001", "JP", "+15005550001"},
		{"+15005551000", "", "+15005551000"},
		{"+14155550100*12", "", "+14155550100*12"},
		{"415.555.0100＊１２", "US", "+14155550100*12"},
		{"06 6987 1234", "IT", "+390669871234"},
		{"", "JP", ""},
		{"+", "JP", ""},
		{"03-1234-5678", "", ""}, // in which country?
		{"117", "JP", ""},
		{"+999123456789", "", ""},
		{"1-800-FLOWERS", "US", ""},
		{"no_number", "JP", ""},
		{"+14155550100*", "", ""},
		{"+14155550100*12345678901", "", ""},
		{"+14155550100*1*2", "", ""},
		{"+1415555010+0", "", ""},
		{"sip:1@example.com", "JP", ""},
		{"+81312345678;phone-context=1", "JP", ""},
		{strings.Repeat("0", 100), "JP", ""},
	} {
		got, err := fax.ParseNumber(tt.text, tt.country)
		if got != tt.want {
			t.Errorf("ParseNumber(%q, %s) = %s, %v, want %s", tt.text, tt.country, got, err, tt.want)
		}
		if tt.want == "" {
			is(t, tt.text, err, "number_invalid")
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, text := range []string{"03-1234-5678", "０３", "+14155550100*12", "010 81 3", "\xff", "+39 06"} {
		f.Add(text, "JP")
		f.Add(text, "")
	}
	f.Fuzz(func(t *testing.T, text, country string) {
		number, err := fax.ParseNumber(text, country)
		if err != nil {
			return
		}
		main, _, _ := strings.Cut(number, "*")
		if !line.IsE164(main) {
			t.Errorf("ParseNumber(%q, %q) = %q, no E.164 number", text, country, number)
		}
		if again, err := fax.ParseNumber(number, country); again != number {
			t.Errorf("ParseNumber(%q) = %q, %v: not itself", number, again, err)
		}
	})
}

// noon is when a send_time is judged.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestParseSendTime(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text, code string
		want       time.Time // zero: at once
	}{
		{"", "", time.Time{}},
		{"2026-11-24 09:00:00 +0900", "", time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)},
		{"2026-11-23 09:00:00 -0330", "", time.Date(2026, 11, 23, 12, 30, 0, 0, time.UTC)},
		{"2026-11-23 12:00:00 +0000", "", time.Time{}},
		{"2026-11-23 11:59:00 +0000", "", time.Time{}},
		{"2026-11-23 11:58:59 +0000", "send_time_past", time.Time{}},
		{"2028-01-01 00:00:00 +0000", "send_time_far", time.Time{}},
		{"2026-11-24 09:00:00", "send_time_invalid", time.Time{}},
		{"2026-11-24 09:00:00 +09:00", "send_time_invalid", time.Time{}},
		{"2026-11-24 09:00:00.5 +0900", "send_time_invalid", time.Time{}},
		{"2026-11-31 09:00:00 +0900", "send_time_invalid", time.Time{}},
		{"2026-11-24T09:00:00+0900", "send_time_invalid", time.Time{}},
		{"tomorrow", "send_time_invalid", time.Time{}},
	} {
		got, err := fax.ParseSendTime(tt.text, noon)
		is(t, tt.text, err, tt.code)
		if !got.Equal(tt.want) {
			t.Errorf("ParseSendTime(%q) = %s, want %s", tt.text, got, tt.want)
		}
	}
}

func FuzzParseSendTime(f *testing.F) {
	f.Add("2026-11-24 09:00:00 +0900")
	f.Add("2026-11-23 09:00:00 -0330")
	f.Fuzz(func(t *testing.T, text string) {
		at, err := fax.ParseSendTime(text, noon)
		if err != nil || at.IsZero() {
			return
		}
		if at.Before(noon) || at.After(noon.Add(367*24*time.Hour)) || at.Location() != time.UTC {
			t.Errorf("ParseSendTime(%q) = %s", text, at)
		}
	})
}
