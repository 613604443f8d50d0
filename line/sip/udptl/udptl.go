// Package udptl carries IFP packets in UDP datagrams, as T.38 over SIP does (ITU-T T.38
// 9.1): what gets lost on the way comes again in later datagrams, as older packets
// (redundancy, 9.1.4.1) or as their parity (FEC, 9.1.3.1 and Annex C). It knows no sockets
// and no clock.
//
// A datagram, in the aligned PER of T.38 Annex A (ITU-T X.691):
//
//	2 octets     the packet's sequence number, big-endian
//	length, …    the packet
//	00, count    then so many older packets, newest first, each as length, …; or
//	80, 01 span, count   then so many parities of span packets each, each as length, …
//
// A length below 128 is one octet; below 16384 it is two, with 80 in the first. An empty
// packet is a single zero octet (X.691 11.1). In a datagram with the number seq and sets
// parities, the one at index i is the exclusive or of the span packets
//
//	seq + i - sets*span, seq + i - sets*(span-1), …, seq + i - sets
//
// each made as long as the longest by zeros, so that neighbours are in different ones: this
// is how Asterisk and spandsp read Annex C. A packet that is recovered from its parity
// keeps these zeros; where it ends, it says itself.
package udptl

import "errors"

// The limits of what is made and taken.
const (
	// MaxIFP is the longest IFP packet, in octets. The largest seen in faxes of 14400
	// bit/s has 59.
	MaxIFP = 1024
	// MaxOlder is how many older packets, or parities, one datagram may have. Three are
	// usual.
	MaxOlder = 32
)

// window is how many packets back both ends remember. Whatever is further away cannot be
// recovered, and is none that the network merely delayed: at 30 ms a packet, it is two
// seconds.
const window = 64

// ErrMalformed is wrapped by whatever is wrong with a datagram or an IFP packet.
var ErrMalformed = errors.New("malformed T.38")
