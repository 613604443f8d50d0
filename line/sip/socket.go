package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// socket is one endpoint: it sends, and receives from known sources alone.
type socket struct {
	Endpoint // with the port that it really has
	line     *Line
	packets  net.PacketConn // UDP
	listener net.Listener   // TCP and TLS
	conns    chan net.Conn  // connections either way, on their way to sipgo
	ready    chan struct{}  // closed when sipgo has it
	closed   chan struct{}
	once     sync.Once
	begun    sync.Once
}

// listen opens an endpoint. An IPv6 one without an address takes IPv4 too.
func (l *Line) listen(e Endpoint) (*socket, error) {
	s := &socket{Endpoint: e, line: l, conns: make(chan net.Conn), ready: make(chan struct{}), closed: make(chan struct{})}
	var local net.Addr
	var err error
	if e.Transport == UDP {
		if s.packets, err = new(net.ListenConfig).ListenPacket(l.running, "udp", e.Address.String()); err == nil {
			local = s.packets.LocalAddr()
		}
	} else if s.listener, err = new(net.ListenConfig).Listen(l.running, "tcp", e.Address.String()); err == nil {
		local = s.listener.Addr()
	}
	if err != nil {
		return nil, err
	}
	if e.Transport == TLS && l.Server == nil {
		s.close()
		return nil, errors.New("TLS needs a certificate")
	}
	at, err := netip.ParseAddrPort(local.String())
	s.Address = at
	return s, err
}

// serve lets sipgo read what is let in, until the socket is closed.
func (s *socket) serve(server *sipgo.Server) error {
	if s.Transport == UDP {
		return server.ServeUDP(guarded{s.packets, s})
	}
	s.line.routines.Go(s.accept)
	if s.Transport == TLS {
		return server.ServeTLS(s)
	}
	return server.ServeTCP(s)
}

func (s *socket) close() {
	s.once.Do(func() {
		close(s.closed)
		if s.packets != nil {
			s.packets.Close()
		}
		if s.listener != nil {
			s.listener.Close()
		}
	})
}

// accept lets known sources in.
func (s *socket) accept() {
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // out of descriptors, perhaps
			continue
		}
		if !s.line.known(addressOf(conn.RemoteAddr()).Addr()) {
			s.line.refused.Add(1)
			conn.Close()
			continue
		}
		s.line.routines.Go(func() { s.admit(conn) })
	}
}

// handshakeTime is how long the other end may take for TLS.
const handshakeTime = 10 * time.Second

// admit hands an accepted connection to sipgo.
func (s *socket) admit(conn net.Conn) {
	if s.Transport == TLS {
		secure := tls.Server(conn, s.line.Server)
		ctx, cancel := context.WithTimeout(s.line.running, handshakeTime)
		defer cancel()
		if secure.HandshakeContext(ctx) != nil {
			conn.Close()
			return
		}
		conn = secure
	}
	_ = s.hand(s.line.running, conn) // the line is being closed
}

