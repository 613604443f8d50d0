package web_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/web"
)

// unread is a body that must not be read.
type unread struct{ t *testing.T }

func (b unread) Read([]byte) (int, error) {
	b.t.Error("the body was read")
	return 0, io.EOF
}

func post(contentType string, body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", body)
	r.Header.Set("Content-Type", contentType)
	return r
}

func TestABodyIsReadUpToItsLimit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		body io.Reader
		want int // bytes; -1: too large
	}{
		{"none", nil, 0},
		{"empty", strings.NewReader(""), 0},
		{"short", strings.NewReader("abc"), 3},
		{"as long as it may be", strings.NewReader(strings.Repeat("x", 10)), 10},
		{"a byte longer", strings.NewReader(strings.Repeat("x", 11)), -1},
		{"in chunks", io.MultiReader(strings.NewReader("abc")), 3},
		{"in chunks, a byte longer", io.MultiReader(strings.NewReader(strings.Repeat("x", 11))), -1},
	} {
		got, err := web.ReadBody(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", tt.body), 10)
		if tt.want < 0 {
			if e := fault.Of(err); e == nil || e.Kind != fault.TooLarge {
				t.Errorf("%s: %d bytes, %v", tt.name, len(got), err)
			}
		} else if err != nil || len(got) != tt.want {
			t.Errorf("%s: %d bytes, %v", tt.name, len(got), err)
		}
	}
}

func TestABodyThatSaysHowLongItIsIsRefusedUnread(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/", unread{t})
	r.ContentLength = 1 << 40
	if _, err := web.ReadBody(httptest.NewRecorder(), r, 10); fault.Of(err) == nil {
		t.Errorf("ReadBody = %v", err)
	}
}

// RFC 9110 8.4, 15.5.16: the answer says which content coding would do.
func TestRFC9110_15_5_16_ACompressedBodyIsRefusedUnread(t *testing.T) {
	t.Parallel()
	readers := map[string]func(http.ResponseWriter, *http.Request) error{
		"ReadBody": func(w http.ResponseWriter, r *http.Request) error {
			_, err := web.ReadBody(w, r, 10)
			return err
		},
		"NewUpload": func(w http.ResponseWriter, r *http.Request) error {
			_, err := web.NewUpload(w, r, "file", 10)
			return err
		},
	}
	for name, read := range readers {
		for _, codings := range [][]string{{"gzip"}, {"GZIP"}, {"br"}, {"identity, deflate"}, {"identity", "zstd"}, {"gzip, gzip"}} {
			r, w := httptest.NewRequest(http.MethodPost, "/", unread{t}), httptest.NewRecorder()
			r.Header["Content-Encoding"] = codings
			err := read(w, r)
			if e := fault.Of(err); e == nil || e.Kind != fault.Unsupported || e.Code != "body_compressed" {
				t.Errorf("%s of %q = %v", name, codings, err)
			}
			if got := w.Header().Get("Accept-Encoding"); got != "identity" {
				t.Errorf("%s of %q: Accept-Encoding is %q", name, codings, got)
			}
		}
		for _, codings := range [][]string{nil, {""}, {"identity"}, {"Identity , "}} {
			r, w := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("abc")), httptest.NewRecorder()
			r.Header["Content-Encoding"] = codings
			if err := read(w, r); err != nil || len(w.Header()) != 0 {
				t.Errorf("%s of %q = %v, %v", name, codings, err, w.Header())
			}
		}
	}
}

// Some clients say of every request that it is compressed.
func TestNoBodyIsNotCompressed(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("Content-Encoding", "gzip")
	if body, err := web.ReadBody(httptest.NewRecorder(), r, 10); err != nil || len(body) != 0 {
		t.Errorf("ReadBody = %q, %v", body, err)
	}
}

func TestABodyThatBreaksOffIsTheCallersFault(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader("a"), broken{}))
	_, err := web.ReadBody(httptest.NewRecorder(), r, 10)
	if e := fault.Of(err); e == nil || e.Kind != fault.Invalid || e.Code != "body_unreadable" {
		t.Errorf("ReadBody = %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestAFormIsRead(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{
		"application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded", "application/x-www-form-urlencoded; charset=UTF-8",
	} {
		form, err := web.ReadForm(httptest.NewRecorder(), post(contentType, strings.NewReader("scope=a&scope=b&name=%E5%90%8D")))
		want := url.Values{"scope": {"a", "b"}, "name": {"名"}}
		if err != nil || form.Encode() != want.Encode() {
			t.Errorf("%s: %v, %v", contentType, form, err)
		}
	}
	if form, err := web.ReadForm(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", nil)); err != nil || len(form) != 0 {
		t.Errorf("a POST without a form: %v, %v", form, err)
	}
}

func TestWhatIsNoFormIsRefused(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name, contentType, body, code string
	}{
		{"JSON", "application/json", `{"a":"b"}`, "form_expected"},
		{"an upload", "multipart/form-data; boundary=x", "--x--", "form_expected"},
		{"no content type", "", "a=b", "form_expected"},
		{"64 KiB and a byte", form, strings.Repeat("x", web.MaxForm+1), "body_too_large"},
		{"ten thousand fields", form, strings.Repeat("a=&", 10_000), "form_too_many_fields"},
		{"a bad percent", form, "a=%zz", "form_malformed"},
		{"no UTF-8", form, "a=%ff", "form_malformed"},
		{"no UTF-8 in a name", form, "%ff=a", "form_malformed"},
		{"NUL", form, "a=b%00c", "form_malformed"},
		{"NUL in a name", form, "a%00b=c", "form_malformed"},
	} {
		_, err := web.ReadForm(httptest.NewRecorder(), post(tt.contentType, strings.NewReader(tt.body)))
		if e := fault.Of(err); e == nil || e.Code != tt.code {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.code)
		}
	}
}

// A form that comes in one piece and in chunks is the same.
func FuzzReadForm(f *testing.F) {
	f.Add([]byte("a=b&c=d"))
	f.Add([]byte("a=%zz;b"))
	f.Add(bytes.Repeat([]byte("&"), 2000))
	f.Fuzz(func(t *testing.T, body []byte) {
		const form = "application/x-www-form-urlencoded"
		whole, err1 := web.ReadForm(httptest.NewRecorder(), post(form, bytes.NewReader(body)))
		pieces, err2 := web.ReadForm(httptest.NewRecorder(), post(form, io.MultiReader(bytes.NewReader(body))))
		if (err1 == nil) != (err2 == nil) || whole.Encode() != pieces.Encode() {
			t.Errorf("%q: %v, %v and %v, %v", body, whole, err1, pieces, err2)
		}
		if err1 != nil && fault.Of(err1) == nil {
			t.Errorf("%q is our own trouble: %v", body, err1)
		}
	})
}
