// Package web is what both fronts share at the edge: handlers that return errors,
// one structured log line per request, the caller's address behind trusted
// proxies, and limits on what is read.
package web

import (
	"net/http"

	"github.com/faxgate/faxgate/fault"
)

// Handler answers a request or returns why it could not.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Handle makes an http.Handler of h. fail renders what h returns; it must cope
// with an answer that has begun.
func Handle(h Handler, fail func(w http.ResponseWriter, r *http.Request, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			fail(w, r, err)
		}
	})
}

// Status is the HTTP status of a kind of failure.
func Status(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.NotAllowed:
		return http.StatusMethodNotAllowed
	case fault.Conflict:
		return http.StatusConflict
	case fault.Gone:
		return http.StatusGone
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Unsupported:
		return http.StatusUnsupportedMediaType
	case fault.Throttled:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.NotOffered:
		return http.StatusNotImplemented
	}
	return http.StatusInternalServerError
}
