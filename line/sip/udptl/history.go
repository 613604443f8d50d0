package udptl

import "iter"

// history is the latest packets, by number: those that are less than window apart.
type history [window]struct {
	seq   uint16
	known bool
	ifp   []byte
}

// put keeps a copy of a packet, in the place of one a window before.
func (h *history) put(seq uint16, ifp []byte) {
	p := &h[seq%window]
	p.seq, p.known, p.ifp = seq, true, append(p.ifp[:0], ifp...)
}

// get is the packet with that number, until one a window later is put.
func (h *history) get(seq uint16) (ifp []byte, known bool) {
	p := &h[seq%window]
	if !p.known || p.seq != seq {
		return nil, false
	}
	return p.ifp, true
}

// forget keeps the memory alone.
func (h *history) forget() {
	for i := range h {
		h[i].known = false
	}
}

// members are the numbers of the packets in the parity at index i of a datagram with that
// many, see the package comment.
func members(seq uint16, i, sets, span int) iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		for back := sets * span; back > 0; back -= sets {
			if !yield(seq + uint16(i-back)) {
				return
			}
		}
	}
}

// xor is the exclusive or of both, as long as the longer one, in the memory of sum.
func xor(sum, ifp []byte) []byte {
	both := min(len(sum), len(ifp))
	for i := range both {
		sum[i] ^= ifp[i]
	}
	return append(sum, ifp[both:]...)
}
