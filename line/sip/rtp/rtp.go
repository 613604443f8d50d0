// Package rtp carries G.711 over RTP for fax: packets of 20 ms (RFC 3550, 3551), a playout
// buffer that never stretches time, and digits (RFC 4733). A modem at the other end hears
// every sample that is missing or too many; silence where there was sound is worst.
package rtp

import (
	"encoding/binary"
	"errors"
)

// Frame is how many samples, and octets of G.711, 20 ms are.
const Frame = 160

// The payload types of G.711 (RFC 3551 6).
const (
	PCMU = 0
	PCMA = 8
)

// ErrMalformed is a datagram that cannot be RTP.
var ErrMalformed = errors.New("malformed RTP packet")

// Packet is one that was read. Its payload is a part of the datagram.
type Packet struct {
	Type      byte // of the payload, 0 to 127
	Marker    bool
	Seq       uint16
	Timestamp uint32
	SSRC      uint32
	Payload   []byte
}

const header = 12

// Parse reads a packet (RFC 3550 5.1).
func Parse(data []byte) (Packet, error) {
	if len(data) < header || data[0]>>6 != 2 {
		return Packet{}, ErrMalformed
	}
	p := Packet{
		Type: data[1] & 0x7F, Marker: data[1]&0x80 != 0, Seq: binary.BigEndian.Uint16(data[2:]),
		Timestamp: binary.BigEndian.Uint32(data[4:]), SSRC: binary.BigEndian.Uint32(data[8:]),
	}
	rest := data[header:]
	sources := int(data[0]&0x0F) * 4
	if sources > len(rest) {
		return Packet{}, ErrMalformed
	}
	rest = rest[sources:]
	if data[0]&0x10 != 0 { // an extension (5.3.1)
		if len(rest) < 4 {
			return Packet{}, ErrMalformed
		}
		n := 4 + 4*int(binary.BigEndian.Uint16(rest[2:]))
		if n > len(rest) {
			return Packet{}, ErrMalformed
		}
		rest = rest[n:]
	}
	if data[0]&0x20 != 0 { // padding, whose last octet says how much
		if len(rest) == 0 {
			return Packet{}, ErrMalformed
		}
		n := int(rest[len(rest)-1])
		if n == 0 || n > len(rest) {
			return Packet{}, ErrMalformed
		}
		rest = rest[:len(rest)-n]
	}
	p.Payload = rest
	return p, nil
}

// Sender numbers the packets of one stream. Sequence number, timestamp and SSRC begin
// anywhere (RFC 3550 5.1).
type Sender struct {
	Type      byte // of the payload
	Seq       uint16
	Timestamp uint32
	SSRC      uint32
	began     bool
}

// Packet appends a packet of one frame to buf; the timestamp moves on by 20 ms.
func (s *Sender) Packet(buf, frame []byte) []byte {
	buf = s.header(buf, s.Type, !s.began, s.Timestamp)
	s.began = true
	s.Timestamp += Frame
	return append(buf, frame...)
}

func (s *Sender) header(buf []byte, kind byte, marker bool, timestamp uint32) []byte {
	if marker {
		kind |= 0x80
	}
	buf = append(buf, 2<<6, kind)
	buf = binary.BigEndian.AppendUint16(buf, s.Seq)
	buf = binary.BigEndian.AppendUint32(buf, timestamp)
	s.Seq++
	return binary.BigEndian.AppendUint32(buf, s.SSRC)
}

// Event appends a packet of a digit that is being pressed to buf (RFC 4733 2.3): kind is
// the payload type of telephone-event, frames how long the digit has been pressed, in
// steps of 20 ms from 1. end is for the last packets of the digit, which are sent three
// times. All packets of a digit have the timestamp of its beginning; time moves on with
// each but the repetitions.
func (s *Sender) Event(buf []byte, kind, event byte, frames int, end, again bool) []byte {
	if !again {
		s.Timestamp += Frame
	}
	began := s.Timestamp - uint32(frames)*Frame //nolint:gosec // a digit is short
	buf = s.header(buf, kind, frames == 1 && !again, began)
	s.began = true
	const volume = 10 // dBm0 below full, as telephones press
	flags := byte(volume)
	if end {
		flags |= 0x80
	}
	buf = append(buf, event, flags)
	return binary.BigEndian.AppendUint16(buf, uint16(frames*Frame)) //nolint:gosec // likewise
}
