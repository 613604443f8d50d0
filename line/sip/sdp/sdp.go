// Package sdp is the descriptions by which the two ends of a call agree on media (RFC 8866,
// RFC 3264): G.711 over RTP, and T.38 over UDPTL (ITU-T T.38, Annex D). It reads what
// devices in the field write, in whatever order and spelling, and writes as plainly as can
// be.
package sdp

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ErrMalformed is a text that describes no media.
var ErrMalformed = errors.New("malformed session description")

// The limits of what is read.
const (
	maxText  = 16 << 10 // bytes
	maxMedia = 16
	maxWords = 64 // formats of a media line
)

// Kind is what is sent.
type Kind string

// The kinds that are understood; all others are refused.
const (
	Audio Kind = "audio"
	Image Kind = "image"
)

// Direction is who sends (RFC 8866 6.7).
type Direction string

// The directions. Empty is SendRecv.
const (
	SendRecv Direction = "sendrecv"
	SendOnly Direction = "sendonly"
	RecvOnly Direction = "recvonly"
	Inactive Direction = "inactive"
)

// Session is a description.
type Session struct {
	Origin Origin
	Media  []Media
}

// Origin names a session among all (RFC 8866 5.2).
type Origin struct {
	ID      uint64
	Version uint64 // grows with each description of the session (RFC 3264 8)
	Address netip.Addr
}

// Media is one line of media.
type Media struct {
	Kind      Kind
	Port      uint16 // zero: refused
	Proto     string // as it was written
	Formats   []string
	Address   netip.Addr // invalid: none, or a name
	Direction Direction
	Rates     map[string]string // by payload type: "telephone-event/8000", in lower case
	T38       T38
}

// T38 is what a terminal says of itself (T.38 D.2.3.3). The zero value says nothing.
type T38 struct {
	Version     int
	MaxBitRate  int    // bit/s; zero: it did not say
	Rate        string // rate management: transferredTCF or localTCF
	MaxDatagram int    // octets that it takes; zero: it did not say
	EC          string // t38UDPRedundancy, t38UDPFEC, t38UDPNoEC; empty: it did not say
}

// The error corrections of T.38, as written.
const (
	Redundancy = "t38UDPRedundancy"
	FEC        = "t38UDPFEC"
	NoEC       = "t38UDPNoEC"
)

// Parse reads a description.
func Parse(text []byte) (Session, error) {
	if len(text) > maxText {
		return Session{}, fmt.Errorf("%w: %d bytes", ErrMalformed, len(text))
	}
	var r reader
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		name, value, found := strings.Cut(strings.TrimSpace(string(line)), "=")
		if !found || len(name) != 1 {
			continue
		}
		if err := r.line(name[0], strings.TrimSpace(value)); err != nil {
			return Session{}, err
		}
	}
	if len(r.session.Media) == 0 {
		return Session{}, fmt.Errorf("%w: no media", ErrMalformed)
	}
	r.inherit()
	return r.session, nil
}

// reader has what was read until now.
type reader struct {
	session   Session
	address   netip.Addr // of the session
	direction Direction  // likewise
}

// media is the media line that is being read; nil: none yet.
func (r *reader) media() *Media {
	if n := len(r.session.Media); n > 0 {
		return &r.session.Media[n-1]
	}
	return nil
}

func (r *reader) line(name byte, value string) error {
	switch name {
	case 'o':
		r.origin(strings.Fields(value))
	case 'c':
		a := address(strings.Fields(value))
		if m := r.media(); m != nil {
			m.Address = a
		} else {
			r.address = a
		}
	case 'm':
		return r.begin(strings.Fields(value))
	case 'a':
		attribute, content, _ := strings.Cut(value, ":")
		r.attribute(strings.ToLower(strings.TrimSpace(attribute)), strings.TrimSpace(content))
	}
	return nil
}

func (r *reader) origin(words []string) {
	if len(words) < 6 {
		return
	}
	r.session.Origin.ID, _ = strconv.ParseUint(words[1], 10, 64)      // only names the session
	r.session.Origin.Version, _ = strconv.ParseUint(words[2], 10, 64) // likewise
	r.session.Origin.Address, _ = netip.ParseAddr(words[5])
}

// address reads "IN IP4 192.0.2.1". A name, which nobody sends, is no address.
func address(words []string) netip.Addr {
	if len(words) < 3 {
		return netip.Addr{}
	}
	text, _, _ := strings.Cut(words[2], "/")
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// begin reads a media line.
func (r *reader) begin(words []string) error {
	if len(words) < 3 || len(words) > maxWords || len(r.session.Media) == maxMedia {
		return fmt.Errorf("%w: media line of %d words", ErrMalformed, len(words))
	}
	text, _, _ := strings.Cut(words[1], "/")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return fmt.Errorf("%w: port %q", ErrMalformed, words[1])
	}
	r.session.Media = append(r.session.Media, Media{
		Kind: Kind(strings.ToLower(words[0])), Port: uint16(port), Proto: words[2], Formats: words[3:], Rates: map[string]string{},
	})
	return nil
}

func (r *reader) attribute(name, value string) {
	m := r.media()
	switch d := Direction(name); d {
	case SendRecv, SendOnly, RecvOnly, Inactive:
		if m != nil {
			m.Direction = d
		} else {
			r.direction = d
		}
		return
	}
	if m == nil {
		return
	}
	if name == "rtpmap" {
		if words := strings.Fields(value); len(words) >= 2 {
			m.Rates[words[0]] = strings.ToLower(words[1])
		}
		return
	}
	m.T38.attribute(name, value)
}

func (t *T38) attribute(name, value string) {
	number, _ := strconv.Atoi(value)
	number = max(number, 0)
	switch name {
	case "t38faxversion":
		t.Version = number
	case "t38maxbitrate":
		t.MaxBitRate = number
	case "t38faxratemanagement":
		t.Rate = value
	case "t38faxmaxdatagram", "t38maxdatagram":
		t.MaxDatagram = number
	case "t38faxudpec", "t38faxudpecdepth":
		for _, known := range []string{Redundancy, FEC, NoEC} {
			if strings.EqualFold(value, known) {
				t.EC = known
			}
		}
	}
}

// inherit gives media what the session says of all.
func (r *reader) inherit() {
	for i := range r.session.Media {
		m := &r.session.Media[i]
		if !m.Address.IsValid() {
			m.Address = r.address
		}
		if m.Direction == "" {
			m.Direction = r.direction
		}
	}
}

// at is where the media are to be sent. Invalid: nowhere, as on hold.
func (m Media) at() netip.AddrPort {
	if m.Port == 0 || !m.Address.IsValid() || m.Address.IsUnspecified() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(m.Address, m.Port)
}

// Wants reports whether a description has media of a kind that are not refused.
func (s Session) Wants(k Kind) bool {
	for _, m := range s.Media {
		if m.Kind == k && m.Port > 0 && m.understood() {
			return true
		}
	}
	return false
}

// understood reports whether media are of the two ways that we have.
func (m Media) understood() bool {
	switch m.Kind {
	case Audio:
		return strings.EqualFold(m.Proto, "RTP/AVP")
	case Image:
		return strings.EqualFold(m.Proto, "udptl") && len(m.Formats) > 0 && strings.EqualFold(m.Formats[0], "t38")
	}
	return false
}