// hand gives a connection to sipgo, and returns when it can be used.
func (s *socket) hand(ctx context.Context, conn net.Conn) error {
	t := &tapped{Conn: conn, socket: s, used: make(chan struct{})}
	select {
	case s.conns <- t:
	case <-s.closed:
		conn.Close()
		return errClosed
	case <-ctx.Done():
		conn.Close()
		return ctx.Err()
	}
	select {
	case <-t.used:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Accept implements net.Listener for sipgo.
func (s *socket) Accept() (net.Conn, error) {
	s.begun.Do(func() { close(s.ready) })
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

// Addr implements net.Listener.
func (s *socket) Addr() net.Addr { return s.listener.Addr() }

// Close implements net.Listener.
func (s *socket) Close() error {
	s.close()
	return nil
}

// connect sees to it that there is a connection to an address, where the transport has
// connections. RFC 3261 18.1.1 lets them be used for as long as they last.
func (s *socket) connect(ctx context.Context, to target) error {
	if s.Transport == UDP {
		return nil
	}
	pool := s.line.agent.TransportLayer().Pool(string(s.Transport))
	if pool.Get(to.at.String()) != nil {
		return nil
	}
	dialer := net.Dialer{Timeout: handshakeTime}
	if own := s.Address.Addr(); !own.IsUnspecified() { // the trunk knows us by it
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(own, 0))
	}
	conn, err := dialer.DialContext(ctx, "tcp", to.at.String())
	if err != nil {
		return err
	}
	if s.Transport == TLS {
		if conn, err = s.secure(ctx, conn, to.host); err != nil {
			return err
		}
	}
	return s.hand(ctx, conn)
}

// secure speaks TLS to a trunk, and asks for a certificate of its name.
func (s *socket) secure(ctx context.Context, conn net.Conn, host string) (net.Conn, error) {
	config := &tls.Config{}
	if s.line.Client != nil {
		config = s.line.Client.Clone()
	}
	config.ServerName = host
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fmt.Errorf("TLS with %s: %w", host, err)
	}
	return secure, nil
}

// socketFor is the one that reaches an address over a transport; nil: there is none.
func (l *Line) socketFor(t Transport, to netip.Addr) *socket {
	for _, s := range l.sockets {
		own := s.Address.Addr()
		if s.Transport == t && (own == netip.IPv6Unspecified() || own.Is4() == to.Is4()) {
			return s
		}
	}
	return nil
}

// own is the address that packets to an address come from.
func (s *socket) own(to netip.Addr) netip.Addr {
	if a := s.Address.Addr(); !a.IsUnspecified() {
		return a
	}
	conn, err := net.Dial("udp", netip.AddrPortFrom(to, 9).String()) //nolint:noctx // it sends nothing, and asks nobody
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	return addressOf(conn.LocalAddr()).Addr()
}

// laddr is the socket as sipgo looks it up.
func (s *socket) laddr() sip.Addr {
	if s.Transport != UDP {
		return sip.Addr{}
	}
	return sip.Addr{IP: net.IP(s.Address.Addr().AsSlice()), Port: int(s.Address.Port())}
}

// guarded is a socket of datagrams on which strangers are not heard.
type guarded struct {
	net.PacketConn
	socket *socket
}

// ReadFrom gives the next datagram of a known source that is a SIP message.
func (g guarded) ReadFrom(buf []byte) (n int, from net.Addr, err error) {
	g.socket.begun.Do(func() { close(g.socket.ready) })
	for {
		n, from, err = g.PacketConn.ReadFrom(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return n, from, err
			}
			continue // such as an ICMP error about an earlier datagram
		}
		at := addressOf(from)
		if !g.socket.line.known(at.Addr()) {
			g.socket.line.refused.Add(1)
			continue
		}
		if readable(buf[:n]) {
			g.socket.tap(false, at, buf[:n])
			return n, net.UDPAddrFromAddrPort(at), nil
		}
	}
}

// WriteTo sends a datagram.
func (g guarded) WriteTo(data []byte, to net.Addr) (int, error) {
	g.socket.tap(true, addressOf(to), data)
	return g.PacketConn.WriteTo(data, to)
}

var parser = sip.NewParser()

// readable reports whether sipgo can read a datagram. One that it falls over is dropped
// here, where that costs nobody else anything.
func readable(data []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	if strings.Trim(string(data[:min(len(data), 4)]), "\r\n\x00") == "" {
		return false // a keep-alive (RFC 5626 3.5.1)
	}
	_, err := parser.ParseSIP(data)
	return err == nil
}

// tapped is a connection whose messages the flight recorders hear.
type tapped struct {
	net.Conn
	socket *socket
	once   sync.Once
	used   chan struct{} // closed when sipgo knows the connection
}

// Read implements net.Conn.
func (t *tapped) Read(buf []byte) (int, error) {
	t.once.Do(func() { close(t.used) })
	n, err := t.Conn.Read(buf)
	if n > 0 {
		t.socket.tap(false, addressOf(t.RemoteAddr()), buf[:n])
	}
	return n, err
}

// Write implements net.Conn.
func (t *tapped) Write(data []byte) (int, error) {
	t.socket.tap(true, addressOf(t.RemoteAddr()), data)
	return t.Conn.Write(data)
}

// addressOf is an address of the net package, IPv4 written as such.
func addressOf(a net.Addr) netip.AddrPort {
	var at netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		at = a.AddrPort()
	case *net.TCPAddr:
		at = a.AddrPort()
	default:
		at, _ = netip.ParseAddrPort(a.String()) // the zero value is nobody's
	}
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port())
}
