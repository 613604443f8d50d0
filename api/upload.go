package api

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

// The limits of an upload. The server's own read timeout bounds whole requests and is
// meant for short ones: here each piece of the body has a time, and all of it together.
const (
	uploadPause = 30 * time.Second // the longest wait for more of the body
	uploadTime  = time.Hour        // of all of it: 150 MiB at 350 kbit/s

	uploadField   = "fax_file"
	uploadFraming = 64 << 10 // what stands around the file in the body
	maxFields     = 20       // parts that are passed over
	maxFileName   = 255      // bytes
)

// upload takes a file that is to be sent, piece by piece as it comes.
func (s *Server) upload(w http.ResponseWriter, r *http.Request, m mailbox) error {
	if r.ContentLength > fax.MaxBytes+uploadFraming {
		return uploadTooLarge()
	}
	body := newUploadBody(w, r)
	defer body.done()
	parts, err := multipartOf(r, body)
	if err != nil {
		return err
	}
	part, err := parts.findFile()
	if err != nil {
		return err
	}
	up, err := s.Uploads.Put(r.Context(), m.Actor, fax.NewUpload{
		Name: fileName(part), Type: part.Header.Get("Content-Type"), Content: uploadedFile{part, body},
		Key: r.Header.Get("Idempotency-Key"),
	})
	if err != nil {
		return err
	}
	if err := parts.noFurtherFile(); err != nil {
		return err
	}
	answer(w, http.StatusCreated, func(e *encoder) {
		e.open("")
		e.text("path", up.Path)
		e.close()
	})
	return nil
}

func uploadTooLarge() error {
	return fault.New(fault.TooLarge, "files_too_large", "megabytes", fax.MaxBytes>>20).At(uploadField)
}

// uploadBody reads the body of an upload, with a time for each piece. It remembers why
// it failed: what the reader's reader makes of that is its own business.
type uploadBody struct {
	body    io.Reader
	conn    *http.ResponseController
	now     func() time.Time
	ends    time.Time
	failure error
}

func newUploadBody(w http.ResponseWriter, r *http.Request) *uploadBody {
	return &uploadBody{
		body: http.MaxBytesReader(w, r.Body, fax.MaxBytes+uploadFraming),
		conn: http.NewResponseController(w), now: time.Now, ends: time.Now().Add(uploadTime),
	}
}

// Read reads the next piece. The clock is the connection's own.
func (b *uploadBody) Read(p []byte) (int, error) {
	until := b.now().Add(uploadPause)
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
func (b *uploadBody) done() { _ = b.conn.SetReadDeadline(time.Time{}) }

// blame gives the reason for a failure to whose it is: a body that is too long, that
// broke off or that is no multipart is the client's. The causes are kept as texts: an
// io.EOF among them could pass for the end of the file.
func (b *uploadBody) blame(err error) error {
	var long *http.MaxBytesError
	switch {
	case errors.As(b.failure, &long):
		return uploadTooLarge()
	case b.failure != nil:
		return fault.New(fault.Invalid, "body_unreadable").Because(errors.New(b.failure.Error()))
	}
	return fault.New(fault.Invalid, "multipart_malformed").Because(errors.New(err.Error()))
}

// uploadedFile is the part of the body that is the file. It ends with io.EOF when the
// file is whole, and never otherwise: half a file must not pass for one.
type uploadedFile struct {
	part *multipart.Part
	body *uploadBody
}

// Read reads the next piece of the file.
func (f uploadedFile) Read(p []byte) (int, error) {
	n, err := f.part.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader gives io.EOF itself
		err = f.body.blame(err)
	}
	return n, err
}

// uploadParts are the parts of the body, in their order.
type uploadParts struct {
	reader *multipart.Reader
	body   *uploadBody
	names  []string // of those that are no file
}

func multipartOf(r *http.Request, body *uploadBody) (*uploadParts, error) {
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "multipart/form-data" || params["boundary"] == "" {
		return nil, fault.New(fault.Unsupported, "multipart_expected", "field", uploadField)
	}
	return &uploadParts{reader: multipart.NewReader(body, params["boundary"]), body: body}, nil
}

// next finds the next part with a file, or io.EOF. Others, as a field "format" that
// some clients send, are passed over.
func (p *uploadParts) next() (*multipart.Part, error) {
	for range maxFields {
		part, err := p.reader.NextPart()
		if err == io.EOF { // wrapped, it is the end of half a body
			return nil, io.EOF
		}
		if err != nil {
			return nil, p.body.blame(err)
		}
		if part.FormName() == uploadField {
			return part, nil
		}
		p.names = append(p.names, cutText(part.FormName(), 40))
	}
	return nil, io.EOF
}

func (p *uploadParts) findFile() (*multipart.Part, error) {
	part, err := p.next()
	if errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, "upload_field_missing", "field", uploadField, "seen", strings.Join(p.names, ", ")).At(uploadField)
	}
	return part, err
}

// noFurtherFile refuses what would otherwise be lost without a word. The body is at
// its end then, so that it is known to be whole.
func (p *uploadParts) noFurtherFile() error {
	switch _, err := p.next(); {
	case err == nil:
		return fault.New(fault.Invalid, "upload_one_file").At(uploadField)
	case errors.Is(err, io.EOF):
		return nil
	default:
		return err
	}
}

// fileName is the last element of the name that the client gave, in valid UTF-8.
func fileName(part *multipart.Part) string {
	name := strings.ToValidUTF8(part.FileName(), "_")
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, name)
	return strings.ToValidUTF8(cutText(name, maxFileName), "")
}
