package sip

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Transport is what carries signalling.
type Transport string

// The transports.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
	TLS Transport = "tls"
)

// wire is the transport as Via writes it.
func (t Transport) wire() string { return strings.ToUpper(string(t)) }

// port is where a trunk listens that names no port (RFC 3261 19.1.2).
func (t Transport) port() uint16 {
	if t == TLS {
		return 5061
	}
	return 5060
}

// Endpoint is a transport at an address.
type Endpoint struct {
	Transport Transport
	Address   netip.AddrPort
}

// String is the endpoint as ParseEndpoints reads it.
func (e Endpoint) String() string { return string(e.Transport) + "://" + e.Address.String() }

// ParseEndpoints reads addresses with commas between: "udp://192.0.2.1:5060",
// "tls://[2001:db8::1]:5061". Without a transport, UDP and TCP are meant; without a
// host, all addresses of this machine.
func ParseEndpoints(text string) (all []Endpoint, err error) {
	for part := range strings.SplitSeq(text, ",") {
		transports := []Transport{UDP, TCP}
		address := strings.TrimSpace(part)
		if name, rest, found := strings.Cut(address, "://"); found {
			transports, address = []Transport{Transport(strings.ToLower(name))}, rest
		}
		at, err := parseAddress(address)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", part, err)
		}
		for _, t := range transports {
			if t != UDP && t != TCP && t != TLS {
				return nil, fmt.Errorf("%q: the transport is udp, tcp or tls", part)
			}
			all = append(all, Endpoint{t, at})
		}
	}
	return all, nil
}

// parseAddress reads host:port; the host is an address, or empty for all of them.
func parseAddress(text string) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return netip.AddrPort{}, err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	ip := netip.IPv6Unspecified()
	if host != "" {
		if ip, err = netip.ParseAddr(host); err != nil {
			return netip.AddrPort{}, err
		}
	}
	return netip.AddrPortFrom(ip, uint16(number)), nil
}

// Ports is a range of UDP ports, both ends included.
type Ports struct{ First, Last uint16 }

// ParsePorts reads "10000-19999".
func ParsePorts(text string) (Ports, error) {
	first, last, found := strings.Cut(text, "-")
	a, errA := strconv.ParseUint(strings.TrimSpace(first), 10, 16)
	b, errB := strconv.ParseUint(strings.TrimSpace(last), 10, 16)
	if !found || errA != nil || errB != nil || a == 0 || b < a {
		return Ports{}, fmt.Errorf("%q is no range of ports, such as 10000-19999", text)
	}
	return Ports{uint16(a), uint16(b)}, nil
}
