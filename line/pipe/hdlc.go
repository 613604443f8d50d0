package pipe

import (
	"encoding/binary"
	"fmt"
	"math"
)

// hdlcHeader is what stands before a frame of T.30 in the data of a Signal frame: 1 for
// one that was sent, 0 for one that was received; then Image, big-endian.
const hdlcHeader = 3

// HDLC is one frame of T.30 (5.3), as it went over the line.
type HDLC struct {
	Sent bool // by faxmodem; else by the other end
	// Image is how many frames of a page (FCD, A.3.5.1) went the same way since the frame
	// before: neither they nor what ends a block of them (RCP) are told of one by one.
	Image int
	// Octets are address, control and so on, the first bit on the line the lowest; no check
	// sequence. At most MaxHDLC: of a longer one they are the beginning.
	Octets []byte
}

// Append adds the data of the Signal frame to buf.
func (h HDLC) Append(buf []byte) []byte {
	var sent byte
	if h.Sent {
		sent = 1
	}
	buf = append(buf, sent)
	buf = binary.BigEndian.AppendUint16(buf, uint16(min(max(h.Image, 0), math.MaxUint16)))
	return append(buf, h.Octets...)
}

// ParseHDLC reads the data of a Signal frame; the Octets are a part of it.
func ParseHDLC(data []byte) (HDLC, error) {
	if len(data) <= hdlcHeader || len(data) > hdlcHeader+MaxHDLC || data[0] > 1 {
		return HDLC{}, fmt.Errorf("%w: T.30 frame of %d octets", ErrFrame, len(data))
	}
	return HDLC{data[0] == 1, int(binary.BigEndian.Uint16(data[1:])), data[hdlcHeader:]}, nil
}
