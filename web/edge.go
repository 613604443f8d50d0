package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
)

// Edge is the outermost handler: it gives each request an id, an address and a log
// line, and catches panics.
type Edge struct {
	Next    http.Handler
	Log     *slog.Logger
	Now     func() time.Time
	Proxies Proxies
	// Refusals sums up refused tokens. Nil: each gets a line of its own.
	Refusals *Refusals
	// Observe hears of every answered request. Nil: nobody.
	Observe func(route string, status int, took time.Duration)
}

// Line is the log line of one request, filled in as the request goes. It never
// holds a token, a password, or a query string.
type Line struct {
	RequestID string
	Address   string
	AccountID string
	TokenID   string
	ClientID  string
	Refused   string // why a bearer token was refused; empty: it was not
	Err       error  // the cause, where the caller saw less
}

// Response is the ResponseWriter of every handler behind an Edge.
type Response struct {
	http.ResponseWriter
	line   Line
	status int // zero: nothing written yet
	bytes  int64
	broken bool // the handler panicked
	attrs  [12]slog.Attr
}

var responses = sync.Pool{New: func() any { return new(Response) }}

// LineOf finds the log line of the request that w answers. Behind no Edge, as in a
// small test, it is a line that nobody reads.
func LineOf(w http.ResponseWriter) *Line {
	for {
		switch t := w.(type) {
		case *Response:
			return &t.line
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return new(Line)
		}
	}
}

// WriteHeader notes the status.
func (w *Response) WriteHeader(status int) {
	if w.status == 0 || w.status < 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (w *Response) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *Response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Begun reports whether a part of the answer is on its way already.
func Begun(w http.ResponseWriter) bool {
	response, ok := w.(*Response)
	return ok && response.status != 0
}

// ServeHTTP serves a request and writes its line.
func (e *Edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := e.Now()
	response := responses.Get().(*Response)
	*response = Response{ResponseWriter: w, line: Line{RequestID: newRequestID(), Address: e.Proxies.Address(r)}}
	w.Header()["X-Request-Id"] = []string{response.line.RequestID}
	defer func() {
		cause := recover()
		abort := cause != nil && !e.panicked(response, cause)
		e.done(response, r, start, e.Now())
		*response = Response{}
		responses.Put(response)
		if abort {
			panic(http.ErrAbortHandler) // net/http closes the connection and says nothing
		}
	}()
	e.Next.ServeHTTP(response, r)
}

// panicked answers 500 if it still can. Half an answer must not look like a whole
// one: then the connection has to be cut.
func (e *Edge) panicked(w *Response, cause any) (answered bool) {
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		if w.line.Err == nil {
			w.line.Err = http.ErrAbortHandler
		}
		return false
	}
	w.line.Err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
	w.broken = true
	if w.status != 0 {
		return false
	}
	http.Error(w, "500 "+w.line.RequestID, http.StatusInternalServerError)
	return true
}

func (e *Edge) done(w *Response, r *http.Request, start, end time.Time) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if e.Observe != nil {
		e.Observe(r.Pattern, w.status, end.Sub(start))
	}
	if w.line.Refused != "" && e.Refusals != nil {
		e.Refusals.Add(w.line.Address, w.line.Refused)
		return
	}
	e.write(w, r, start, end)
}

// AttrsHandler is a slog.Handler that takes the parts of a line without a Record, which
// has room for five of them and copies the rest.
type AttrsHandler interface {
	slog.Handler
	HandleAttrs(ctx context.Context, at time.Time, level slog.Level, message string, attrs []slog.Attr) error
}

// write writes the line. It goes around slog's own methods, which would look up the
// place in the source: that is the same for every line.
func (e *Edge) write(w *Response, r *http.Request, start, end time.Time) {
	level := slog.LevelInfo
	if w.status >= 500 && w.status != http.StatusNotImplemented || w.broken { // 501 is what the caller asked for
		level = slog.LevelError
	}
	ctx, handler := r.Context(), e.Log.Handler()
	if !handler.Enabled(ctx, level) {
		return
	}
	attrs := w.parts(r, end.Sub(start))
	if h, ok := handler.(AttrsHandler); ok {
		_ = h.HandleAttrs(ctx, end, level, "request", attrs)
		return
	}
	record := slog.NewRecord(end, level, "request", 0)
	record.AddAttrs(attrs...)
	_ = handler.Handle(ctx, record)
}

// parts are those of the line, which live as long as w does.
func (w *Response) parts(r *http.Request, took time.Duration) []slog.Attr {
	all := append(w.attrs[:0],
		slog.String("request_id", w.line.RequestID),
		slog.String("method", cutText(r.Method, 20)),
		slog.String("route", r.Pattern),
		slog.Int("status", w.status),
		slog.Int64("bytes", w.bytes),
		slog.Int64("us", took.Microseconds()),
		slog.String("address", w.line.Address))
	if r.Pattern == "" || r.Pattern == "/" {
		all = append(all, slog.String("path", Masked(r.URL.Path)))
	}
	all = appendText(all, "account_id", w.line.AccountID)
	all = appendText(all, "token_id", w.line.TokenID)
	all = appendText(all, "client_id", w.line.ClientID)
	all = appendText(all, "refused", w.line.Refused)
	if w.line.Err != nil {
		all = append(all, slog.String("error", withoutSecrets(w.line.Err.Error()))) // it may quote the request
	}
	return all
}

func appendText(attrs []slog.Attr, key, value string) []slog.Attr {
	if value == "" {
		return attrs
	}
	return append(attrs, slog.String(key, value))
}

// newRequestID makes 16 hexadecimal digits. They name a request in the log and
// protect nothing, so that a fast generator will do.
func newRequestID() string {
	const digits = "0123456789abcdef"
	var out [16]byte
	n := rand.Uint64()
	for i := range out {
		out[i] = digits[n&15]
		n >>= 4
	}
	return string(out[:])
}

func cutText(s string, most int) string {
	if len(s) > most {
		return s[:most]
	}
	return s
}

// Seconds writes a duration as the whole seconds of a Retry-After header, rounded
// up.
func Seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
