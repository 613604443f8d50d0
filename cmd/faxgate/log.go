package main

import (
	"context"
	"log/slog"
)

// newLog makes the program's log: JSON lines that leave in batches. A line about an
// error leaves at once, together with all before it.
func newLog(out *batchWriter, level slog.Level) *slog.Logger {
	return slog.New(flushingHandler{Handler: newJSONLines(out, level), out: out})
}

// flushingHandler flushes after each line about an error.
type flushingHandler struct {
	slog.Handler
	out *batchWriter
}

// Handle writes the line.
func (h flushingHandler) Handle(ctx context.Context, r slog.Record) error {
	err := h.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelError {
		return h.out.Flush()
	}
	return err
}

// WithAttrs keeps the flushing.
func (h flushingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.Handler = h.Handler.WithAttrs(attrs)
	return h
}

// WithGroup keeps the flushing.
func (h flushingHandler) WithGroup(name string) slog.Handler {
	h.Handler = h.Handler.WithGroup(name)
	return h
}
