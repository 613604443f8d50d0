package udptl

import "encoding/binary"

// history is how many packets a Sender and a Receiver remember.
const history = 64

// Sender makes datagrams. The zero value sends each packet alone.
type Sender struct {
	// Redundancy is how many packets before it go with each one, at most MaxEntries. Zero:
	// none.
	Redundancy int
	// FEC sends sums of packets instead: Redundancy is then the number of sums, and each is
	// of fecSpan packets.
	FEC bool
	// MaxDatagram is the longest datagram that the other end takes, in octets: what does not
	// fit of the redundancy is left out, the oldest first, and never the primary. Zero: any.
	MaxDatagram int

	sent [history][]byte // by number
	last uint16
	kept int // how many of sent there are
}

// fecSpan is how many packets a sum is of, as most devices have it.
const fecSpan = 3

// Datagram appends the datagram of a packet to buf. Numbers follow each other; a packet
// that is sent again is not made again.
func (s *Sender) Datagram(buf []byte, seq uint16, ifp []byte) []byte {
	if s.kept > 0 && before(s.last, seq) != 1 {
		s.kept = 0 // what was before is not before this one
	}
	start := len(buf)
	buf = binary.BigEndian.AppendUint16(buf, seq)
	buf = appendPacket(buf, ifp)
	if s.FEC {
		buf = s.sums(buf, seq, start)
	} else {
		buf = s.older(buf, seq, start)
	}
	s.keep(seq, ifp)
	return buf
}

func (s *Sender) keep(seq uint16, ifp []byte) {
	at := &s.sent[seq%history]
	*at = append((*at)[:0], ifp...)
	s.last = seq
	s.kept = min(s.kept+1, history)
}

// older appends the packets before, the newest first.
func (s *Sender) older(buf []byte, seq uint16, start int) []byte {
	buf = append(buf, 0)
	count := len(buf)
	buf = append(buf, 0)
	n := 0
	for n < min(s.Redundancy, s.kept, MaxEntries) {
		p := s.sent[(seq-1-uint16(n))%history] //nolint:gosec // n is small
		if s.MaxDatagram > 0 && len(buf)-start+2+len(p) > s.MaxDatagram {
			break
		}
		buf = appendPacket(buf, p)
		n++
	}
	buf[count] = byte(n)
	return buf
}

// sums appends the parities of the packets before (T.38 9.1.4.2).
func (s *Sender) sums(buf []byte, seq uint16, start int) []byte {
	n := min(s.Redundancy, s.kept/fecSpan, MaxEntries)
	buf = append(buf, 0x80, 1, fecSpan)
	count := len(buf)
	buf = append(buf, byte(n))
	for i := range n {
		var sum [MaxIFP]byte
		longest := 0
		for j := range fecSpan {
			longest = max(longest, xor(sum[:], s.sent[(seq-1-uint16(i+j*n))%history])) //nolint:gosec // all small
		}
		if s.MaxDatagram > 0 && len(buf)-start+2+longest > s.MaxDatagram {
			// The sums are numbered by how many there are: all of them, or none.
			return append(buf[:count], 0)
		}
		buf = appendPacket(buf, sum[:longest])
	}
	return buf
}

// xor adds a packet to a sum, and says how long it is.
func xor(sum, packet []byte) int {
	for i, b := range packet {
		sum[i] ^= b
	}
	return len(packet)
}
