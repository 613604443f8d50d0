// Package fault says what kind of failure an error is and which sentence
// explains it. Rules return a fault; only the two fronts turn one into HTTP, and
// only the catalogue (package locale) turns its code into English or Japanese.
//
// An error that is not a fault is the server's own trouble: the caller sees a bare
// 500 and a request id, the log sees the error.
package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind is the class of a failure. A Kind is itself an error, so that
// errors.Is(err, fault.NotFound) asks for the class.
type Kind uint8

// The kinds, and the HTTP status that the fronts answer for each.
const (
	Internal        Kind = iota // 500; the zero value, never meant for a caller
	Invalid                     // 400: the input breaks a rule
	Unauthenticated             // 401: nobody, or a credential that does not work
	Forbidden                   // 403: known, but not allowed
	NotFound                    // 404: no such thing, or none that the caller may know of
	NotAllowed                  // 405: the path exists, the method does not
	Conflict                    // 409: the thing is not in the state the request needs
	Gone                        // 410: it existed and is used up or expired
	TooLarge                    // 413: more bytes than the limit
	Unsupported                 // 415: a content type that is not read here
	Throttled                   // 429: too many failures or too many calls
	Unavailable                 // 503: a part of the server is down or busy; try again
	NotOffered                  // 501: known, and nothing that this server does
)

var kindNames = [...]string{
	"internal", "invalid", "unauthenticated", "forbidden", "not found", "method not allowed",
	"conflict", "gone", "too large", "unsupported", "throttled", "unavailable", "not offered",
}

// Error names the kind.
func (k Kind) Error() string { return kindNames[k] }

// Error is a failure that a caller may see.
type Error struct {
	Kind Kind
	// Code is the stable name of the failure in snake_case, as it stands in JSON
	// answers. The catalogue has its sentence under "error.<code>" and, where a
	// person can do something about it, under "action.<code>".
	Code string
	// Params fill the blanks of the sentence. A key that the wire also knows
	// (missing_scope) is copied into the JSON answer by the edge.
	Params map[string]any
	// Field is the form field or JSON key at fault. Empty: none in particular.
	Field string
	// RetryAfter is how long to wait before another try. Zero: not said.
	RetryAfter time.Duration
	// Cause is for the log alone. Nil: none.
	Cause error
}

// New makes a fault. params are alternating keys and values, as in slog.
func New(kind Kind, code string, params ...any) *Error {
	e := &Error{Kind: kind, Code: code}
	if len(params) > 0 {
		e.Params = make(map[string]any, len(params)/2)
	}
	for i := 0; i+1 < len(params); i += 2 {
		e.Params[params[i].(string)] = params[i+1]
	}
	return e
}

// At names the form field or JSON key at fault.
func (e *Error) At(field string) *Error {
	e.Field = field
	return e
}

// After says how long the caller should wait.
func (e *Error) After(d time.Duration) *Error {
	e.RetryAfter = d
	return e
}

// Because keeps the cause for the log.
func (e *Error) Because(err error) *Error {
	e.Cause = err
	return e
}

// Error is the text for logs; people read the catalogue's sentence instead.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	for _, k := range slices.Sorted(maps.Keys(e.Params)) {
		fmt.Fprintf(&b, " %s=%v", k, e.Params[k])
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	return b.String()
}

// Is reports whether target is the kind of e.
func (e *Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && e.Kind == k
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// HasCode reports whether err is, or wraps, the fault with this code. For the class
// of a failure ask errors.Is(err, kind).
func HasCode(err error, code string) bool {
	e := Of(err)
	return e != nil && e.Code == code
}

// Of finds the fault in err. The result is nil when there is none, which means
// that the failure is the server's own.
func Of(err error) *Error {
	if e, ok := err.(*Error); ok { //nolint:errorlint // most are not wrapped; those that are follow
		return e
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
