package sdp

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Law is a law of G.711, by the name that RTP gives it.
type Law string

// The laws, each with its payload type (RFC 3551 6).
const (
	PCMU Law = "PCMU"
	PCMA Law = "PCMA"
)

// payload is the static payload type of a law.
func (l Law) payload() string {
	if l == PCMA {
		return "8"
	}
	return "0"
}

const (
	telephoneEvent = "telephone-event/8000"
	eventType      = "101" // as nearly everybody has it
	maxBitRate     = 14400 // V.17; V.34 is not spoken
	maxDatagram    = 400
	transferredTCF = "transferredTCF"
)

// AgreedAudio is what was agreed on for G.711.
type AgreedAudio struct {
	Law    Law
	At     netip.AddrPort // of the other end; invalid: it does not want any now
	Events byte           // payload type of telephone-event (RFC 4733); zero: not understood
}

// AgreedT38 is what was agreed on for T.38.
type AgreedT38 struct {
	At          netip.AddrPort
	MaxDatagram int    // that the other end takes; zero: it did not say
	EC          string // Redundancy, FEC or NoEC
}

// Agreed is one of both.
type Agreed struct {
	Audio *AgreedAudio
	T38   *AgreedT38
}

// AudioOffer offers G.711 in both laws, this one first, and digits.
func AudioOffer(o Origin, at netip.AddrPort, first Law) Session {
	second := PCMA
	if first == PCMA {
		second = PCMU
	}
	o.Address = at.Addr()
	return Session{Origin: o, Media: []Media{audio(at.Port(), []Law{first, second}, eventType)}}
}

func audio(port uint16, laws []Law, events string) Media {
	m := Media{Kind: Audio, Port: port, Proto: "RTP/AVP", Rates: map[string]string{}}
	for _, l := range laws {
		m.Formats = append(m.Formats, l.payload())
		m.Rates[l.payload()] = string(l) + "/8000"
	}
	if events != "" {
		m.Formats = append(m.Formats, events)
		m.Rates[events] = telephoneEvent
	}
	return m
}

// T38Offer offers T.38 alone.
func T38Offer(o Origin, at netip.AddrPort) Session {
	o.Address = at.Addr()
	return Session{Origin: o, Media: []Media{image(at.Port(), T38{MaxBitRate: maxBitRate, EC: Redundancy})}}
}

func image(port uint16, t T38) Media {
	t.Version, t.Rate, t.MaxDatagram = 0, transferredTCF, maxDatagram
	return Media{Kind: Image, Port: port, Proto: "udptl", Formats: []string{"t38"}, T38: t}
}

// Want is what an answer is made of.
type Want struct {
	Origin Origin
	At     netip.AddrPort // where we receive
	T38    bool           // take T.38 where it is offered, else audio
}

// ErrNothing is an offer of which nothing can be taken: 488 (RFC 3261 21.4.26).
var ErrNothing = errors.New("nothing of the offer is understood")

// Answer answers an offer (RFC 3264 6): of each line, in their order; one is taken, and
// the others are refused.
func Answer(offer Session, want Want) (answer Session, agreed Agreed, err error) {
	answer.Origin = want.Origin
	answer.Origin.Address = want.At.Addr()
	for _, m := range offer.Media {
		answer.Media = append(answer.Media, m.answered(want, &agreed))
	}
	if agreed == (Agreed{}) {
		return Session{}, Agreed{}, ErrNothing
	}
	return answer, agreed, nil
}

// answered is the answer to one line.
func (m Media) answered(want Want, agreed *Agreed) Media {
	taken := agreed.Audio != nil || agreed.T38 != nil
	if m.Port > 0 && m.understood() && !taken && (m.Kind == Image) == want.T38 {
		if m.Kind == Image {
			return m.takeT38(want, agreed)
		}
		if law, events, ok := m.codec(); ok {
			agreed.Audio = &AgreedAudio{law, m.at(), payloadType(events)}
			answer := audio(want.At.Port(), []Law{law}, events)
			answer.Direction = m.Direction.answer()
			return answer
		}
	}
	refused := Media{Kind: m.Kind, Proto: m.Proto, Formats: m.Formats}
	if len(refused.Formats) == 0 {
		refused.Formats = []string{"0"}
	}
	return refused
}

// answer is the direction that fits another one (RFC 3264 6.1).
func (d Direction) answer() Direction {
	switch d {
	case SendOnly:
		return RecvOnly
	case RecvOnly:
		return SendOnly
	}
	return d
}

// takeT38 answers T.38: with no more than was offered, and with the correction that was.
func (m Media) takeT38(want Want, agreed *Agreed) Media {
	t := T38{MaxBitRate: maxBitRate, EC: m.T38.correction()}
	if m.T38.MaxBitRate > 0 {
		t.MaxBitRate = min(t.MaxBitRate, m.T38.MaxBitRate)
	}
	agreed.T38 = &AgreedT38{m.at(), m.T38.MaxDatagram, t.EC}
	return image(want.At.Port(), t)
}

// correction is what is used with a terminal: what it says, or redundancy, which any
// receiver can pass over (T.38 9.1.3).
func (t T38) correction() string {
	if t.EC == "" {
		return Redundancy
	}
	return t.EC
}

// codec is the law that comes first of those that both have, and how digits go. A type
// without rtpmap is what RFC 3551 says.
func (m Media) codec() (law Law, events string, ok bool) {
	for _, f := range m.Formats {
		rate, named := m.Rates[f]
		switch {
		case rate == telephoneEvent:
			events = f
		case ok:
		case f == "0" && (!named || strings.HasPrefix(rate, "pcmu/8000")):
			law, ok = PCMU, true
		case f == "8" && (!named || strings.HasPrefix(rate, "pcma/8000")):
			law, ok = PCMA, true
		}
	}
	return law, events, ok
}

func payloadType(format string) byte {
	n, err := strconv.ParseUint(format, 10, 7)
	if err != nil {
		return 0
	}
	return byte(n)
}

// AgreedAudio is what an answer to our offer takes of G.711. ok is false when it takes
// none.
func (s Session) AgreedAudio() (a AgreedAudio, ok bool) {
	i := slices.IndexFunc(s.Media, func(m Media) bool { return m.Kind == Audio && m.Port > 0 && m.understood() })
	if i < 0 {
		return AgreedAudio{}, false
	}
	law, events, ok := s.Media[i].codec()
	return AgreedAudio{law, s.Media[i].at(), payloadType(events)}, ok
}

// AgreedT38 is what an answer to our offer takes of T.38. ok is false when it takes none.
func (s Session) AgreedT38() (a AgreedT38, ok bool) {
	i := slices.IndexFunc(s.Media, func(m Media) bool { return m.Kind == Image && m.Port > 0 && m.understood() })
	if i < 0 {
		return AgreedT38{}, false
	}
	m := s.Media[i]
	return AgreedT38{m.at(), m.T38.MaxDatagram, m.T38.correction()}, true
}
