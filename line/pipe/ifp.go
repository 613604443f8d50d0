package pipe

import (
	"encoding/binary"
	"fmt"
)

// ifpHeader is what stands before an IFP packet in the data of a Packet frame: the
// sequence number, big-endian, and the count.
const ifpHeader = 3

// IFP is one Internet facsimile packet (T.38 8), as UDPTL carries it (T.38 9.1).
type IFP struct {
	Seq uint16 // UDPTL's sequence number
	// Count is how many times to send the datagram, with the same number: 3 for
	// indicators and the end of a signal. 1 to MaxCount; 1 for one that arrived.
	Count int
	Data  []byte
}

// MaxCount is the most times that a packet may ask to be sent.
const MaxCount = 8

// Append adds the data of the Packet frame to buf.
func (p IFP) Append(buf []byte) []byte {
	buf = binary.BigEndian.AppendUint16(buf, p.Seq)
	buf = append(buf, byte(p.Count))
	return append(buf, p.Data...)
}

// ParseIFP reads the data of a Packet frame; the packet's Data is a part of it.
func ParseIFP(data []byte) (IFP, error) {
	if len(data) <= ifpHeader || len(data) > ifpHeader+MaxIFP {
		return IFP{}, fmt.Errorf("%w: packet of %d octets", ErrFrame, len(data))
	}
	p := IFP{binary.BigEndian.Uint16(data), int(data[2]), data[ifpHeader:]}
	if p.Count < 1 || p.Count > MaxCount {
		return IFP{}, fmt.Errorf("%w: packet to be sent %d times", ErrFrame, p.Count)
	}
	return p, nil
}
