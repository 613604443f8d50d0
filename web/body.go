package web

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/faxgate/faxgate/fault"
)

// The limits of what is read into memory.
const (
	MaxForm = 64 << 10
	MaxJSON = 1 << 20

	maxFormFields = 1000 // of a page's form; the longest has about fifty
)

// ReadBody reads a body of at most limit bytes. A longer one is fault.TooLarge and
// is refused by its Content-Length alone where it has one; a compressed one is
// fault.Unsupported "body_compressed".
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if err := refuseCoding(w, r); err != nil {
		return nil, err
	}
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return nil, tooLarge(limit)
	}
	if err != nil { // the connection broke, or the chunks were malformed
		return nil, fault.New(fault.Invalid, "body_unreadable").Because(err)
	}
	return body, nil
}

// refuseCoding refuses a body under a content coding such as gzip (RFC 9110 8.4), and
// says which one would do: none (15.5.16). A few bytes can unpack to gigabytes.
func refuseCoding(w http.ResponseWriter, r *http.Request) error {
	for _, codings := range r.Header["Content-Encoding"] {
		for coding := range strings.SplitSeq(codings, ",") {
			coding = strings.TrimSpace(coding)
			if coding != "" && !strings.EqualFold(coding, "identity") {
				w.Header().Set("Accept-Encoding", "identity")
				return fault.New(fault.Unsupported, "body_compressed")
			}
		}
	}
	return nil
}

func tooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "body_too_large", "kilobytes", limit>>10)
}

// ReadForm reads the form of a page's POST.
func ReadForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if !IsForm(r.Header.Get("Content-Type")) && r.ContentLength != 0 {
		return nil, fault.New(fault.Unsupported, "form_expected")
	}
	body, err := ReadBody(w, r, MaxForm)
	if err != nil {
		return nil, err
	}
	text := string(body)
	if strings.Count(text, "&") >= maxFormFields {
		return nil, fault.New(fault.Invalid, "form_too_many_fields", "most", maxFormFields)
	}
	form, err := url.ParseQuery(text)
	if err != nil {
		return nil, fault.New(fault.Invalid, "form_malformed")
	}
	for name, values := range form {
		for _, v := range values {
			if text := name + v; !utf8.ValidString(name) || !utf8.ValidString(v) || strings.ContainsRune(text, 0) {
				return nil, fault.New(fault.Invalid, "form_malformed")
			}
		}
	}
	return form, nil
}

// IsForm reports whether the content type is that of a form body.
func IsForm(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), "application/x-www-form-urlencoded")
}
