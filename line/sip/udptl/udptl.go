// Package udptl is the transport of T.38 over UDP (ITU-T T.38 9.1): each datagram has a
// packet, called the primary, and with it either the packets before it once more
// (redundancy) or sums of them from which one that is lost can be made again (FEC).
//
//	octets 0-1   sequence number
//	             the primary: its length, then itself
//	octet        0x00: redundancy            0x80: FEC
//	             how many packets            1 octet 1 and the span
//	             each: length, itself,       how many sums
//	             the newest first            each: length, itself
//
// Lengths are those of ASN.1 PER, aligned: one octet up to 127, two up to 16383. What comes
// in is a stranger's: every bound is checked.
package udptl

import (
	"encoding/binary"
	"errors"
)

// The limits of a datagram.
const (
	// MaxIFP is the longest packet, in octets. The largest seen has 59.
	MaxIFP = 1024
	// MaxEntries is how many older packets, or sums, a datagram may have. T.38 knows no limit;
	// nobody sends more than eight.
	MaxEntries = 32
	// MaxSpan is how many times the number of sums the packets go back that are summed up.
	MaxSpan = 16
)

// ErrMalformed is a datagram that cannot be UDPTL.
var ErrMalformed = errors.New("malformed UDPTL datagram")

// Datagram is one that was read. Its slices are parts of it.
type Datagram struct {
	Seq     uint16
	Primary []byte
	// Older are the packets before the primary, the newest first.
	Older [][]byte
	// Sums are the parities of FEC; sum i is of the packets Seq-1-i, Seq-1-i-n, … of which
	// there are Span, where n is the number of sums.
	Sums [][]byte
	Span int
}

// Parse reads a datagram. What follows its end is nobody's, and left alone.
func Parse(data []byte) (d Datagram, err error) {
	r := reader{data: data}
	d.Seq = r.number()
	d.Primary = r.packet()
	recovery := r.octet()
	if recovery&0x80 == 0 {
		d.Older = r.packets()
		return d, r.err
	}
	if r.octet() != 1 { // the span is a number of one octet
		r.fail()
	}
	d.Span = int(r.octet())
	d.Sums = r.packets()
	if d.Span < 1 && len(d.Sums) > 0 || d.Span > MaxSpan {
		r.fail()
	}
	return d, r.err
}

// reader reads what is there; after the first fault it gives nothing more.
type reader struct {
	data []byte
	err  error
}

func (r *reader) fail() { r.err, r.data = ErrMalformed, nil }

func (r *reader) octet() byte {
	if len(r.data) < 1 {
		r.fail()
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

func (r *reader) number() uint16 {
	if len(r.data) < 2 {
		r.fail()
		return 0
	}
	n := binary.BigEndian.Uint16(r.data)
	r.data = r.data[2:]
	return n
}

// length reads a length of PER (X.691 10.9.3). Those in fragments, of 16384 and more, are
// of nothing that we know.
func (r *reader) length() int {
	first := r.octet()
	switch {
	case first&0x80 == 0:
		return int(first)
	case first&0x40 == 0:
		return int(first&0x3F)<<8 | int(r.octet())
	}
	r.fail()
	return 0
}

func (r *reader) packet() []byte {
	n := r.length()
	if n > MaxIFP || n > len(r.data) {
		r.fail()
		return nil
	}
	p := r.data[:n:n]
	r.data = r.data[n:]
	return p
}

func (r *reader) packets() (all [][]byte) {
	n := r.length()
	if n > MaxEntries {
		r.fail()
		return nil
	}
	for range n {
		all = append(all, r.packet())
	}
	if r.err != nil {
		return nil
	}
	return all
}

// appendLength writes a length of PER.
func appendLength(buf []byte, n int) []byte {
	if n < 0x80 {
		return append(buf, byte(n))
	}
	return append(buf, byte(0x80|n>>8), byte(n))
}

// appendPacket writes a packet with its length. One without octets is its length alone.
func appendPacket(buf, packet []byte) []byte {
	return append(appendLength(buf, len(packet)), packet...)
}

// before is how far a number lies before another, in the circle of 16 bits.
func before(a, b uint16) int { return int(int16(b - a)) }
