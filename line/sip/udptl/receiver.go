package udptl

// Stats are what became of the packets of the other end.
type Stats struct {
	Received  int // each counted once, however it came
	Recovered int // of them, from the redundancy of others
	Lost      int // that never came
	Duplicate int // datagrams that came again
	Late      int // packets that came when later ones had been handed on
	Malformed int // datagrams that could not be read
}

// Receiver hands on each packet once, in order. The zero value is ready. One goroutine
// uses it.
type Receiver struct {
	Stats

	began bool
	next  uint16 // the number after the last that was handed on
	seen  [history]entry
}

type entry struct {
	seq  uint16
	have bool
	data []byte
}

// jump is how far ahead a number may be before the other end is taken to have begun
// anew: as many packets as nobody can lose and still talk.
const jump = 1000

// Datagram takes a datagram that came in, and calls deliver for each packet in it that
// is new, the oldest first: those of its redundancy under their own numbers, then the
// primary. The packet is valid until deliver returns. One of FEC may have zeros at its
// end. ErrMalformed: it is no datagram of UDPTL, and nothing was delivered.
func (r *Receiver) Datagram(data []byte, deliver func(seq uint16, ifp []byte)) error {
	d, err := Parse(data)
	if err != nil {
		r.Malformed++
		return err
	}
	switch ahead := before(r.next, d.Seq); {
	case !r.began || ahead > jump || ahead < -jump:
		*r = Receiver{Stats: r.Stats, began: true, next: d.Seq}
	case ahead < 0:
		if r.known(d.Seq) {
			r.Duplicate++
		} else {
			r.Late++
		}
		return nil
	case ahead > 0:
		r.recover(d, deliver)
	}
	r.hand(d.Seq, d.Primary, deliver)
	return nil
}

// recover hands on what is missing before the primary, as far as the datagram has it.
func (r *Receiver) recover(d Datagram, deliver func(uint16, []byte)) {
	for i := min(len(d.Older), before(r.next, d.Seq)) - 1; i >= 0; i-- {
		r.Recovered++
		r.hand(d.Seq-1-uint16(i), d.Older[i], deliver) //nolint:gosec // i is small
	}
	if len(d.Sums) > 0 {
		r.solve(d, deliver)
	}
}

// hand hands on a packet. Those between the last one and this are lost.
func (r *Receiver) hand(seq uint16, packet []byte, deliver func(uint16, []byte)) {
	r.Lost += before(r.next, seq)
	r.Received++
	at := &r.seen[seq%history]
	at.seq, at.have, at.data = seq, true, append(at.data[:0], packet...)
	r.next = seq + 1
	deliver(seq, packet)
}

// known reports whether a packet has been handed on.
func (r *Receiver) known(seq uint16) bool {
	at := &r.seen[seq%history]
	return at.have && at.seq == seq
}

// solve finds packets that are the only missing ones of a sum (T.38 9.1.4.2), the oldest
// first.
func (r *Receiver) solve(d Datagram, deliver func(uint16, []byte)) {
	n := len(d.Sums)
	for back := min(n*d.Span, before(r.next, d.Seq)); back >= 1; back-- {
		seq := d.Seq - uint16(back) //nolint:gosec // small
		if before(r.next, seq) < 0 || r.known(seq) {
			continue
		}
		if packet, ok := r.solved(d, (back-1)%n, seq); ok {
			r.Recovered++
			r.hand(seq, packet, deliver)
		}
	}
}

// solved is the packet that sum i and all others of it give.
func (r *Receiver) solved(d Datagram, i int, missing uint16) (packet []byte, ok bool) {
	n := len(d.Sums)
	sum := make([]byte, MaxIFP)
	copy(sum, d.Sums[i])
	for j := range d.Span {
		seq := d.Seq - 1 - uint16(i+j*n) //nolint:gosec // small
		if seq == missing {
			continue
		}
		if !r.known(seq) {
			return nil, false
		}
		xor(sum, r.seen[seq%history].data)
	}
	return sum[:len(d.Sums[i])], true
}
