package udptl

import (
	"encoding/binary"
	"math"
)

// Sender makes datagrams of IFP packets. The zero value sends each packet by itself.
// Its exported fields may change between two packets. One goroutine uses it.
type Sender struct {
	// Redundancy is how many older packets go with each one (T38FaxUdpEC:
	// t38UDPRedundancy), at most MaxOlder. Three survive a loss of 10 %. Zero: none.
	Redundancy int
	// FEC adds parities instead of older packets (T38FaxUdpEC: t38UDPFEC): three, of three
	// packets each, which are as long as three older packets would be.
	FEC bool
	// MaxDatagram is how many octets the other end takes (T38FaxMaxDatagram). Older packets
	// or parities are left out to keep to it, the oldest first; the packet itself never
	// is. Zero: no limit.
	MaxDatagram int

	sent history
	next uint16 // the number after the last one
	kept int    // how many packets before next there are without a gap
	sum  []byte
}

// The parities that are sent, as Asterisk does: a gap of three packets is closed.
const (
	fecSets = 3
	fecSpan = 3
)

// Datagram appends the datagram of a packet to buf, and remembers the packet for later
// ones. Numbers begin with 0 and go up by one (T.38 9.1.2.1); with any other number what
// came before is forgotten. To send a packet several times, send the same datagram again.
// A packet longer than MaxIFP is not sent: buf is returned as it was.
func (s *Sender) Datagram(buf []byte, seq uint16, ifp []byte) []byte {
	if len(ifp) > MaxIFP {
		return buf
	}
	if len(ifp) == 0 {
		ifp = []byte{0} // X.691 11.1: what is empty is a single zero octet
	}
	if seq != s.next {
		s.kept = 0
	}
	room := s.room(len(buf))
	buf = binary.BigEndian.AppendUint16(buf, seq)
	buf = appendIFP(buf, ifp)
	if s.FEC {
		buf = s.appendParity(buf, seq, room)
	} else {
		buf = s.appendOlder(buf, seq, room)
	}
	s.sent.put(seq, ifp)
	s.next, s.kept = seq+1, min(s.kept+1, MaxOlder)
	return buf
}

// room is how long buf may become by a datagram.
func (s *Sender) room(used int) int {
	if s.MaxDatagram <= 0 {
		return math.MaxInt
	}
	return used + s.MaxDatagram
}

// appendOlder adds as many older packets as are wanted, there and fit.
func (s *Sender) appendOlder(buf []byte, seq uint16, room int) []byte {
	buf = append(buf, 0, 0)
	count := len(buf) - 1
	for back := range min(max(s.Redundancy, 0), s.kept) {
		ifp, _ := s.sent.get(seq - 1 - uint16(back))
		more := appendIFP(buf, ifp)
		if len(more) > room {
			break
		}
		buf = more
		buf[count]++
	}
	return buf
}

// appendParity adds as many parities as there are packets for and fit.
func (s *Sender) appendParity(buf []byte, seq uint16, room int) []byte {
	for sets := min(fecSets, s.kept/fecSpan); sets > 0; sets-- {
		if more := s.appendSets(buf, seq, sets); len(more) <= room {
			return more
		}
	}
	return append(buf, choiceFEC, 1, 0, 0)
}

func (s *Sender) appendSets(buf []byte, seq uint16, sets int) []byte {
	buf = append(buf, choiceFEC, 1, fecSpan, byte(sets))
	for i := range sets {
		s.sum = s.sum[:0]
		for older := range members(seq, i, sets, fecSpan) {
			ifp, _ := s.sent.get(older)
			s.sum = xor(s.sum, ifp)
		}
		buf = appendIFP(buf, s.sum)
	}
	return buf
}
