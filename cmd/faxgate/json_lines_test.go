package main_test

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	main "github.com/faxgate/faxgate/cmd/faxgate"
	"github.com/faxgate/faxgate/web"
)

// Any record is one line, the same as slog's own.
func TestLinesAreThoseOfTheStandardLibrary(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 7, 5, 9, 123456789, time.UTC)
	texts := []string{"", "plain", `"quoted"`, `back\slash`, "<&>", "花子", "\x00\n\x7f", "\xff broken", "\u2028"}
	attrs := []slog.Attr{
		slog.Int("status", -200), slog.Int64("bytes", 1<<62), slog.Bool("yes", true), slog.Float64("f", 1.5), slog.Duration("took", time.Second),
		slog.Time("at", at), slog.Any("error", errors.New("broken")), slog.Any("nothing", nil), slog.Group("g", slog.Int("a", 1)), slog.Group("empty"), {},
	}
	for _, text := range texts {
		attrs = append(attrs, slog.String("text", text), slog.String(text, "value"))
	}
	records := []slog.Record{slog.NewRecord(time.Time{}, slog.LevelInfo, "no time", 0)}
	for _, fraction := range []time.Duration{0, 1, 120 * time.Millisecond, time.Second - 1} {
		for _, zone := range []*time.Location{time.UTC, time.FixedZone("", 9*3600), time.FixedZone("", -9000)} {
			records = append(records, slog.NewRecord(at.Truncate(time.Second).Add(fraction).In(zone), slog.LevelInfo, "time", 0))
		}
	}
	for i, attr := range attrs {
		r := slog.NewRecord(at.Add(time.Duration(i)*time.Millisecond), slog.Level(i%12-4), texts[i%len(texts)], 0)
		r.AddAttrs(slog.String("request_id", "0123456789abcdef"), attr, slog.Int("us", i))
		records = append(records, r)
	}
	for with, add := range map[string]func(slog.Handler) slog.Handler{
		"nothing": func(h slog.Handler) slog.Handler { return h },
		"attrs":   func(h slog.Handler) slog.Handler { return h.WithAttrs([]slog.Attr{slog.String("node", "a")}) },
		"a group": func(h slog.Handler) slog.Handler { return h.WithGroup("request") },
	} {
		var ours, standard bytes.Buffer
		h, want := add(main.NewJSONLines(&ours, slog.LevelInfo)), add(slog.NewJSONHandler(&standard, nil))
		for _, r := range records {
			if err := errors.Join(h.Handle(t.Context(), r), want.Handle(t.Context(), r)); err != nil {
				t.Fatal(err)
			}
			if ours.String() != standard.String() {
				t.Errorf("with %s:\n%s\nwant\n%s", with, &ours, &standard)
			}
			ours.Reset()
			if err := h.(web.AttrsHandler).HandleAttrs(t.Context(), r.Time, r.Level, r.Message, slices.Collect(r.Attrs)); err != nil {
				t.Fatal(err)
			}
			if ours.String() != standard.String() {
				t.Errorf("attributes with %s:\n%s\nwant\n%s", with, &ours, &standard)
			}
			ours.Reset()
			standard.Reset()
		}
	}
}
