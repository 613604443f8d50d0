package sip

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// maxDatagram is the longest datagram of media that is looked at, in bytes.
const maxDatagram = 2048

// media is the socket of one call, for RTP and UDPTL. It is symmetric: packets are sent
// to where the other end's come from, once some have come (RFC 4961).
type media struct {
	conn  *net.UDPConn
	raw   syscall.RawConn
	local netip.AddrPort
	// to is where packets are sent to: first what the other end has said, then what is seen.
	to     netip.AddrPort
	said   netip.AddrPort // what it has said
	peer   netip.Addr     // where its signalling comes from
	known  func(netip.Addr) bool
	lose   func() bool // nil: nothing is
	buffer [maxDatagram]byte

	heard   time.Time // the last packet of any use, in real time; zero: none
	foreign int       // packets of strangers
}

// openMedia takes a port of the range on an address.
func (l *Line) openMedia(own netip.Addr) (*media, error) {
	count := int(l.MediaPorts.Last-l.MediaPorts.First)/2 + 1
	first := rand.N(count)
	var failure error
	for i := range count {
		port := int(l.MediaPorts.First) + (first+i)%count*2
		at := netip.AddrPortFrom(own, uint16(port)) //nolint:gosec // within the range
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
		if err != nil {
			failure = err
			continue
		}
		raw, err := conn.SyscallConn()
		if err != nil {
			conn.Close()
			return nil, err
		}
		return &media{conn: conn, raw: raw, local: at, known: l.known, lose: l.lose}, nil
	}
	return nil, fmt.Errorf("no free port from %d to %d: %w", l.MediaPorts.First, l.MediaPorts.Last, failure)
}

func (m *media) close() { m.conn.Close() }

// remote says where the other end wants its packets, as its SDP has it.
func (m *media) remote(said netip.AddrPort, peer netip.Addr) {
	if said == m.said {
		return // what was seen since counts for more
	}
	m.said, m.to, m.peer = said, said, peer
}

// send sends a packet. What the network refuses is lost like what it loses.
func (m *media) send(packet []byte) {
	if m.to.IsValid() && m.to.Port() > 0 && (m.lose == nil || !m.lose()) {
		_, _ = m.conn.WriteToUDPAddrPort(packet, m.to)
	}
}

// receive gives a packet that has come; ok is false when there is none. The data is valid
// until the next.
func (m *media) receive() (data []byte, from netip.AddrPort, ok bool) {
	for {
		n, from, ok := m.poll()
		if !ok {
			return nil, netip.AddrPort{}, false
		}
		if m.accepts(from) {
			m.heard = time.Now()
			return m.buffer[:n], from, true
		}
		m.foreign++
	}
}

// accepts reports whether packets from an address belong to the call. It follows the other
// end through NAT: from where it has said, from where its signalling comes, and from other
// addresses of trunks, with whatever port; never from a stranger, who could otherwise have
// the fax sent to himself.
func (m *media) accepts(from netip.AddrPort) bool {
	if from == m.to {
		return true
	}
	a := from.Addr()
	if a != m.said.Addr() && a != m.peer && !m.known(a) {
		return false
	}
	m.to = from
	return true
}
