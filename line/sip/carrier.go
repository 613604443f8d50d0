package sip

import (
	"math/rand/v2"
	"net/netip"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
	"github.com/faxgate/faxgate/line/sip/rtp"
	"github.com/faxgate/faxgate/line/sip/sdp"
	"github.com/faxgate/faxgate/line/sip/udptl"
)

// carrier is how the media of a call travel at present.
type carrier interface {
	transport() line.Transport
	// arrived takes a datagram. useful: it was one of this carrier.
	arrived(datagram []byte) (useful bool)
	// hear gives the engine what it hears in so many steps that come. Nil: there is none yet.
	hear(s *engine.Session, steps int)
	// say sends what the engine said, or keeps it for its time. loud: it was something.
	say(sent []engine.Sent, send func(packet []byte)) (loud bool)
	// traffic is what became of the packets, with those of the carriers before.
	traffic() line.Traffic
}

// audio is G.711 over RTP.
type audio struct {
	law    line.Transport
	events byte // payload type of digits; zero: they go as tones
	out    rtp.Sender
	in     rtp.Playout
	queue  [][]byte // frames that the engine said, and whose time has not come
	sent   int
	before line.Traffic
	buffer []byte
}

// newAudio is what was agreed on.
func newAudio(a sdp.AgreedAudio, before line.Traffic) *audio {
	x := &audio{before: before}
	x.out = rtp.Sender{Seq: uint16(rand.Uint32()), Timestamp: rand.Uint32(), SSRC: rand.Uint32()} //nolint:gosec // RFC 3550 wants chance, not secrets
	x.take(a)
	return x
}

// take takes what was agreed on later.
func (x *audio) take(a sdp.AgreedAudio) {
	x.law, x.out.Type, x.events = line.ULaw, rtp.PCMU, a.Events
	if a.Law == sdp.PCMA {
		x.law, x.out.Type = line.ALaw, rtp.PCMA
	}
}

func (x *audio) transport() line.Transport { return x.law }

func (x *audio) arrived(datagram []byte) bool {
	p, err := rtp.Parse(datagram)
	if err != nil || p.Type != x.out.Type {
		return false // UDPTL that is late, digits, comfort noise
	}
	x.in.Put(p)
	return true
}

func (x *audio) hear(s *engine.Session, steps int) {
	for range steps {
		if frame, ok := x.in.Next(); ok && s != nil {
			s.Audio(frame)
		}
	}
}

func (x *audio) say(sent []engine.Sent, _ func([]byte)) (loud bool) {
	for _, s := range sent {
		if s.Audio == nil {
			continue
		}
		x.queue = append(x.queue, s.Audio)
		loud = loud || rtp.Loud(s.Audio)
	}
	return loud
}

// release sends the next frame of those that were said; false: there is none.
func (x *audio) release(send func([]byte)) bool {
	if len(x.queue) == 0 {
		return false
	}
	x.frame(x.queue[0], send)
	x.queue = append(x.queue[:0], x.queue[1:]...)
	return true
}

// frame sends 20 ms of sound.
func (x *audio) frame(octets []byte, send func([]byte)) {
	x.buffer = x.out.Packet(x.buffer[:0], octets)
	x.sent++
	send(x.buffer)
}

func (x *audio) traffic() line.Traffic {
	t := x.before
	t.Sent += x.sent
	t.Received += x.in.Received
	t.Lost += x.in.Lost
	t.Late += x.in.Late
	t.Jitter = max(t.Jitter, x.in.Jitter)
	return t
}

// image is T.38 over UDPTL.
type image struct {
	out    udptl.Sender
	in     udptl.Receiver
	ready  []packet // what has come and the engine has not heard
	sent   int
	before line.Traffic
	buffer []byte
}

type packet struct {
	seq  uint16
	data []byte
}

// The redundancy that is sent: of 20 calls all survive 10 % of loss with three older
// packets.
const redundancy = 3

// newImage is what was agreed on.
func newImage(a sdp.AgreedT38, before line.Traffic) *image {
	x := &image{before: before}
	x.out = udptl.Sender{Redundancy: redundancy, FEC: a.EC == sdp.FEC, MaxDatagram: a.MaxDatagram}
	if a.EC == sdp.NoEC {
		x.out.Redundancy = 0
	}
	return x
}

func (x *image) transport() line.Transport { return line.T38 }

func (x *image) arrived(datagram []byte) bool {
	if isRTP(datagram) {
		return false // late, from before the switch
	}
	packets, err := x.in.Datagram(datagram)
	for _, p := range packets {
		x.ready = append(x.ready, packet{p.Seq, append([]byte(nil), p.IFP...)})
	}
	return err == nil
}

// isRTP reports whether a datagram is one of G.711: of 172 octets and version 2, where
// UDPTL has a sequence number.
func isRTP(datagram []byte) bool {
	p, err := rtp.Parse(datagram)
	return err == nil && len(p.Payload) == rtp.Frame && (p.Type == rtp.PCMU || p.Type == rtp.PCMA)
}

func (x *image) hear(s *engine.Session, _ int) {
	for _, p := range x.ready {
		if s != nil {
			s.Packet(p.seq, p.data)
		}
	}
	x.ready = x.ready[:0]
}

func (x *image) say(sent []engine.Sent, send func([]byte)) (loud bool) {
	for _, s := range sent {
		if s.Packet.Data == nil {
			continue
		}
		x.buffer = x.out.Datagram(x.buffer[:0], s.Packet.Seq, s.Packet.Data)
		x.sent++
		for range s.Packet.Count {
			send(x.buffer)
		}
		loud = true
	}
	return loud
}

func (x *image) traffic() line.Traffic {
	t, in := x.before, x.in.Stats()
	t.Sent += x.sent
	t.Received += in.Received
	t.Lost += in.Lost
	t.Recovered += in.Recovered
	t.Late += in.Late
	return t
}

// origin names our descriptions of the call, each with a number of its own.
func (c *call) origin() sdp.Origin {
	c.exchange.version++
	return sdp.Origin{ID: c.exchange.id, Version: c.exchange.version}
}

// present is our offer of what the call uses at present: G.711 before it is answered.
func (c *call) present() *sdp.Session {
	offer := c.same()
	c.exchange.version++
	offer.Origin.Version = c.exchange.version
	return &offer
}

// same is a description that changes nothing (RFC 4028 7.4).
func (c *call) same() sdp.Session {
	o := sdp.Origin{ID: c.exchange.id, Version: c.exchange.version}
	switch x := c.carrier.(type) {
	case *image:
		return sdp.T38Offer(o, c.mediaAt())
	case *audio:
		if x.law == line.ALaw {
			return sdp.AudioOffer(o, c.mediaAt(), sdp.PCMA)
		}
	}
	return sdp.AudioOffer(o, c.mediaAt(), sdp.PCMU)
}

// mediaAt is where we receive media, as the other end reaches it.
func (c *call) mediaAt() netip.AddrPort {
	return netip.AddrPortFrom(c.line.seenAs(c.media.local.Addr()), c.media.local.Port())
}
