// Package child is what programs that work on foreign bytes in a process of their own
// have in common: what such a process may use, and what the one that started it keeps of
// its words.
package child

import "sync"

// Limits are what a process may use from now on. Zero is none of it.
type Limits struct {
	Addresses     uint64 // bytes of address space, of which Go reserves much more than it uses
	Memory        uint64 // bytes that are written to
	ProcessorTime uint64 // seconds
	FileSize      uint64 // bytes of each file that it writes
	Files         uint64 // that are open at the same time
}

// Head keeps the first of what is written to it: a refusal, or what a crash was. It is
// safe for concurrent use.
type Head struct {
	Most int // bytes

	mu   sync.Mutex
	text []byte
}

// Write keeps what there is room for, and takes the rest.
func (h *Head) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text = append(h.text, b[:min(len(b), h.Most-len(h.text))]...)
	return len(b), nil
}

// String is what was kept.
func (h *Head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return string(h.text)
}
