package main

import (
	"context"
	"log/slog"
	"time"
)

// newLog makes the program's log: JSON lines that leave in batches. A line about an
// error leaves at once, together with all before it.
func newLog(out *batchWriter, level slog.Level) *slog.Logger {
	return slog.New(flushingLines{newJSONLines(out, level), out})
}

// flushingLines flushes after each line about an error.
type flushingLines struct {
	jsonLines
	batch *batchWriter
}

// Handle writes the line.
func (h flushingLines) Handle(ctx context.Context, r slog.Record) error {
	return h.flush(r.Level, h.jsonLines.Handle(ctx, r))
}

// HandleAttrs writes the line.
func (h flushingLines) HandleAttrs(ctx context.Context, at time.Time, level slog.Level, message string, attrs []slog.Attr) error {
	return h.flush(level, h.jsonLines.HandleAttrs(ctx, at, level, message, attrs))
}

func (h flushingLines) flush(level slog.Level, err error) error {
	if level >= slog.LevelError {
		return h.batch.Flush()
	}
	return err
}

// WithAttrs keeps the flushing.
func (h flushingLines) WithAttrs(attrs []slog.Attr) slog.Handler {
	return flushingLines{h.with(h.Handler.WithAttrs(attrs)), h.batch}
}

// WithGroup keeps the flushing.
func (h flushingLines) WithGroup(name string) slog.Handler {
	return flushingLines{h.with(h.Handler.WithGroup(name)), h.batch}
}
