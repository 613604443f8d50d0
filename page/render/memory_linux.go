package render

import (
	"context"

	"github.com/tetratelabs/wazero/experimental"
	"golang.org/x/sys/unix"
)

// withReservedMemory makes WebAssembly's memory grow where it is: its addresses are
// reserved at once, and memory is taken as it grows. By itself the runtime copies all of
// it to a larger place, and so needs twice as much.
func withReservedMemory(ctx context.Context) context.Context {
	return experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(reserve))
}

// reserve gives a memory that may grow to most bytes; nil when there are no addresses.
func reserve(_, most uint64) experimental.LinearMemory {
	addresses, err := unix.Mmap(-1, 0, int(most), unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE)
	if err != nil {
		panic(err) // wazero has no other way to hear of it; the process ends, and is started anew
	}
	return &reserved{addresses: addresses}
}

// reserved is memory whose first bytes can be used.
type reserved struct {
	addresses []byte
	used      uint64
}

// Reallocate makes size bytes usable. Nil: there is no more memory, as WebAssembly's
// memory.grow then says.
func (r *reserved) Reallocate(size uint64) []byte {
	if size > uint64(len(r.addresses)) {
		return nil
	}
	if size > r.used {
		if err := unix.Mprotect(r.addresses[:size], unix.PROT_READ|unix.PROT_WRITE); err != nil {
			return nil
		}
		r.used = size
	}
	return r.addresses[:size:len(r.addresses)]
}

// Free gives all of it back.
func (r *reserved) Free() {
	if err := unix.Munmap(r.addresses); err == nil {
		r.addresses = nil
	}
}
