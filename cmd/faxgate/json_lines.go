package main

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"
)

// jsonLines writes plain records (texts and numbers, as the line of a request has
// them) exactly as slog.JSONHandler would, for half its price: there is one for each
// call. Everything else it leaves to that handler.
type jsonLines struct {
	slog.Handler // a JSONHandler on the same out, at the same level
	out          io.Writer
	plain        bool // nothing was added by WithAttrs or WithGroup
}

func newJSONLines(out io.Writer, level slog.Leveler) slog.Handler {
	return jsonLines{slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level}), out, true}
}

// lineBuffers are reused: a line is as long as the one before.
var lineBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}

// Handle writes one line.
func (h jsonLines) Handle(ctx context.Context, r slog.Record) error {
	buffer := lineBuffers.Get().(*[]byte)
	defer lineBuffers.Put(buffer)
	line, ok := appendRecord((*buffer)[:0], r)
	*buffer = line
	if !ok || !h.plain {
		return h.Handler.Handle(ctx, r)
	}
	_, err := h.out.Write(line)
	return err
}

// WithAttrs leaves what follows to slog.
func (h jsonLines) WithAttrs(attrs []slog.Attr) slog.Handler {
	return jsonLines{Handler: h.Handler.WithAttrs(attrs), out: h.out}
}

// WithGroup leaves what follows to slog.
func (h jsonLines) WithGroup(name string) slog.Handler {
	return jsonLines{Handler: h.Handler.WithGroup(name), out: h.out}
}

// appendRecord appends a line, unless something in the record is not plain.
func appendRecord(b []byte, r slog.Record) (line []byte, ok bool) {
	if r.Time.IsZero() || !isPlain(r.Message) {
		return b, false
	}
	b = append(b, `{"time":"`...)
	b = r.Time.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","level":"`...)
	b = append(b, r.Level.String()...)
	b = append(b, `","msg":"`...)
	b = append(append(b, r.Message...), '"')
	ok = true
	r.Attrs(func(a slog.Attr) bool {
		b, ok = appendAttr(b, a)
		return ok
	})
	return append(b, '}', '\n'), ok
}

func appendAttr(b []byte, a slog.Attr) (line []byte, ok bool) {
	if a.Key == "" || !isPlain(a.Key) {
		return b, false
	}
	b = append(append(append(b, ',', '"'), a.Key...), '"', ':')
	switch a.Value.Kind() {
	case slog.KindString:
		s := a.Value.String()
		return append(append(append(b, '"'), s...), '"'), isPlain(s)
	case slog.KindInt64:
		return strconv.AppendInt(b, a.Value.Int64(), 10), true
	}
	return b, false
}

// isPlain reports whether JSON has the text as it is.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
