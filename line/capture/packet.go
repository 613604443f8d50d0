package capture

import (
	"encoding/binary"
	"net/netip"
)

// The headers of packets, in octets (RFC 791, 8200, 768, 9293).
const (
	ip4Header = 20
	ip6Header = 40
	udpHeader = 8
	tcpHeader = 20

	protocolTCP = 6
	protocolUDP = 17

	maxPacket  = 65535 // what IPv4 can have, with its header
	maxSegment = 32 << 10
)

// flow is from where to where a packet goes; both addresses are of the same family.
type flow struct{ from, to netip.AddrPort }

// flowOf is the flow between two addresses; ok is false when they are none of the same
// family. A socket that listens everywhere calls itself :: also where it is spoken to by
// IPv4.
func flowOf(from, to netip.AddrPort) (f flow, ok bool) {
	a, b := from.Addr().Unmap().WithZone(""), to.Addr().Unmap().WithZone("")
	switch {
	case a.IsUnspecified() && b.Is4():
		a = netip.IPv4Unspecified()
	case b.IsUnspecified() && a.Is4():
		b = netip.IPv4Unspecified()
	}
	ok = a.IsValid() && b.IsValid() && a.Is4() == b.Is4()
	return flow{netip.AddrPortFrom(a, from.Port()), netip.AddrPortFrom(b, to.Port())}, ok
}

// back is the other way.
func (f flow) back() flow { return flow{f.to, f.from} }

// ip is the length of the IP header.
func (f flow) ip() int {
	if f.from.Addr().Is4() {
		return ip4Header
	}
	return ip6Header
}

// appendUDP adds a packet.
func (f flow) appendUDP(b []byte, payload []byte) []byte {
	at := len(b)
	b = f.appendIP(b, protocolUDP, udpHeader+len(payload))
	b = f.appendPorts(b)
	b = binary.BigEndian.AppendUint16(b, uint16(udpHeader+len(payload)))
	b = append(b, 0, 0) // the checksum
	b = append(b, payload...)
	setUDPChecksum(b[at:], f.ip())
	return b
}

// appendTCP adds a segment with PSH and ACK set. What was acknowledged is what was written.
func (f flow) appendTCP(b []byte, sequence, acknowledged uint32, payload []byte) []byte {
	at := len(b) + f.ip()
	b = f.appendIP(b, protocolTCP, tcpHeader+len(payload))
	b = f.appendPorts(b)
	b = binary.BigEndian.AppendUint32(b, sequence)
	b = binary.BigEndian.AppendUint32(b, acknowledged)
	b = append(b, tcpHeader/4<<4, 0x18, 0xFF, 0xFF, 0, 0, 0, 0) // window, checksum, urgent
	b = append(b, payload...)
	segment := b[at:]
	binary.BigEndian.PutUint16(segment[16:], ^f.sum(protocolTCP, segment))
	return b
}

func (f flow) appendPorts(b []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, f.from.Port())
	return binary.BigEndian.AppendUint16(b, f.to.Port())
}

// appendIP adds the IP header of a packet with so many octets behind it.
func (f flow) appendIP(b []byte, protocol byte, length int) []byte {
	const hops, dontFragment = 64, 0x40
	at := len(b)
	if f.from.Addr().Is4() {
		b = append(b, 0x45, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(ip4Header+length))
		b = append(b, 0, 0, dontFragment, 0, hops, protocol, 0, 0)
	} else {
		b = append(b, 0x60, 0, 0, 0)
		b = binary.BigEndian.AppendUint16(b, uint16(length))
		b = append(b, protocol, hops)
	}
	b = append(b, f.from.Addr().AsSlice()...)
	b = append(b, f.to.Addr().AsSlice()...)
	if f.from.Addr().Is4() {
		binary.BigEndian.PutUint16(b[at+10:], ^fold(add(0, b[at:])))
	}
	return b
}

// sum is the Internet checksum (RFC 1071) of a segment with its pseudo header, not yet
// inverted.
func (f flow) sum(protocol byte, segment []byte) uint16 {
	s := add(0, f.from.Addr().AsSlice())
	s = add(s, f.to.Addr().AsSlice())
	s += uint32(protocol) + uint32(len(segment))
	return fold(add(s, segment))
}

// add adds the words of b, the last one filled up with zero.
func add(sum uint32, b []byte) uint32 {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	return sum
}

// fold adds the carries.
func fold(sum uint32) uint16 {
	for sum > 0xFFFF {
		sum = sum>>16 + sum&0xFFFF
	}
	return uint16(sum)
}

// setUDPChecksum makes the checksum of a packet of UDP right. Zero would be none.
func setUDPChecksum(packet []byte, ip int) {
	f, segment := flow{}, packet[ip:]
	if ip == ip4Header {
		f.from = netip.AddrPortFrom(netip.AddrFrom4([4]byte(packet[12:])), 0)
		f.to = netip.AddrPortFrom(netip.AddrFrom4([4]byte(packet[16:])), 0)
	} else {
		f.from = netip.AddrPortFrom(netip.AddrFrom16([16]byte(packet[8:])), 0)
		f.to = netip.AddrPortFrom(netip.AddrFrom16([16]byte(packet[24:])), 0)
	}
	binary.BigEndian.PutUint16(segment[6:], 0)
	sum := ^f.sum(protocolUDP, segment)
	if sum == 0 {
		sum = 0xFFFF
	}
	binary.BigEndian.PutUint16(segment[6:], sum)
}

// udp finds the header's length and the content of a packet of UDP as appendUDP writes it.
func udp(packet []byte) (ip int, payload []byte, ok bool) {
	whole := func(header, protocol, length int) bool {
		return protocol == protocolUDP && header+length == len(packet) && length >= udpHeader &&
			int(binary.BigEndian.Uint16(packet[header+4:])) == length
	}
	switch {
	case len(packet) >= ip4Header+udpHeader && packet[0] == 0x45:
		length := int(binary.BigEndian.Uint16(packet[2:])) - ip4Header
		return ip4Header, packet[ip4Header+udpHeader:], whole(ip4Header, int(packet[9]), length)
	case len(packet) >= ip6Header+udpHeader && packet[0]>>4 == 6:
		length := int(binary.BigEndian.Uint16(packet[4:]))
		return ip6Header, packet[ip6Header+udpHeader:], whole(ip6Header, int(packet[6]), length)
	}
	return 0, nil, false
}
