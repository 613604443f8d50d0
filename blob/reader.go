package blob

import (
	"errors"
	"fmt"
	"io"

	"github.com/faxgate/faxgate/seal"
)

// Blob is an open document. One goroutine uses it at a time.
type Blob struct {
	from  source
	size  int64
	count int64 // of chunks
	key   *seal.Key
	id    string

	at    int64  // where Read goes on
	chunk int64  // the number of the one that is held; -1: none
	plain []byte // its bytes
	cover []byte // room for a sealed chunk
}

// source is where the sealed bytes are.
type source interface {
	io.ReaderAt
	io.Closer
}

func newBlob(from source, stored int64, key *seal.Key, id string) (*Blob, error) {
	count, ok := chunks(stored)
	if !ok {
		return nil, fmt.Errorf("%s: %d bytes: %w", id, stored, ErrDamaged)
	}
	return &Blob{from: from, size: plainSize(stored), count: count, key: key, id: id, chunk: -1}, nil
}

// Size is that of the document in bytes.
func (b *Blob) Size() int64 { return b.size }

// Close gives back what Open took.
func (b *Blob) Close() error { return b.from.Close() }

// Read reads on, as io.Reader says. Bytes that were not stored are never given out:
// ErrDamaged. A document whose end is missing shows at its last chunk.
func (b *Blob) Read(p []byte) (int, error) {
	n, err := b.readAt(p, b.at)
	b.at += int64(n)
	return n, err
}

// ReadAt reads from an offset, as io.ReaderAt says, but for one goroutine at a time.
func (b *Blob) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errors.New("blob: negative offset")
	}
	for n < len(p) && err == nil {
		var m int
		m, err = b.readAt(p[n:], off+int64(n))
		n += m
	}
	return n, err
}

// readAt reads what one chunk has.
func (b *Blob) readAt(p []byte, off int64) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	// Also at the end a chunk is opened: an empty document could be somebody else's.
	chunk := min(off/chunkSize, b.count-1)
	if err := b.load(chunk); err != nil {
		return 0, err
	}
	within := off - chunk*chunkSize
	if within >= int64(len(b.plain)) {
		return 0, io.EOF
	}
	return copy(p, b.plain[within:]), nil
}

// load opens a chunk.
func (b *Blob) load(chunk int64) error {
	if chunk == b.chunk {
		return nil
	}
	if b.cover == nil {
		b.cover = make([]byte, min(sealedSize, b.size+seal.Overhead))
	}
	b.chunk = -1
	n, err := b.from.ReadAt(b.cover, chunk*sealedSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", b.id, err)
	}
	plain, err := b.key.Open(purpose(b.id, chunk, chunk == b.count-1), b.cover[:n])
	if err != nil {
		return fmt.Errorf("%s, chunk %d: %w", b.id, chunk, ErrDamaged)
	}
	b.chunk, b.plain = chunk, plain
	return nil
}
