package fax

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"path"
	"strings"
	"time"

	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/fault"
)

// Blobs keeps the bytes of documents.
type Blobs interface {
	// Put stores a document under a new id, and gives its size. It is on disk then.
	Put(ctx context.Context, id string, from io.Reader) (size int64, err error)
	// Open opens a document, or blob.ErrMissing.
	Open(ctx context.Context, id string) (*blob.Blob, error)
	// Delete removes a document. To delete it again does nothing.
	Delete(ctx context.Context, id string) error
}

// doomFor is how long the bytes of a document may stand there before a row of the
// database has them. Whoever died in between leaves nothing for longer.
const doomFor = 24 * time.Hour

// UploadStore is what uploads need of the database.
type UploadStore interface {
	// DoomBlob notes that a blob, which is about to be written, is to be deleted at that
	// time unless a row adopts it before.
	DoomBlob(ctx context.Context, blob string, due time.Time) error
	// PutUpload stores an upload and adopts its blob. A request that was made before
	// gives the upload that it made then, with another body fault.Conflict
	// "idempotency_key_used"; in both cases nothing is stored.
	PutUpload(ctx context.Context, u Upload, r Request) (Upload, error)
}

// Uploads takes files in.
type Uploads struct {
	Store UploadStore
	Blobs Blobs
	Now   func() time.Time
	NewID func() string
}

// NewUpload is a file on its way in.
type NewUpload struct {
	Name    string // as its owner calls it; its extension appears in the path
	Type    string // MIME type, as the client says
	Content io.Reader
	// Key is the Idempotency-Key; empty: none. The file's name and content are the body.
	Key string
}

// Put stores a file for the actor, piece by piece, and says under which path it can be
// sent for UploadAge. A file of more than MaxBytes is fault.TooLarge "files_too_large",
// an empty one fault.Invalid "file_empty". Errors of the content come back as they are.
func (x *Uploads) Put(ctx context.Context, by Actor, in NewUpload) (Upload, error) {
	request := Request{Key: in.Key}
	name := path.Base(strings.ReplaceAll(in.Name, `\`, "/"))
	if err := cmp.Or(by.Whole(), request.check(), checkText("fax_file", name, maxFileName)); err != nil {
		return Upload{}, err
	}
	now := x.Now()
	u := Upload{
		ID: x.NewID(), OrganizationID: by.OrganizationID, AccountID: by.AccountID, Name: name, Type: cut(in.Type),
		Blob: x.NewID(), CreatedAt: now, ExpiresAt: now.Add(UploadAge),
	}
	u.Path = uploadPath(u.ID, name)
	if err := x.Store.DoomBlob(ctx, u.Blob, now.Add(doomFor)); err != nil {
		return Upload{}, err
	}
	hash := sha256.New()
	hash.Write([]byte(name + "\x00"))
	size, err := x.Blobs.Put(ctx, u.Blob, io.TeeReader(&limited{in.Content, MaxBytes}, hash))
	if err != nil {
		return Upload{}, err
	}
	if size == 0 {
		return Upload{}, errors.Join(fault.New(fault.Invalid, "file_empty").At("fax_file"), x.Blobs.Delete(ctx, u.Blob))
	}
	u.Size = size
	hash.Sum(request.Body[:0])
	return x.Store.PutUpload(ctx, u, request)
}

// The path of an upload has its id, and the extension of the file for people.
const pathPrefix = "/storage/transient-"

func uploadPath(id, name string) string {
	extension := strings.ToLower(path.Ext(name))
	if len(extension) < 2 || len(extension) > 6 || strings.Trim(extension[1:], "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		extension = ""
	}
	return pathPrefix + id + extension
}

// uploadID is the id in a path. Empty: this is no path of an upload.
func uploadID(p string) string {
	rest, found := strings.CutPrefix(p, pathPrefix)
	if id := rest[:min(len(rest), 32)]; found && isID(id) {
		return id
	}
	return ""
}

// cut is the beginning of a text that may be anything, as it can be stored and shown.
func cut(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text[:min(len(text), maxFileName)], ""), "\x00", "")
}

// limited refuses to read more than is left.
type limited struct {
	from io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.from.Read(p[:min(int64(len(p)), l.left+1)])
	if int64(n) > l.left {
		return 0, tooLarge("fax_file")
	}
	l.left -= int64(n)
	return n, err
}

func tooLarge(field string) error {
	return fault.New(fault.TooLarge, "files_too_large", "megabytes", MaxBytes>>20).At(field)
}
