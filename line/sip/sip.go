// Package sip carries faxes over SIP trunks: signalling (RFC 3261, 3263, 3264, 3581,
// 4028), G.711 over RTP (RFC 3550, 3551, 4733) and T.38 over UDPTL (ITU-T T.38, Annex D).
// Messages, transactions and timers are those of sipgo; trunks, dialogs and media are
// ours. There is no cgo here: the T.30 engine is a process that package line/engine
// speaks to, and a call that crashes it hangs up.
//
// A Line has sockets, trunks and calls. Each call has a goroutine, which owns it: requests
// of the other end are handed to it, and time comes from its Clock.
//
//	Send ──▶ INVITE ─▶ 200 ─▶ ACK ─┐                         ┌─▶ BYE ──▶ Result
//	                               ├─▶ G.711 ──re-INVITE──▶ T.38
//	INVITE ─▶ Accept ─▶ 200 ─▶ ACK ┘      ◀─ (afterwards) ───┘─▶ BYE ──▶ Reception.Done
//
// Every call begins with audio; either side then asks for T.38, if it does, and T.30
// begins anew. That makes sense until the machines have agreed on how to send a page.
//
// Signalling comes from the addresses of known trunks alone: everything else is dropped
// before it is read.
package sip

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
)

// Config is everything about a Line but its trunks. Fields without a word about zero are
// required.
type Config struct {
	// Listen is where signalling is sent from and comes in.
	Listen []Endpoint
	// MediaPorts are the ports of RTP and UDPTL, one for each call. The zero value: 10000
	// to 19999.
	MediaPorts Ports
	// Address is how trunks reach this server, where that is not the address that it has
	// itself, as behind NAT. The zero value: its own.
	Address netip.Addr
	// Server is the certificate of endpoints with TLS. Nil: there are none.
	Server *tls.Config
	// Client is how TLS is spoken to trunks. Nil: with the system's roots.
	Client *tls.Config
	// Engine speaks T.30.
	Engine *engine.Engine
	// Inbound takes the calls that come in. Nil: all numbers are unallocated.
	Inbound line.Inbound
	// Dir is for documents and captures under way. Empty: os.TempDir.
	Dir string
	// Clock paces the media. Nil: real time.
	Clock Clock
	// Resolver finds trunks by name. Nil: DNS.
	Resolver Resolver
	// Agent is what this program calls itself. Empty: "faxgate".
	Agent string
	Log   *slog.Logger // nil: nobody
}

// Line is a line.Line over SIP trunks. It is safe for concurrent use.
type Line struct {
	Config

	agent   *sipgo.UserAgent
	sockets []*socket
	refused atomic.Int64 // datagrams and connections of strangers

	mu        sync.Mutex
	trunks    map[string]*trunk
	calls     map[dialogID]*call
	freed     chan struct{} // closed and made anew when a channel becomes free
	sources   atomic.Pointer[sources]
	late      lateness
	recorders sync.Map    // by Call-ID: *recorder
	invited   sync.Map    // requestID of the INVITEs whose calls are going on
	lose      func() bool // for tests: drops packets of media; nil: none
	hasten    int         // for tests: how much faster the timers of dialogs run; zero: they do not

	running  context.Context // ends with Close
	stop     context.CancelFunc
	routines sync.WaitGroup
}

// Open opens the sockets. Without trunks nobody is let in.
func Open(c Config) (*Line, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Resolver == nil {
		c.Resolver = dns{}
	}
	if c.Clock == nil {
		c.Clock = realTime{}
	}
	c.Agent = cmp.Or(c.Agent, "faxgate")
	if c.MediaPorts == (Ports{}) {
		c.MediaPorts = Ports{10000, 19999}
	}
	l := &Line{Config: c, trunks: map[string]*trunk{}, calls: map[dialogID]*call{}, freed: make(chan struct{})}
	l.sources.Store(&sources{})
	l.running, l.stop = context.WithCancel(context.Background())
	if err := l.open(); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// open makes the user agent and lets it serve the sockets.
func (l *Line) open() error {
	prepare()
	quiet := slog.New(slog.DiscardHandler)
	agent, err := sipgo.NewUA(
		sipgo.WithUserAgent(l.Agent),
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(quiet)),
		sipgo.WithUserAgentTransactionLayerOptions(
			sip.WithTransactionLayerLogger(quiet),
			sip.WithTransactionLayerUnhandledResponseHandler(l.stray),
			sip.WithTransactionLayerTerminateOnConnClose(),
		),
	)
	if err != nil {
		return err
	}
	l.agent = agent
	server, err := sipgo.NewServer(agent, sipgo.WithServerLogger(quiet))
	if err != nil {
		return err
	}
	l.handle(server)
	for _, e := range l.Listen {
		s, err := l.listen(e)
		if err != nil {
			return fmt.Errorf("listen on %s: %w", e, err)
		}
		l.sockets = append(l.sockets, s)
		l.routines.Go(func() { _ = s.serve(server) }) // it ends when the socket is closed
		<-s.ready
	}
	return nil
}

// Close hangs up all calls, takes back the registrations, and closes the sockets.
func (l *Line) Close() {
	l.SetTrunks(nil)
	l.stop()
	l.waitForCalls(5 * time.Second)
	for _, s := range l.sockets {
		s.close()
	}
	if l.agent != nil {
		_ = l.agent.Close() // the sockets were its own
	}
	l.routines.Wait()
}

// Addresses are those that signalling is received at.
func (l *Line) Addresses() []Endpoint {
	all := make([]Endpoint, len(l.sockets))
	for i, s := range l.sockets {
		all[i] = s.Endpoint
	}
	return all
}

// Refused is how many datagrams and connections of strangers were dropped unread.
func (l *Line) Refused() int64 { return l.refused.Load() }

// lasts is how long a timer of a dialog runs.
func (l *Line) lasts(d time.Duration) time.Duration { return d / time.Duration(max(l.hasten, 1)) }

// prepare sets what sipgo has for the whole program. It may send what is longer than one
// Ethernet frame over UDP: an INVITE with digest and a few Record-Routes is, and networks
// fragment it. And it logs nothing, for it would log whole messages.
var prepare = sync.OnceFunc(func() {
	sip.UDPMTUSize = 1 << 16
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
})

// errClosed is what a call ends with when the Line is closed.
var errClosed = errors.New("the line is closed")
