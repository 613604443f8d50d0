package sip

import (
	"bytes"
	"net/netip"
	"time"
)

// tap lets the flight recorder of a call hear a message, as it is on the wire. Messages
// of no call, such as registrations, are nobody's.
func (s *socket) tap(sent bool, other netip.AddrPort, message []byte) {
	id, found := callID(message)
	if !found {
		return
	}
	if r, listens := s.line.recorder(id); listens {
		r.message(s, sent, other, message, time.Now())
	}
}

// callID finds the Call-ID in the header of a message, without reading the rest of it.
func callID(message []byte) (id string, found bool) {
	for len(message) > 0 {
		text, rest, _ := bytes.Cut(message, []byte("\n"))
		text = bytes.TrimRight(text, "\r")
		if len(text) == 0 {
			return "", false
		}
		name, value, colon := bytes.Cut(text, []byte(":"))
		name = bytes.TrimSpace(name)
		if colon && (bytes.EqualFold(name, []byte("Call-ID")) || bytes.EqualFold(name, []byte("i"))) {
			return string(bytes.TrimSpace(value)), true
		}
		message = rest
	}
	return "", false
}
