package api

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/web"
)

const (
	uploadField = "fax_file"
	maxFields   = 20  // parts that are passed over
	maxFileName = 255 // bytes
)

// upload takes a file that is to be sent, piece by piece as it comes.
func (s *Server) upload(w http.ResponseWriter, r *http.Request, m mailbox) error {
	body, err := web.NewUpload(w, r, uploadField, fax.MaxBytes)
	if err != nil {
		return err
	}
	defer body.Close()
	parts, err := multipartOf(r, body)
	if err != nil {
		return err
	}
	part, err := parts.findFile()
	if err != nil {
		return err
	}
	up, err := s.Uploads.Put(r.Context(), m.Actor, fax.NewUpload{
		Name: fileName(part), Type: part.Header.Get("Content-Type"), Content: web.UploadedFile{Part: part, Upload: body},
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

// uploadParts are the parts of the body, in their order.
type uploadParts struct {
	reader *multipart.Reader
	body   *web.Upload
	names  []string // of those that are no file
}

func multipartOf(r *http.Request, body *web.Upload) (*uploadParts, error) {
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
			return nil, p.body.Blame(err)
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
	if err == nil && part.FileName() == "" && part.Header.Get("Content-Type") == "" {
		// Some client libraries leave out the name, but not both.
		return nil, fault.New(fault.Invalid, "upload_without_file", "field", uploadField).At(uploadField)
	}
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
