package auth

import "net/netip"

// Network is what counts as one address where attempts are limited: an IPv4 address
// itself and, of IPv6, the /64 that it is in. Whoever has one address of that has all
// 2^64 (RFC 4291 2.5.1). What is not an IP address stays as it is.
func Network(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil || addr.Unmap().Is4() {
		return address
	}
	return netip.PrefixFrom(addr, 64).Masked().String()
}
