package udptl

import (
	"encoding/binary"
	"fmt"
)

// Datagram is a UDPTL packet taken apart (T.38 9.1.2). Its slices are parts of what was
// parsed: what is written to them is written to the datagram.
type Datagram struct {
	Seq     uint16
	Primary []byte // the IFP packet with the number Seq
	// Older are the packets Seq-1, Seq-2, … An empty one is not there. Nil: there are
	// none, or FEC is used.
	Older [][]byte
	// FEC says that there are parities instead of older packets; at the start of a call,
	// not one.
	FEC    bool
	Span   int      // how many packets are in one parity, up to 127
	Parity [][]byte // one for each set of packets, see the package comment
	// Trailing is what stands behind the end. It means nothing; some senders pad.
	Trailing []byte
}

// What tells older packets from parities (T.38 Annex A, error-recovery): the CHOICE is
// one bit, and what follows begins with an octet.
const choiceFEC = 0x80

// Parse takes a datagram apart. The error is ErrMalformed for one that ends early, or
// exceeds MaxIFP or MaxOlder.
func Parse(datagram []byte) (Datagram, error) {
	var d Datagram
	if err := d.parse(datagram); err != nil {
		return Datagram{}, err
	}
	return d, nil
}

// parse is Parse that uses the slices of d again.
func (d *Datagram) parse(datagram []byte) error {
	*d = Datagram{Older: d.Older[:0], Parity: d.Parity[:0]}
	c := cursor{rest: datagram}
	d.Seq = uint16(c.octet())<<8 | uint16(c.octet())
	d.Primary = c.ifp()
	if d.FEC = c.octet()&choiceFEC != 0; d.FEC {
		d.Span = c.span()
		d.Parity = c.list(d.Parity)
	} else {
		d.Older = c.list(d.Older)
	}
	d.Trailing = c.rest
	if c.wrong != "" {
		return fmt.Errorf("%w: %s in a datagram of %d octets", ErrMalformed, c.wrong, len(datagram))
	}
	return nil
}

// reach is how many packets back the datagram says something about.
func (d *Datagram) reach() int { return max(len(d.Older), d.Span*len(d.Parity)) }

// cursor reads a datagram. After the first thing that is wrong it reads zeros.
type cursor struct {
	rest  []byte
	wrong string // what; empty: nothing
}

func (c *cursor) fail(why string) {
	if c.wrong == "" {
		c.wrong = why
	}
	c.rest = nil
}

// octets are the next n.
func (c *cursor) octets(n int) []byte {
	if n > len(c.rest) {
		c.fail("an early end")
		return nil
	}
	taken := c.rest[:n:n]
	c.rest = c.rest[n:]
	return taken
}

func (c *cursor) octet() byte {
	if o := c.octets(1); o != nil {
		return o[0]
	}
	return 0
}

// length is a length that may be at most limit (X.691 11.9).
func (c *cursor) length(limit int) int {
	n := int(c.octet())
	switch {
	case n >= 0xc0:
		c.fail("a length in fragments")
		return 0
	case n >= 0x80:
		n = n&0x3f<<8 | int(c.octet())
	}
	if n > limit {
		c.fail("a length beyond the limit")
		return 0
	}
	return n
}

// ifp is a packet or a parity, an open type (X.691 11.2).
func (c *cursor) ifp() []byte { return c.octets(c.length(MaxIFP)) }

// list is what stands behind the choice of error recovery.
func (c *cursor) list(into [][]byte) [][]byte {
	for range c.length(MaxOlder) {
		into = append(into, c.ifp())
	}
	return into
}

// span is fec-npackets, an INTEGER without bounds (X.691 13.2.4), which nobody makes
// longer than an octet.
func (c *cursor) span() int {
	if c.octet() != 1 {
		c.fail("a span of several octets")
	}
	n := int(int8(c.octet()))
	if n < 0 {
		c.fail("a negative span")
	}
	return n
}

// appendIFP adds a packet or a parity behind its length. It is neither empty nor longer
// than MaxIFP.
func appendIFP(buf, ifp []byte) []byte {
	if len(ifp) < 0x80 {
		buf = append(buf, byte(len(ifp)))
	} else {
		buf = binary.BigEndian.AppendUint16(buf, 0x8000|uint16(len(ifp)))
	}
	return append(buf, ifp...)
}
