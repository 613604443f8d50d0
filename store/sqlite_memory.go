package store

import (
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
)

// cBuffer is memory that SQLite may look at: Go's own may move. The zero value is an
// empty one.
type cBuffer struct {
	address  uintptr
	capacity int
}

func newCBuffer(tls *libc.TLS, content string) (b cBuffer) {
	copy(b.bytes(tls, len(content)), content)
	return b
}

// bytes gives the first n bytes, of whatever content. What was given before is gone.
func (b *cBuffer) bytes(tls *libc.TLS, n int) []byte {
	if n > b.capacity || b.address == 0 {
		b.free(tls)
		b.capacity = max(2*n, 256)
		b.address = libc.Xmalloc(tls, types.Size_t(b.capacity))
		if b.address == 0 {
			panic("out of memory") // as Go itself does
		}
	}
	return cBytes(b.address, n)
}

// pointer reads a pointer that SQLite left here.
func (b *cBuffer) pointer() uintptr { return *(*uintptr)(cPointer(b.address)) }

func (b *cBuffer) free(tls *libc.TLS) {
	if b.address != 0 {
		libc.Xfree(tls, b.address)
	}
	*b = cBuffer{}
}

// cBytes are n bytes at an address outside of Go's heap. They are gone when SQLite
// goes on.
func cBytes(address uintptr, n int) []byte {
	if address == 0 || n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(cPointer(address)), n)
}

// cPointer is the pointer to an address outside of Go's heap, which the garbage
// collector leaves alone.
func cPointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }
