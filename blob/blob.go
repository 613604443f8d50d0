// Package blob keeps the bytes of documents: what was uploaded, and the pages that were
// sent and received. Everything is sealed under the master key, in chunks, so that no
// document ever stands in memory whole. Who needs a document, and until when, is known
// to the database; here are ids and bytes.
package blob

import (
	"errors"
	"io"
	"strconv"

	"github.com/faxgate/faxgate/seal"
)

// ErrMissing means that there is no document with the id.
var ErrMissing = errors.New("blob: no such document")

// ErrDamaged means that a document's bytes are not what was stored: they were cut,
// changed, or sealed under another key.
var ErrDamaged = errors.New("blob: the document is damaged")

const (
	// chunkSize is how much of a document is sealed at a time.
	chunkSize = 64 << 10
	// sealedSize is a full chunk as it is stored.
	sealedSize = chunkSize + seal.Overhead
)

// A document is stored as its chunks, one after the other. All but the last are full;
// the last one may be, and is there even when the document is empty. Each is sealed for
// a purpose that names the document, the chunk's place and whether it is the last, so
// that chunks can be neither exchanged nor moved nor left out.
func purpose(id string, chunk int64, last bool) string {
	name := "blob " + id + " " + strconv.FormatInt(chunk, 10)
	if last {
		name += " last"
	}
	return name
}

// chunks is how many there are in so many stored bytes. ok is false for a size that no
// document has.
func chunks(stored int64) (n int64, ok bool) {
	n = (stored + sealedSize - 1) / sealedSize
	return n, n > 0 && stored-(n-1)*sealedSize >= seal.Overhead
}

// plainSize is the size of a document of which so many bytes are stored.
func plainSize(stored int64) int64 {
	n, _ := chunks(stored)
	return stored - n*seal.Overhead
}

// sealTo writes what from has, sealed, and gives the size of what it read.
func sealTo(w io.Writer, from io.Reader, key *seal.Key, id string) (size int64, err error) {
	// One byte more than a chunk tells whether the chunk is the last.
	buffer := make([]byte, chunkSize+1)
	held := 0
	for chunk := int64(0); ; chunk++ {
		n, last, err := fill(buffer[held:], from)
		if err != nil {
			return size, err
		}
		plain := buffer[:min(held+n, chunkSize)]
		size += int64(len(plain))
		if _, err := w.Write(key.Seal(purpose(id, chunk, last), plain)); err != nil {
			return size, err
		}
		if last {
			return size, nil
		}
		buffer[0], held = buffer[chunkSize], 1
	}
}

// fill reads until b is full, or to the end, which last tells. Unlike with io.ReadFull, a
// reader that says it was cut short (io.ErrUnexpectedEOF) is not taken for one at its end.
func fill(b []byte, from io.Reader) (n int, last bool, err error) {
	for n < len(b) {
		read, err := from.Read(b[n:])
		n += read
		if err == io.EOF { // an EOF that is wrapped is another one's
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}
