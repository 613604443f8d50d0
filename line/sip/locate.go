package sip

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Resolver asks DNS.
type Resolver interface {
	// LookupSRV gives the hosts of a service, in the order in which they are to be tried
	// (RFC 2782).
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, hosts []*net.SRV, err error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// dns is the system's resolver.
type dns struct{}

// LookupSRV implements Resolver.
func (dns) LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error) {
	return net.DefaultResolver.LookupSRV(ctx, service, proto, name)
}

// LookupNetIP implements Resolver.
func (dns) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, network, host)
}

const (
	locateTime = 5 * time.Second // DNS may take so long
	maxTargets = 8               // addresses that are tried of one trunk
)

// target is an address of a trunk.
type target struct {
	host string // the name that led there, for TLS
	at   netip.AddrPort
}

// locate finds the addresses of a host in the order in which they are to be tried
// (RFC 3263 4): the host itself if it is an address or has a port, else its SRV records,
// else its address at the usual port.
func (l *Line) locate(ctx context.Context, host string, t Transport) ([]target, error) {
	ctx, cancel := context.WithTimeout(ctx, locateTime)
	defer cancel()
	name, port, err := splitHost(host)
	if err != nil {
		return nil, err
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		return []target{{name, netip.AddrPortFrom(ip.Unmap(), cmp.Or(port, t.port()))}}, nil
	}
	if port == 0 {
		if found := l.services(ctx, name, t); len(found) > 0 {
			return found, nil
		}
	}
	return l.hosts(ctx, name, cmp.Or(port, t.port()))
}

// services are the targets of SRV records.
func (l *Line) services(ctx context.Context, name string, t Transport) (found []target) {
	service, proto := "sip", string(t)
	if t == TLS {
		service, proto = "sips", "tcp"
	}
	_, records, err := l.Resolver.LookupSRV(ctx, service, proto, name)
	if err != nil {
		return nil // there are none: most names have none
	}
	for _, r := range records {
		hosts, err := l.hosts(ctx, strings.TrimSuffix(r.Target, "."), r.Port)
		if err == nil {
			found = append(found, hosts...)
		}
	}
	for i := range found {
		found[i].host = name // certificates are for what was asked for (RFC 5922 4)
	}
	return found[:min(len(found), maxTargets)]
}

// hosts are the addresses of a name.
func (l *Line) hosts(ctx context.Context, name string, port uint16) ([]target, error) {
	addresses, err := l.Resolver.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", name, err)
	}
	var found []target
	for _, a := range addresses {
		if a = a.Unmap(); l.reaches(a) {
			found = append(found, target{name, netip.AddrPortFrom(a, port)})
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s has no address that this server can reach", name)
	}
	return found[:min(len(found), maxTargets)], nil
}

// reaches reports whether there is a socket of the family of an address.
func (l *Line) reaches(a netip.Addr) bool {
	for _, s := range l.sockets {
		if own := s.Address.Addr(); own == netip.IPv6Unspecified() || own.Is4() == a.Is4() {
			return true
		}
	}
	return false
}

// splitHost parts a host from its port; zero: it has none.
func splitHost(text string) (host string, port uint16, err error) {
	bare := strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	if _, err := netip.ParseAddr(bare); err == nil {
		return bare, 0, nil
	}
	host, digits, found := strings.Cut(text, ":")
	if at := strings.LastIndex(text, "]:"); at > 0 {
		host, digits, found = text[1:at], text[at+2:], true
	}
	if !found {
		return host, 0, nil
	}
	number, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("host %q: port %q", text, digits)
	}
	return host, uint16(number), nil
}
