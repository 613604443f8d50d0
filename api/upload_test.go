package api_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// fileForm is a multipart body with one PDF.
func fileForm(t *testing.T, name, content string) (body, bodyType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="fax_file"; filename="%s"`, name))
	h.Set("Content-Type", "application/pdf")
	part, err := w.CreatePart(h)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(part, content)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

// upload uploads a file as the client libraries do.
func (g *gate) upload(t *testing.T, token, name, content string, headers ...string) answer {
	t.Helper()
	body, bodyType := fileForm(t, name, content)
	return g.uploadBody(t, token, strings.NewReader(body), bodyType, headers...)
}

func (g *gate) uploadBody(t *testing.T, token string, body io.Reader, bodyType string, headers ...string) answer {
	t.Helper()
	headers = append([]string{"Authorization", "Bearer " + token, "Content-Type", bodyType}, headers...)
	return g.call(t, http.MethodPost, "/v3/accounts/self/files", body, headers...)
}

// path is where an upload is.
func (a answer) path() string {
	path, _ := a.json()["path"].(string)
	return path
}

func TestAnUploadGivesAPath(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.FileEdit)
		for name, suffix := range map[string]string{
			"a.pdf": ".pdf", "請求書.PDF": ".pdf", `C:\faxes\b.tiff`: ".tiff", "../../etc/passwd": "", "a\xff.txt": ".txt", "": "",
		} {
			path := g.upload(t, token, name, "%PDF-1.4 "+name).is(201, "").path()
			if !strings.HasPrefix(path, "/storage/transient-") || !strings.HasSuffix(path, suffix) || strings.Contains(path, "..") {
				t.Errorf("%q is at %q", name, path)
			}
		}
		a := g.upload(t, token, "a.pdf", "")
		a.is(400, "file_empty")
		g.upload(t, g.token(t, g.member, auth.FaxRead), "a.pdf", "x").is(403, "insufficient_scope")
		g.upload(t, g.token(t, g.member, auth.FaxEdit), "a.pdf", "x").is(201, "")
	})
}

// The bodies of clients that are out there.
func TestBodiesOfOtherClients(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.member, auth.FileEdit)
	const end = "\r\n--b--\r\n"
	file := "--b\r\nContent-Disposition: form-data; name=\"fax_file\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.4"
	format := "--b\r\nContent-Disposition: form-data; name=\"format\"\r\n\r\npdf\r\n"
	for name, tt := range map[string]struct {
		body, bodyType string
		status         int
		code           string
	}{
		"as the Python library writes it":      {file + end, "multipart/form-data; boundary=b", 201, ""},
		"without a line break at its end":      {file + "\r\n--b--", "multipart/form-data; boundary=b", 201, ""},
		"the format in a field before":         {format + file + end, `multipart/form-data; boundary="b"`, 201, ""},
		"the format in a field after":          {file + "\r\n" + strings.TrimSuffix(format, "\r\n") + end, "multipart/form-data; boundary=b", 201, ""},
		"the wrong field":                      {strings.Replace(file, "fax_file", "file", 1) + end, "multipart/form-data; boundary=b", 400, "upload_field_missing"},
		"two files":                            {file + "\r\n" + file + end, "multipart/form-data; boundary=b", 400, "upload_one_file"},
		"a text with the name of a file":       {"--b\r\nContent-Disposition: form-data; name=\"fax_file\"\r\n\r\na.pdf" + end, "multipart/form-data; boundary=b", 400, "upload_without_file"},
		"a file without a name":                {"--b\r\nContent-Disposition: form-data; name=\"fax_file\"\r\nContent-Type: application/octet-stream\r\n\r\n%PDF" + end, "multipart/form-data; boundary=b", 201, ""},
		"no file":                              {"--b--\r\n", "multipart/form-data; boundary=b", 400, "upload_field_missing"},
		"nothing":                              {"", "multipart/form-data; boundary=b", 400, "multipart_malformed"},
		"half a file":                          {file, "multipart/form-data; boundary=b", 400, "multipart_malformed"},
		"the end without its dashes":           {file + "\r\n--b\r\n", "multipart/form-data; boundary=b", 201, ""},
		"another boundary":                     {file + end, "multipart/form-data; boundary=c", 400, "multipart_malformed"},
		"no boundary":                          {file + end, "multipart/form-data", 415, "multipart_expected"},
		"the file itself":                      {"%PDF-1.4", "application/pdf", 415, "multipart_expected"},
		"JSON":                                 {`{}`, "application/json", 415, "multipart_expected"},
		"a part with a header of a megabyte":   {"--b\r\nX: " + strings.Repeat("x", 1<<20) + "\r\n\r\n" + end, "multipart/form-data; boundary=b", 400, "upload_field_missing"},
		"a hundred parts that are not a file":  {strings.Repeat(format, 100) + file + end, "multipart/form-data; boundary=b", 400, "upload_field_missing"},
		"a type that cannot be read":           {file + end, "multipart/form-data; boundary=", 415, "multipart_expected"},
		"a boundary over the whole line limit": {file + end, "multipart/form-data; boundary=" + strings.Repeat("b", 80), 400, "multipart_malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			g.uploadBody(t, token, strings.NewReader(tt.body), tt.bodyType).is(tt.status, tt.code)
			g.uploadBody(t, token, io.MultiReader(strings.NewReader(tt.body)), tt.bodyType).is(tt.status, tt.code) // chunked
		})
	}
	g.uploadBody(t, token, strings.NewReader(strings.Replace(file, "fax_file", "file", 1)+end), "multipart/form-data; boundary=b").says("description", "file")
}

// zeros is a file of so many bytes in a multipart body, made as it is read.
func zeros(size int64) (body io.Reader, bodyType string) {
	return io.MultiReader(
		strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"fax_file\"; filename=\"a.tiff\"\r\n\r\n"),
		io.LimitReader(zero{}, size), strings.NewReader("\r\n--b--\r\n")), "multipart/form-data; boundary=b"
}

type zero struct{}

func (zero) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestAFileThatIsTooLargeIs413(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.member, auth.FileEdit)
	r := httptest.NewRequest(http.MethodPost, "/v3/accounts/self/files", zero{})
	r.ContentLength = 1 << 40
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	w := httptest.NewRecorder()
	g.Config.Handler.ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), `"files_too_large"`) {
		t.Errorf("by its Content-Length: %d %s", w.Code, w.Body)
	}
	body, bodyType := zeros(fax.MaxBytes + 1)
	r = httptest.NewRequest(http.MethodPost, "/v3/accounts/self/files", body)
	r.ContentLength = -1
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", bodyType)
	w = httptest.NewRecorder()
	g.Config.Handler.ServeHTTP(w, r)
	if w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), `"files_too_large"`) {
		t.Errorf("by its length: %d %s", w.Code, w.Body)
	}
}

// The largest file passes through in pieces.
func TestAFileIsNeverInMemoryAsAWhole(t *testing.T) {
	g := newSerialGate(t)
	token := g.token(t, g.member, auth.FileEdit)
	g.get(t, token, "/v3/accounts/self")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	body, bodyType := zeros(fax.MaxBytes - 1000)
	g.uploadBody(t, token, body, bodyType).is(201, "")
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 32<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}

// The server's read timeout is for short requests: an upload may take longer, as long
// as it goes on.
func TestAnUploadMayTakeLongerThanOtherRequests(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.member, auth.FileEdit)
	server := httptest.NewUnstartedServer(g.Config.Handler)
	server.Config.ReadTimeout = 500 * time.Millisecond
	server.Start()
	defer server.Close()
	body, bodyType := fileForm(t, "a.pdf", strings.Repeat("x", 100))
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v3/accounts/self/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", token, bodyType, len(body))
	for piece := range 8 {
		time.Sleep(150 * time.Millisecond) // the slowness is what is tested
		_, _ = io.WriteString(conn, body[len(body)*piece/8:len(body)*(piece+1)/8])
	}
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.HasPrefix(got, []byte("HTTP/1.1 201")) {
		t.Errorf("the answer is %q, %v", got, err)
	}
}

func TestAnUploadIsRepeatedUnderItsKey(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.FileEdit)
		first := g.upload(t, token, "a.pdf", "%PDF-1.4 a", "Idempotency-Key", "k").is(201, "").path()
		if again := g.upload(t, token, "a.pdf", "%PDF-1.4 a", "Idempotency-Key", "k").is(201, "").path(); again != first {
			t.Errorf("the repetition is at %s, the first at %s", again, first)
		}
		g.upload(t, token, "a.pdf", "%PDF-1.4 b", "Idempotency-Key", "k").is(409, "idempotency_key_used")
		if other := g.upload(t, token, "a.pdf", "%PDF-1.4 a", "Idempotency-Key", "l").is(201, "").path(); other == first {
			t.Error("another key gave the same upload")
		}
		if other := g.upload(t, g.token(t, g.lead, auth.FileEdit), "a.pdf", "%PDF-1.4 a", "Idempotency-Key", "k").is(201, "").path(); other == first {
			t.Error("somebody else's key gave this upload")
		}
		g.upload(t, token, "a.pdf", "x", "Idempotency-Key", strings.Repeat("k", 256)).is(400, "idempotency_key_invalid")
		g.clock.Advance(fax.UploadAge + time.Second)
		if later := g.upload(t, token, "a.pdf", "%PDF-1.4 b", "Idempotency-Key", "k").is(201, "").path(); later == first {
			t.Error("a key is remembered for ever")
		}
	})
}

// newSerialGate is for a test that runs alone, because it measures.
func newSerialGate(t *testing.T) *gate {
	t.Helper()
	return newGate(t, storetest.Open(t, store.Config{DataDir: storetest.SQLite(t)}))
}
