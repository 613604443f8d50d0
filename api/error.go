package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/web"
)

// problem is the error body everywhere under /v3.
type problem struct {
	Error        string `json:"error"`
	Description  string `json:"description"`
	Reason       string `json:"reason,omitempty"`        // of invalid_token: which of its causes
	At           string `json:"at,omitempty"`            // of invalid_token: when it ended, RFC 3339
	MissingScope string `json:"missing_scope,omitempty"` // of insufficient_scope
	Field        string `json:"field,omitempty"`         // the JSON key at fault
	Action       string `json:"action,omitempty"`        // what to do next
	RequestID    string `json:"request_id"`
}

// refusal is the answer to a fault, but for the request's id, which comes last.
type refusal struct {
	status    int
	body      []byte // as far as the id
	challenge []string
	language  []string
}

// refusalKey tells apart the refusals whose text has no blanks.
type refusalKey struct {
	kind     fault.Kind
	code     string
	language locale.Language
}

// fail answers an error of the resources. What is not a fault is the server's own
// trouble: a bare 500, and the cause in the log.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	line := web.LineOf(w)
	if web.Begun(w) {
		line.Err = err
		return
	}
	e := fault.Of(err)
	if e == nil {
		line.Err = err
		e = fault.New(fault.Internal, "internal")
	} else if e.Cause != nil {
		line.Err = e.Cause
	}
	if e.Kind == fault.Unauthenticated {
		line.Refused = e.Code
	}
	h := w.Header()
	accepted := r.Header.Get("Accept-Language")
	answer := s.refusal(e, locale.Match("", accepted))
	if accepted != "" || e.Kind != fault.Unauthenticated {
		// No cache keeps a 401 (RFC 9110 15.1), and a flood of them must cost little.
		h["Content-Language"] = answer.language
		h.Add("Vary", "Accept-Language")
	}
	if answer.challenge != nil {
		h["Www-Authenticate"] = answer.challenge
	}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", web.Seconds(e.RetryAfter))
	}
	body := encoders.Get().(*encoder)
	defer encoders.Put(body)
	*body = append(append(append((*body)[:0], answer.body...), line.RequestID...), `"}`...)
	writeBody(w, answer.status, *body)
}

// refusal makes the answer to a fault. One without blanks in its text is made once:
// a flood of bad tokens must cost little.
func (s *Server) refusal(e *fault.Error, language locale.Language) *refusal {
	if len(e.Params) > 0 || e.Field != "" || e.RetryAfter > 0 {
		return newRefusal(e, language)
	}
	key := refusalKey{e.Kind, e.Code, language}
	if known, ok := s.refusals.Load(key); ok {
		return known.(*refusal)
	}
	known, _ := s.refusals.LoadOrStore(key, newRefusal(e, language))
	return known.(*refusal)
}

func newRefusal(e *fault.Error, language locale.Language) *refusal {
	sentence, action := locale.Error(language, e)
	p := problem{Error: e.Code, Description: sentence, Field: e.Field, Action: action}
	if e.Kind == fault.Unauthenticated {
		p.invalidToken(e)
	}
	if scope, ok := e.Params["missing_scope"].(string); ok {
		p.MissingScope = scope
	}
	body, err := json.Marshal(p)
	if err != nil { // a struct of strings always encodes
		body = []byte(`{"request_id":""}`)
	}
	return &refusal{
		status: web.Status(e.Kind), body: bytes.TrimSuffix(body, []byte(`"}`)),
		challenge: challenge(e, p), language: []string{string(language)},
	}
}

// invalidToken folds the ways in which a token can be wrong into the one code that
// clients refresh on, and keeps the way as the reason. Without a token there is
// nothing to be invalid (RFC 6750 3.1).
func (p *problem) invalidToken(e *fault.Error) {
	if e.Code == "token_missing" || e.Code == "token_not_bearer" {
		return
	}
	p.Error, p.Reason = "invalid_token", e.Code
	if at, ok := e.Params["at"].(time.Time); ok {
		p.At = at.UTC().Format(time.RFC3339)
	}
}

// challenge is WWW-Authenticate (RFC 6750 3), or nothing.
func challenge(e *fault.Error, p problem) []string {
	switch {
	case e.Kind == fault.Unauthenticated && p.Reason == "":
		return []string{`Bearer realm="faxgate"`}
	case e.Kind == fault.Unauthenticated:
		return []string{`Bearer realm="faxgate", error="invalid_token", error_description="` + englishDescription(e) + `"`}
	case p.MissingScope != "":
		return []string{`Bearer realm="faxgate", error="insufficient_scope", scope="` + p.MissingScope + `"`}
	}
	return nil
}

// englishDescription keeps to the characters that RFC 6750 3 allows.
func englishDescription(e *fault.Error) string {
	sentence, _ := locale.Error(locale.English, e)
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return '\''
		}
		return r
	}, sentence)
}

// oauthProblem is the error body of RFC 6749 5.2.
type oauthProblem struct {
	Error       oauth.Code `json:"error"`
	Description string     `json:"error_description,omitempty"`
	RequestID   string     `json:"request_id"`
}

// failOAuth answers an error of the back channel.
func (s *Server) failOAuth(w http.ResponseWriter, r *http.Request, err error) {
	line := web.LineOf(w)
	e, status := oauthError(err)
	if line.Err = e; e.Code == oauth.ServerError {
		line.Err = err
	}
	h := w.Header()
	if status == http.StatusUnauthorized && (e.Basic || r.Header.Get("Authorization") != "") {
		h.Set("WWW-Authenticate", `Basic realm="faxgate", charset="UTF-8"`)
	}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", web.Seconds(e.RetryAfter))
	}
	noStore(h)
	writeJSON(w, status, oauthProblem{e.Code, e.Description, line.RequestID})
}

// oauthError puts every failure into the words and the status of RFC 6749 5.2.
func oauthError(err error) (*oauth.Error, int) {
	var e *oauth.Error
	if errors.As(err, &e) {
		switch e.Code {
		case oauth.InvalidClient:
			return e, http.StatusUnauthorized
		case oauth.TemporarilyUnavailable:
			return e, http.StatusTooManyRequests
		}
		return e, http.StatusBadRequest
	}
	f := fault.Of(err)
	if f == nil {
		return &oauth.Error{Code: oauth.ServerError}, http.StatusInternalServerError
	}
	status := web.Status(f.Kind)
	sentence, action := locale.Error(locale.English, f)
	e = oauth.Refuse(oauth.InvalidRequest, "%s", strings.TrimSpace(sentence+" "+action))
	e.RetryAfter = f.RetryAfter
	switch {
	case status >= 500 || f.Kind == fault.Throttled:
		e.Code = oauth.TemporarilyUnavailable
	case f.Kind == fault.Unsupported:
		status = http.StatusBadRequest // RFC 6749 5.2 has it for every request that is malformed
	}
	return e, status
}

// noStore keeps an answer out of every cache (RFC 6749 5.1).
func noStore(h http.Header) {
	h["Cache-Control"] = noStoreValue
	h["Pragma"] = noCacheValue
}

var (
	jsonType = []string{"application/json"}
	noSniff  = []string{"nosniff"}

	noStoreValue = []string{"no-store"}
	noCacheValue = []string{"no-cache"}
)

// writeJSON writes an answer.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		web.LineOf(w).Err = fmt.Errorf("encode the answer: %w", err)
		http.Error(w, "500", http.StatusInternalServerError)
		return
	}
	writeBody(w, status, body)
}

// writeBody writes an answer that is encoded already.
func writeBody(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = jsonType
	h["X-Content-Type-Options"] = noSniff
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away is nobody's error
}
