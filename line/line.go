// Package line is one fax call as the rest of the program sees it: what is asked for
// (Outgoing, Call), what became of it (Result), and in which class that falls
// (Outcome). The words are those of ITU-T T.30; who carries the call is not its
// business.
//
//	Outgoing ──▶ a Line (line/loop, SIP) ──▶ line/engine ──▶ Progress …, Result
//	a Line ──▶ Incoming ──▶ Inbound ──▶ Reception ──▶ line/engine ──▶ Page …, Result and document
package line

import (
	"fmt"
	"time"
)

// Role says which end of the call this is. Whoever called sends the fax; polling
// (T.30 3.1.5) is not offered.
type Role string

// The two ends of a call.
const (
	Sender   Role = "sender"
	Receiver Role = "receiver"
)

// Transport is what carries the call.
type Transport string

// The transports. G.711 is 8000 octets a second, T.38 is IFP packets over UDPTL.
const (
	T38  Transport = "t38"
	ULaw Transport = "pcmu" // G.711 µ-law, named as in SDP
	ALaw Transport = "pcma" // G.711 A-law
)

// SampleRate is how many ticks of the line's clock are one second, for T.38 too.
const SampleRate = 8000

// Ticks is d on the line's clock.
func Ticks(d time.Duration) uint32 { return uint32(d * SampleRate / time.Second) }

// Elapsed is the time that so many ticks of the line's clock take.
func Elapsed(ticks uint32) time.Duration {
	return time.Duration(ticks) * time.Second / SampleRate
}

// MaxStationID is the length of an identification (CSI, TSI; T.30 5.3.6.2.4).
const MaxStationID = 20

// Call is one fax call, over one transport. When a call moves from G.711 to T.38,
// T.30 begins anew, with a Call of its own.
type Call struct {
	Role      Role      `json:"role"`
	Transport Transport `json:"transport"`
	// StationID is told to the other end: a sender's TSI, a receiver's CSI. At most
	// MaxStationID characters, of them all digits, spaces and "+" to be safe with
	// every machine. Empty: none is sent.
	StationID string `json:"station_id,omitempty"`
	// WithoutECM keeps error correction (T.30 Annex A) from being offered or used.
	WithoutECM bool `json:"without_ecm,omitempty"`
	// MaxRate is the fastest modem to use, in bit/s: 4800 (V.27ter), 9600 (V.29) or
	// 14400 (V.17). Zero: 14400.
	MaxRate int `json:"max_rate,omitempty"`
	// MaxTime ends the call that lasts longer, on the line's clock. Zero:
	// DefaultMaxTime.
	MaxTime time.Duration `json:"max_time,omitempty"`
}

// DefaultMaxTime is for calls that set no limit: more than a hundred dense pages.
const DefaultMaxTime = 2 * time.Hour

// Check says what is wrong with a call; nil: nothing. Whoever makes a Call from what
// people ask for has seen to it before.
func (c Call) Check() error {
	switch {
	case c.Role != Sender && c.Role != Receiver:
		return fmt.Errorf("call: role %q", c.Role)
	case c.Transport != T38 && c.Transport != ULaw && c.Transport != ALaw:
		return fmt.Errorf("call: transport %q", c.Transport)
	case CleanStationID(c.StationID) != c.StationID:
		return fmt.Errorf("call: station id %q", c.StationID)
	case c.MaxRate != 0 && c.MaxRate != 4800 && c.MaxRate != 9600 && c.MaxRate != 14400:
		return fmt.Errorf("call: rate %d", c.MaxRate)
	case c.MaxTime < 0 || c.MaxTime > 24*time.Hour:
		return fmt.Errorf("call: time %s", c.MaxTime)
	}
	return nil
}

// CleanStationID is the part of an identification that may be shown and sent: its
// printable ASCII characters, at most MaxStationID, without spaces around them. What
// the other end calls itself is anything but trustworthy.
func CleanStationID(id string) string {
	clean := make([]byte, 0, MaxStationID)
	for i := 0; i < len(id) && len(clean) < MaxStationID; i++ {
		c := id[i]
		if c < ' ' || c > '~' || (c == ' ' && len(clean) == 0) {
			continue
		}
		clean = append(clean, c)
	}
	for len(clean) > 0 && clean[len(clean)-1] == ' ' {
		clean = clean[:len(clean)-1]
	}
	return string(clean)
}
