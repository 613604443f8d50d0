package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/faxgate/faxgate/seal"
)

// Folder keeps documents as files. Nodes that share one see the same documents. It is
// safe for concurrent use; make one with OpenFolder.
type Folder struct {
	dir string
	key *seal.Key
}

// incoming is where documents stand while they are written, and how long such a file
// is left alone: whoever writes for longer has gone.
const (
	incoming    = "incoming"
	incomingAge = 24 * time.Hour
)

// OpenFolder makes the folder, if it is missing, for the server's user alone. What
// killed processes had begun to write a day ago or earlier is removed.
func OpenFolder(dir string, key *seal.Key) (*Folder, error) {
	f := &Folder{dir, key}
	if err := os.MkdirAll(filepath.Join(dir, incoming), 0o700); err != nil {
		return nil, err
	}
	return f, f.removeLeftovers(time.Now().Add(-incomingAge))
}

func (f *Folder) removeLeftovers(before time.Time) error {
	left, err := os.ReadDir(filepath.Join(f.dir, incoming))
	if err != nil {
		return err
	}
	for _, entry := range left {
		info, err := entry.Info()
		if err != nil || !info.ModTime().Before(before) {
			continue // gone, or being written
		}
		if err := os.Remove(filepath.Join(f.dir, incoming, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Put stores a document under an id that has none, and gives its size in bytes. When it
// returns the document is on disk; after an error, or the end of ctx, nothing of it is
// left. An error of from comes back as it is.
func (f *Folder) Put(ctx context.Context, id string, from io.Reader) (size int64, err error) {
	path, err := f.path(id)
	if err != nil {
		return 0, err
	}
	file, err := os.CreateTemp(filepath.Join(f.dir, incoming), id+"-*")
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close(), os.Remove(file.Name()))
		}
	}()
	if size, err = sealTo(file, reader{ctx, from}, f.key, id); err != nil {
		return 0, err
	}
	if err = file.Sync(); err != nil {
		return 0, err
	}
	return size, place(file, path)
}

// place gives the file its name for good. Whoever finds the name finds all of it, also
// after a power failure.
func place(file *os.File, path string) error {
	if err := makeDurable(filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// makeDurable makes a folder in a folder that exists, so that it survives a power
// failure.
func makeDurable(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open opens a document for reading. No document of the id: ErrMissing. That its bytes
// are damaged shows when they are read. It must be closed.
func (f *Folder) Open(_ context.Context, id string) (*Blob, error) {
	path, err := f.path(id)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", id, ErrMissing)
	}
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	b, err := newBlob(file, info.Size(), f.key, id)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return b, nil
}

// Delete removes a document. To delete it again does nothing.
func (f *Folder) Delete(_ context.Context, id string) error {
	path, err := f.path(id)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// path is where a document stands: in one of 256 folders by the end of its id, the
// part that is made by chance.
func (f *Folder) path(id string) (string, error) {
	if len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
		return "", fmt.Errorf("blob: %q is no id", id)
	}
	return filepath.Join(f.dir, id[30:], id), nil
}

// reader ends with its context.
type reader struct {
	ctx  context.Context
	from io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p)
}
