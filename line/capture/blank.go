package capture

import "encoding/binary"

// Payload types of RTP, and what silence is in them (RFC 3551 6, G.711).
const (
	pcmu, pcmuSilence = 0, 0xFF
	pcma, pcmaSilence = 8, 0xD5
	eventLength       = 4 // octets of a telephone event (RFC 4733 2.3): no page
)

// silence blanks the sound of an RTP packet (RFC 3550 5.1) and leaves the header. What is
// no RTP is blanked as a whole.
func silence(rtp []byte) {
	sound, ok := soundOf(rtp)
	if !ok {
		clear(rtp)
		return
	}
	switch kind := rtp[1] & 0x7F; {
	case kind == pcmu:
		fill(sound, pcmuSilence)
	case kind == pcma:
		fill(sound, pcmaSilence)
	case len(sound) != eventLength:
		clear(sound)
	}
}

// soundOf is the payload of an RTP packet, without its padding's length.
func soundOf(rtp []byte) (sound []byte, ok bool) {
	const header, source, padded, extended = 12, 4, 0x20, 0x10
	if len(rtp) < header || rtp[0]>>6 != 2 {
		return nil, false
	}
	at := header + int(rtp[0]&0x0F)*source
	if rtp[0]&extended != 0 {
		if len(rtp) < at+4 {
			return nil, false
		}
		words := int(binary.BigEndian.Uint16(rtp[at+2:]))
		if at += 4; len(rtp) < at+4*words {
			return nil, false
		}
		clear(rtp[at:][:4*words])
		at += 4 * words
	}
	end := len(rtp)
	if rtp[0]&padded != 0 {
		end--
	}
	if at > end {
		return nil, false
	}
	return rtp[at:end], true
}

func fill(b []byte, value byte) {
	for i := range b {
		b[i] = value
	}
}

// per reads what T.38 writes by the packed encoding rules (X.691, aligned), and can blank
// the rest of it.
type per []byte

// take is the next n octets; nil when there are not so many: then everything is blanked.
func (p *per) take(n int) []byte {
	if n > len(*p) {
		clear(*p)
		*p = nil
		return nil
	}
	b := (*p)[:n]
	*p = (*p)[n:]
	return b
}

// length is a length of less than 16384 (X.691 11.9); longer ones, which come in pieces,
// do not fit a datagram of T.38.
func (p *per) length() int {
	b := p.take(1)
	switch {
	case b == nil:
		return 0
	case b[0] < 0x80:
		return int(b[0])
	case b[0] < 0xC0:
		if low := p.take(1); low != nil {
			return int(b[0]&0x3F)<<8 | int(low[0])
		}
	}
	p.take(len(*p) + 1)
	return 0
}

// blankUDPTL blanks a datagram (T.38 9.1): number, primary packet, then either older
// packets or the parity of some, of which nothing is left.
func blankUDPTL(datagram []byte) {
	p := per(datagram)
	p.take(2)
	blankIFP(p.take(p.length()))
	recovery := p.take(1)
	switch {
	case recovery == nil:
		return
	case recovery[0]&0x80 == 0:
		for n := p.length(); n > 0 && len(p) > 0; n-- {
			blankIFP(p.take(p.length()))
		}
	default:
		p.take(p.length()) // of how many packets it is
		for n := p.length(); n > 0 && len(p) > 0; n-- {
			clear(p.take(p.length()))
		}
	}
	clear(p)
}

// blankIFP blanks the data of a packet (T.38 7.2, 8), field by field, unless it is V.21's,
// with which machines talk. Indicators have none.
func blankIFP(ifp []byte) {
	const isData, extended, hasFields, hasOctets, v21 = 0x40, 0x20, 0x80, 0x80, 0
	p := per(ifp)
	head := p.take(1)
	switch {
	case head == nil:
		return
	case head[0]&(isData|extended) == isData && head[0]>>1&0x0F == v21:
		return
	case head[0]&isData == 0 && head[0]&extended != 0:
		p.take(1) // an indicator of a later version
	case head[0]&(isData|extended|hasFields) == isData|hasFields:
		for n := p.length(); n > 0 && len(p) > 0; n-- {
			if field := p.take(1); field[0]&hasOctets != 0 {
				if size := p.take(2); size != nil {
					clear(p.take(int(binary.BigEndian.Uint16(size)) + 1))
				}
			}
		}
	}
	clear(p)
}
