package oauth

import (
	"fmt"
	"strings"
	"time"
)

// Code is an error code of the OAuth registry (RFC 6749 4.1.2.1, 5.2; RFC 7009).
type Code string

// The codes this server answers.
const (
	InvalidRequest          Code = "invalid_request"
	InvalidClient           Code = "invalid_client"
	InvalidGrant            Code = "invalid_grant"
	UnsupportedGrantType    Code = "unsupported_grant_type"
	UnsupportedResponseType Code = "unsupported_response_type"
	InvalidScope            Code = "invalid_scope"
	AccessDenied            Code = "access_denied"
	TemporarilyUnavailable  Code = "temporarily_unavailable"
	ServerError             Code = "server_error"
)

// Error is a refusal in the words of RFC 6749 5.2. Its description is English and
// keeps to the characters that the RFC allows there.
type Error struct {
	Code        Code
	Description string
	Basic       bool          // the client tried HTTP Basic and must be challenged
	RetryAfter  time.Duration // zero: not said
}

// Error is the text for logs.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Description }

// Refuse makes an Error. What RFC 6749 5.2 does not allow in a description is
// replaced.
func Refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Description: clean(fmt.Sprintf(format, args...))}
}

// clean keeps to %x20-21 / %x23-5B / %x5D-7E, which RFC 6749 5.2 allows in a
// description, and to a length that fits into one line of a log.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case r < 0x20, r > 0x7e, r == '\\':
			return '?'
		}
		return r
	}, s)
	if len(s) > 400 {
		s = s[:400]
	}
	return s
}
