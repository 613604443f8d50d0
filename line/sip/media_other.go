//go:build !unix

package sip

import (
	"net/netip"
	"time"
)

// poll reads what is there, and waits for it no longer than it has to.
func (m *media) poll() (n int, from netip.AddrPort, ok bool) {
	if m.conn.SetReadDeadline(time.Now().Add(time.Millisecond)) != nil {
		return 0, from, false
	}
	n, from, err := m.conn.ReadFromUDPAddrPort(m.buffer[:])
	return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err == nil
}
