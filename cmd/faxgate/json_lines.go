package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
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
	clock        *clock
}

func newJSONLines(out io.Writer, level slog.Leveler) jsonLines {
	return jsonLines{slog.NewJSONHandler(out, &slog.HandlerOptions{Level: level}), out, true, new(clock)}
}

// lineBuffers are reused: a line is as long as the one before.
var lineBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}

// Handle writes one line.
func (h jsonLines) Handle(ctx context.Context, r slog.Record) error {
	var few [8]slog.Attr
	attrs := few[:0]
	r.Attrs(func(a slog.Attr) bool { attrs = append(attrs, a); return true })
	if written, err := h.write(r.Time, r.Level, r.Message, attrs); written {
		return err
	}
	return h.Handler.Handle(ctx, r)
}

// HandleAttrs implements web.AttrsHandler.
func (h jsonLines) HandleAttrs(ctx context.Context, at time.Time, level slog.Level, message string, attrs []slog.Attr) error {
	if written, err := h.write(at, level, message, attrs); written {
		return err
	}
	r := slog.NewRecord(at, level, message, 0)
	r.AddAttrs(attrs...)
	return h.Handler.Handle(ctx, r)
}

// write writes a line if everything in it is plain.
func (h jsonLines) write(at time.Time, level slog.Level, message string, attrs []slog.Attr) (written bool, err error) {
	if !h.plain {
		return false, nil
	}
	buffer := lineBuffers.Get().(*[]byte)
	defer lineBuffers.Put(buffer)
	line, ok := h.append((*buffer)[:0], at, level, message, attrs)
	*buffer = line
	if !ok {
		return false, nil
	}
	_, err = h.out.Write(line)
	return true, err
}

// WithAttrs leaves what follows to slog.
func (h jsonLines) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(h.Handler.WithAttrs(attrs))
}

// WithGroup leaves what follows to slog.
func (h jsonLines) WithGroup(name string) slog.Handler { return h.with(h.Handler.WithGroup(name)) }

func (h jsonLines) with(changed slog.Handler) jsonLines { return jsonLines{Handler: changed} }

// append appends a line, unless something in it is not plain.
func (h jsonLines) append(b []byte, at time.Time, level slog.Level, message string, attrs []slog.Attr) (line []byte, ok bool) {
	if at.IsZero() || !isPlain(message) {
		return b, false
	}
	b = append(b, `{"time":"`...)
	b = h.clock.append(b, at)
	b = append(b, `","level":"`...)
	b = append(b, level.String()...)
	b = append(b, `","msg":"`...)
	b = append(append(b, message...), '"')
	for _, a := range attrs {
		if b, ok = appendAttr(b, a); !ok {
			return b, false
		}
	}
	return append(b, '}', '\n'), true
}

// clock writes times as RFC 3339 with what there is of a second. It remembers the text of
// the second in which it was asked last.
type clock struct{ second atomic.Pointer[second] }

type second struct {
	unix       int64
	zone       *time.Location
	head, tail string // before and after the fraction
}

func (c *clock) append(b []byte, t time.Time) []byte {
	s := c.second.Load()
	if s == nil || s.unix != t.Unix() || s.zone != t.Location() {
		s = &second{t.Unix(), t.Location(), t.Format("2006-01-02T15:04:05"), t.Format("Z07:00")}
		c.second.Store(s)
	}
	b = append(b, s.head...)
	if n := t.Nanosecond(); n > 0 {
		var digits [10]byte
		digits[0] = '.'
		for i := 9; i > 0; i-- {
			digits[i] = '0' + byte(n%10)
			n /= 10
		}
		b = append(b, bytes.TrimRight(digits[:], "0")...)
	}
	return append(b, s.tail...)
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
