package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the addresses whose forwarded headers are believed (RFC 9700 4.13).
// Everybody else's are ignored: they could say anything.
type Proxies []netip.Prefix

// ParseProxies reads addresses and networks in CIDR notation, separated by commas
// or spaces.
func ParseProxies(text string) (Proxies, error) {
	var p Proxies
	for field := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		if addr, err := netip.ParseAddr(field); err == nil {
			p = append(p, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(field)
		if err != nil {
			return nil, err
		}
		p = append(p, prefix.Masked())
	}
	return p, nil
}

// Trusts reports whether the address is a proxy.
func (p Proxies) Trusts(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// Address is where a request comes from: the nearest hop that is not a trusted proxy.
func (p Proxies) Address(r *http.Request) string {
	text, _, found := strings.Cut(r.RemoteAddr, ":")
	if len(p) == 0 && found && strings.Count(r.RemoteAddr, ":") == 1 {
		return text // IPv4 without proxies: nothing to parse
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr // a Unix socket has no address
	}
	addr := plain(peer.Addr())
	if p.Trusts(addr) {
		addr = p.forwarded(r.Header.Values("X-Forwarded-For"), addr)
	}
	return addr.String()
}

// plain is an address as it is compared: IPv4 in IPv6 is IPv4, and the zone, which
// means something on one machine alone, is left out.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// forwarded walks the hops from the nearest one back. It stops at the first that
// is not a proxy, and at the first that cannot be read.
func (p Proxies) forwarded(headers []string, nearest netip.Addr) netip.Addr {
	hops := strings.Split(strings.Join(headers, ","), ",")
	for i := len(hops) - 1; i >= 0 && i >= len(hops)-16; i-- {
		hop, ok := parseHop(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		nearest = plain(hop)
		if !p.Trusts(nearest) {
			break
		}
	}
	return nearest
}

// parseHop reads an address, in brackets or not, and leaves out the port that some
// proxies write.
func parseHop(text string) (netip.Addr, bool) {
	if hop, err := netip.ParseAddrPort(text); err == nil {
		return hop.Addr(), true
	}
	if inner, found := strings.CutPrefix(text, "["); found {
		text = strings.TrimSuffix(inner, "]")
	}
	hop, err := netip.ParseAddr(text)
	return hop, err == nil
}

// FromLoopback reports whether the request was made on this machine and not
// passed on by anybody: what a local scraper does.
func FromLoopback(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	for _, header := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"} {
		if r.Header.Get(header) != "" {
			return false
		}
	}
	return true
}
