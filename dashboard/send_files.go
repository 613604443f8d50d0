package dashboard

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/web"
)

// The limits of the form with files. The server's own read timeout is meant for short
// requests: here each piece of the body has a time, and all of it together.
const (
	sendPause    = 30 * time.Second // the longest wait for more of the body
	sendDuration = time.Hour        // of all of it
	sendFraming  = 1 << 20          // what stands around the files in the body
	maxSendParts = 200
	maxKeptName  = 255
)

// keptFile is an upload that a form refers to.
type keptFile struct {
	Path, Name, Size string
	size             int64 // zero: it was uploaded with an earlier form
}

// readSend reads the form, and passes its files on to the uploads as they come. The
// fields are in v.form, after an error in a file too: it can be mended in the form.
func (s *Server) readSend(v *visit, c auth.Caller) ([]keptFile, error) {
	if web.IsForm(v.r.Header.Get("Content-Type")) || v.r.ContentLength == 0 {
		_, err := v.read()
		return keptFiles(v.form), err
	}
	body := newSendBody(v.w, v.r)
	defer body.done()
	r := &sendReader{server: s, v: v, by: mailbox(c), body: body, form: url.Values{}}
	err := r.readAll()
	if err == nil {
		err = r.refused
	}
	if e := fault.Of(err); err == nil || e != nil && e.Field == "files" {
		v.form = r.form
		return append(keptFiles(v.form), r.files...), err
	}
	return nil, err
}

// keptFiles are those that were uploaded with an earlier showing of the form, and that
// are still ticked.
func keptFiles(form url.Values) (kept []keptFile) {
	for _, text := range form["kept"] {
		path, name, _ := strings.Cut(text, " ")
		kept = append(kept, keptFile{Path: path, Name: name})
	}
	return kept
}

// sendReader reads the parts of the form, in their order.
type sendReader struct {
	server  *Server
	v       *visit
	by      fax.Actor
	body    *sendBody
	form    url.Values
	read    int // bytes of the fields
	files   []keptFile
	refused error // the first file that was; the form goes on
}

func (r *sendReader) readAll() error {
	mediaType, params, err := mime.ParseMediaType(r.v.r.Header.Get("Content-Type"))
	if err != nil || mediaType != "multipart/form-data" || params["boundary"] == "" {
		return fault.New(fault.Unsupported, "form_expected")
	}
	parts := multipart.NewReader(r.body, params["boundary"])
	for range maxSendParts {
		part, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // wrapped, it is the end of half a body
			return nil
		}
		if err != nil {
			return r.body.blame(err)
		}
		if err := r.part(part); err != nil {
			return err
		}
	}
	return fault.New(fault.Invalid, "form_too_many_fields", "most", maxSendParts)
}

func (r *sendReader) part(part *multipart.Part) error {
	if part.FormName() != "files" {
		return r.field(part)
	}
	if part.FileName() == "" { // nothing was chosen
		return nil
	}
	err := r.file(part)
	if fault.Of(err) == nil || r.body.failure != nil {
		return err
	}
	if r.refused == nil {
		r.refused = err
	}
	_, err = io.Copy(io.Discard, sentFile{part, r.body})
	return err
}

// field keeps a field of the form.
func (r *sendReader) field(part *multipart.Part) error {
	text, err := io.ReadAll(io.LimitReader(part, web.MaxForm+1))
	if err != nil {
		return r.body.blame(err)
	}
	if r.read += len(text); r.read > web.MaxForm {
		return fault.New(fault.TooLarge, "body_too_large", "kilobytes", web.MaxForm>>10)
	}
	name := part.FormName()
	if both := name + string(text); !utf8.ValidString(both) || strings.ContainsRune(both, 0) {
		return fault.New(fault.Invalid, "form_malformed")
	}
	r.form.Add(name, string(text))
	return nil
}

// file passes a file on, piece by piece.
func (r *sendReader) file(part *multipart.Part) error {
	name := keptName(part.FileName())
	up, err := r.server.Uploads.Put(r.v.r.Context(), r.by, fax.NewUpload{
		Name: name, Type: part.Header.Get("Content-Type"), Content: sentFile{part, r.body},
	})
	if err != nil {
		if e := fault.Of(err); e != nil {
			return e.At("files")
		}
		return err
	}
	r.files = append(r.files, keptFile{Path: up.Path, Name: up.Name, Size: r.v.bytes(up.Size), size: up.Size})
	return nil
}

// keptName is the last element of the name that the browser gave, as it can be shown.
func keptName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "_"), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, name)
	return strings.ToValidUTF8(name[:min(len(name), maxKeptName)], "")
}

// sendBody reads the body of the form, with a time for each piece. It remembers why it
// failed.
type sendBody struct {
	body    io.Reader
	conn    *http.ResponseController
	ends    time.Time
	failure error
}

func newSendBody(w http.ResponseWriter, r *http.Request) *sendBody {
	return &sendBody{
		body: http.MaxBytesReader(w, r.Body, fax.MaxBytes+sendFraming),
		conn: http.NewResponseController(w), ends: time.Now().Add(sendDuration),
	}
}

// Read reads the next piece. The clock is the connection's own.
func (b *sendBody) Read(p []byte) (int, error) {
	until := time.Now().Add(sendPause)
	if until.After(b.ends) {
		until = b.ends
	}
	_ = b.conn.SetReadDeadline(until) // only a connection has one
	n, err := b.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.failure = err
	}
	return n, err
}

// done takes the deadline away: it would end the request while it is answered.
func (b *sendBody) done() { _ = b.conn.SetReadDeadline(time.Time{}) }

// blame gives the reason why the body could not be read. The cause is kept as a text: an
// io.EOF in it could pass for the end of a file.
func (b *sendBody) blame(err error) error {
	var long *http.MaxBytesError
	if errors.As(b.failure, &long) {
		return fault.New(fault.TooLarge, "files_too_large", "megabytes", fax.MaxBytes>>20).At("files")
	}
	return fault.New(fault.Invalid, "body_unreadable").Because(errors.New(err.Error()))
}

// sentFile is a file of the form. It ends with io.EOF when the file is whole, and never
// otherwise.
type sentFile struct {
	part *multipart.Part
	body *sendBody
}

// Read reads the next piece of the file.
func (f sentFile) Read(p []byte) (int, error) {
	n, err := f.part.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader gives io.EOF itself
		err = f.body.blame(err)
	}
	return n, err
}
