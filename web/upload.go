package web

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// The limits of an upload. The server's own read timeout bounds whole requests and is
// meant for short ones: here each piece of the body has a time, and all of it together.
const (
	uploadPause   = 30 * time.Second // the longest wait for more of the body
	uploadTime    = time.Hour        // of all of it: 150 MiB at 350 kbit/s
	uploadFraming = 1 << 20          // what stands around the files in the body
)

// Upload reads the multipart body of a request that carries files (RFC 7578), piece by
// piece as it comes. It remembers why it failed: what the reader's reader makes of that is
// its own business.
type Upload struct {
	field   string
	most    int64
	body    io.Reader
	conn    *http.ResponseController
	ends    time.Time
	failure error
}

// NewUpload reads the body of r, in which files of at most so many bytes stand. field is
// what an error about them names. Close it when the files are read. A compressed body is
// fault.Unsupported "body_compressed".
func NewUpload(w http.ResponseWriter, r *http.Request, field string, most int64) (*Upload, error) {
	if err := refuseCoding(w, r); err != nil {
		return nil, err
	}
	u := &Upload{
		field: field, most: most, body: http.MaxBytesReader(w, r.Body, most+uploadFraming),
		conn: http.NewResponseController(w), ends: time.Now().Add(uploadTime),
	}
	if r.ContentLength > most+uploadFraming {
		return nil, u.tooLarge()
	}
	return u, nil
}

// Read reads the next piece. The clock is the connection's own.
func (u *Upload) Read(p []byte) (int, error) {
	until := time.Now().Add(uploadPause)
	if until.After(u.ends) {
		until = u.ends
	}
	_ = u.conn.SetReadDeadline(until) // only a connection has one
	n, err := u.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		u.failure = err
	}
	return n, err
}

// Broken reports whether the body could not be read on.
func (u *Upload) Broken() bool { return u.failure != nil }

// Close takes the deadline away: it would end the request while it is answered.
func (u *Upload) Close() { _ = u.conn.SetReadDeadline(time.Time{}) }

// Blame gives the reason for a failure to whose it is: a body that is too long, that broke
// off or that is no multipart is the client's. The causes are kept as texts: an io.EOF
// among them could pass for the end of the file.
func (u *Upload) Blame(err error) error {
	var long *http.MaxBytesError
	switch {
	case errors.As(u.failure, &long):
		return u.tooLarge()
	case u.failure != nil:
		return fault.New(fault.Invalid, "body_unreadable").Because(errors.New(u.failure.Error()))
	}
	return fault.New(fault.Invalid, "multipart_malformed").Because(errors.New(err.Error()))
}

func (u *Upload) tooLarge() error {
	return fault.New(fault.TooLarge, "files_too_large", "megabytes", u.most>>20).At(u.field)
}

// UploadedFile is a part of the body that is a file. It ends with io.EOF when the file is
// whole, and never otherwise: half a file must not pass for one.
type UploadedFile struct {
	Part   io.Reader
	Upload *Upload
}

// Read reads the next piece of the file.
func (f UploadedFile) Read(p []byte) (int, error) {
	n, err := f.Part.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader gives io.EOF itself
		err = f.Upload.Blame(err)
	}
	return n, err
}
