package capture

import (
	"encoding/binary"

	"github.com/faxgate/faxgate/line/sip/udptl"
)

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

// blankUDPTL blanks a datagram (T.38 9.1): its packets, sums of which nothing is left, and
// what hangs behind. What is no datagram is blanked as a whole.
func blankUDPTL(datagram []byte) {
	d, err := udptl.Parse(datagram)
	if err != nil {
		clear(datagram)
		return
	}
	blankIFP(d.Primary)
	for _, older := range d.Older {
		blankIFP(older)
	}
	for _, parity := range d.Parity {
		clear(parity)
	}
	clear(d.Trailing)
}

// blankIFP blanks the data of a packet, field by field, but for the frames of V.21, with
// which machines talk. An engine may name V.21 over a page that it does not send in frames.
func blankIFP(ifp []byte) {
	err := udptl.WalkIFP(ifp, func(t udptl.DataType, f udptl.FieldType, data []byte) {
		if t != udptl.V21 || f != udptl.HDLCData {
			clear(data)
		}
	})
	if err != nil {
		clear(ifp)
	}
}
