package udptl

import "bytes"

// Packet is an IFP packet that arrived (T.38 7.2).
type Packet struct {
	// Seq goes up from packet to packet; what is left out was lost. It is the sender's
	// own number until the sender begins anew, and then counts on: T.30 engines take
	// numbers that fall back for old packets.
	Seq uint16
	IFP []byte // 1 to MaxIFP octets
	// Recovered says that it came with a later one. It may have zeros behind its end.
	Recovered bool
}

// Stats counts. Each datagram is one of Received, Duplicate, Late, Stray and Malformed;
// each packet that the sender numbered, from the first that came to the last, is one of
// Received, Recovered, Lost and Late.
type Stats struct {
	Received  int // came by themselves, in time
	Recovered int // came with later ones (T.38 9.1.4)
	Lost      int // did not come before a later one did, and not since
	Late      int // came by themselves when a later one had been handed out: dropped
	Duplicate int // datagrams of packets that were there already: packets are sent thrice
	Stray     int // datagrams of before the first one, or far from all others: dropped
	Malformed int // datagrams that cannot be right
	Restarts  int // times that the sender began to number anew
}

// Receiver takes datagrams and hands out each packet once, in the order in which they
// were sent. It never waits for one that is missing: when a later datagram does not bring
// it, it is lost, and T.30 asks for it again. The zero value is ready. Numbers begin with
// the first datagram; or with 0 (T.38 9.1.2.1), when that one has what came before. One
// goroutine uses it.
//
// A datagram far from the one before, forward by more than a thousand or back by more than
// 64, is set aside; so is one with a number that was there with other contents. When the
// next one follows it, the sender has begun to number anew, and both are handed out:
// nobody knows what was lost meanwhile, and nothing counts as lost. When the next one goes
// on in the old order, it was a stray.
type Receiver struct {
	stats   Stats
	started bool
	next    uint16 // the number after the last one that was handed out
	shift   uint16 // what to add to the sender's numbers
	counted int    // packets since the numbers began, up to window
	past    history
	aside   aside
	d       Datagram
	sum     []byte
	out     []Packet
}

// aside is a packet that may be the first of new numbers.
type aside struct {
	there bool
	seq   uint16
	ifp   []byte
}

// maxGap is the most packets that can be lost in a row. The worst senders make a hundred
// packets a second, and T.30 does not outlive ten seconds of silence.
const maxGap = 1000

// Stats is what was counted until now.
func (r *Receiver) Stats() Stats { return r.stats }

// Datagram takes a datagram that arrived and gives what it brings: packets that it
// recovers, oldest first, then its own; none when it is old. The slice and its packets
// are valid until the next call; the datagram may be overwritten. The error is
// ErrMalformed; whoever gets one waits for the next datagram.
func (r *Receiver) Datagram(datagram []byte) ([]Packet, error) {
	r.out = r.out[:0]
	if err := r.d.parse(datagram); err != nil {
		r.stats.Malformed++
		return nil, err
	}
	switch ahead := int(int16(r.d.Seq - r.next)); {
	case !r.started:
		r.begin()
	case ahead > maxGap || ahead < -window || ahead < 0 && r.contradicts():
		if !r.follows() {
			r.setAside()
			return nil, nil
		}
		r.restart()
	case ahead < 0:
		r.old(-ahead)
		return nil, nil
	}
	r.aside.there = false
	r.accept()
	return r.out, nil
}

// begin finds where the numbers begin. A datagram that reaches back to 0 is not the first
// of its call: that one got lost.
func (r *Receiver) begin() {
	r.started, r.next = true, r.d.Seq
	if reach := r.d.reach(); reach < window && int(r.d.Seq) <= reach {
		r.next = 0
	}
}

// accept takes a datagram whose packet is the newest.
func (r *Receiver) accept() {
	seq, gap := r.d.Seq, int(r.d.Seq-r.next)
	r.past.put(seq, r.d.Primary)
	r.unpack(gap)
	r.repair()
	for back := gap; back > 0; back-- {
		if r.hand(seq-uint16(back), true) {
			r.stats.Recovered++
		} else {
			r.stats.Lost++
		}
	}
	r.hand(seq, false)
	r.stats.Received++
	r.next, r.counted = seq+1, min(r.counted+gap+1, window)
}

// hand gives out a packet, if it is there. An empty one says nothing to an engine.
func (r *Receiver) hand(seq uint16, recovered bool) bool {
	ifp, known := r.past.get(seq)
	if known && len(ifp) > 0 {
		r.out = append(r.out, Packet{seq + r.shift, ifp, recovered})
	}
	return known
}

// unpack keeps the older packets of the datagram that are missing.
func (r *Receiver) unpack(gap int) {
	for i, ifp := range r.d.Older[:min(gap, len(r.d.Older))] {
		if len(ifp) > 0 {
			r.past.put(r.d.Seq-1-uint16(i), ifp)
		}
	}
}

// repair finds the packet that is missing in each parity, if it is a single one. One whose
// time is over is of use too: it helps to find the next.
func (r *Receiver) repair() {
	if r.d.reach() >= window {
		return
	}
	for i, parity := range r.d.Parity {
		var missing uint16
		n := 0
		r.sum = append(r.sum[:0], parity...)
		for seq := range members(r.d.Seq, i, len(r.d.Parity), r.d.Span) {
			ifp, known := r.past.get(seq)
			if !known {
				missing = seq
				n++
			}
			r.sum = xor(r.sum, ifp[:min(len(ifp), len(parity))]) // what is longer has zeros there
		}
		if n == 1 && len(parity) > 0 {
			r.past.put(missing, r.sum)
		}
	}
}

// old counts a datagram whose packet comes after a later one: one back is the last that
// was handed out.
func (r *Receiver) old(back int) {
	_, known := r.past.get(r.d.Seq)
	switch {
	case back > r.counted:
		r.stats.Stray++
	case known:
		r.stats.Duplicate++
	default:
		r.stats.Lost--
		r.stats.Late++
		r.past.put(r.d.Seq, r.d.Primary)
	}
}

// contradicts says that another packet had this number.
func (r *Receiver) contradicts() bool {
	ifp, known := r.past.get(r.d.Seq)
	return known && !bytes.Equal(bytes.TrimRight(ifp, "\x00"), bytes.TrimRight(r.d.Primary, "\x00"))
}

// follows says that the datagram goes on from the one set aside.
func (r *Receiver) follows() bool {
	ahead := r.d.Seq - r.aside.seq
	return r.aside.there && ahead > 0 && ahead < window
}

// setAside keeps the packet until the next one shows what it was.
func (r *Receiver) setAside() {
	if r.aside.there && r.aside.seq == r.d.Seq {
		r.stats.Duplicate++
		return
	}
	r.stats.Stray++
	r.aside = aside{true, r.d.Seq, append(r.aside.ifp[:0], r.d.Primary...)}
}

// restart begins new numbers with the packet set aside, one apart from the old ones, so
// that an engine knows that something is missing.
func (r *Receiver) restart() {
	r.past.forget()
	r.shift += r.next + 1 - r.aside.seq
	r.past.put(r.aside.seq, r.aside.ifp)
	r.hand(r.aside.seq, false)
	r.next, r.counted = r.aside.seq+1, 1
	r.stats.Restarts++
	r.stats.Stray--
	r.stats.Received++
}
