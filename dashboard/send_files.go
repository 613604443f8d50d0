package dashboard

import (
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/web"
)

const (
	maxSendParts = 200
	maxKeptName  = 255 // bytes
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
	body, err := web.NewUpload(v.w, v.r, "files", fax.MaxBytes)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	r := &sendReader{server: s, v: v, by: own(c), body: body, form: url.Values{}}
	err = r.readAll()
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
	body    *web.Upload
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
		if err == io.EOF { // wrapped, it is the end of half a body
			return nil
		}
		if err != nil {
			return r.body.Blame(err)
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
	if fault.Of(err) == nil || r.body.Broken() {
		return err
	}
	if r.refused == nil {
		r.refused = err
	}
	_, err = io.Copy(io.Discard, web.UploadedFile{Part: part, Upload: r.body})
	return err
}

// field keeps a field of the form.
func (r *sendReader) field(part *multipart.Part) error {
	text, err := io.ReadAll(io.LimitReader(part, web.MaxForm+1))
	if err != nil {
		return r.body.Blame(err)
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
		Name: name, Type: part.Header.Get("Content-Type"), Content: web.UploadedFile{Part: part, Upload: r.body},
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
