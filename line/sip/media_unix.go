//go:build unix

package sip

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// poll reads what is there, without waiting for it.
func (m *media) poll() (n int, from netip.AddrPort, ok bool) {
	var sender unix.Sockaddr
	var err error
	failure := m.raw.Read(func(fd uintptr) bool {
		n, sender, err = unix.Recvfrom(int(fd), m.buffer[:], unix.MSG_DONTWAIT)
		return true
	})
	if failure != nil || err != nil {
		return 0, from, false
	}
	switch s := sender.(type) {
	case *unix.SockaddrInet4:
		from = netip.AddrPortFrom(netip.AddrFrom4(s.Addr), uint16(s.Port)) //nolint:gosec // a port
	case *unix.SockaddrInet6:
		from = netip.AddrPortFrom(netip.AddrFrom16(s.Addr).Unmap(), uint16(s.Port)) //nolint:gosec // a port
	}
	return n, from, true
}
