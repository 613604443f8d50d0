package line

import (
	"os"
	"time"
)

// Trace is the flight recorder of one call: what was said by whom and when, as people
// read it, and the packets themselves.
type Trace struct {
	Began  time.Time // of the call: the times of Events count from here
	Events []Event
	// Missing is how many events there were beyond the MaxEvents that are kept.
	Missing int
	// Capture is the packets, a pcapng file without a name (line/capture), at offset 0.
	// Whoever gets the Result closes it. Nil: there are none.
	Capture *os.File
}

// MaxEvents bounds what is kept of a call. A page is four to six events, so that it is
// more than a hundred pages.
const MaxEvents = 1000

// Add keeps an event, if there is room. A nil Trace keeps nothing.
func (t *Trace) Add(e Event) {
	switch {
	case t == nil:
	case len(t.Events) >= MaxEvents:
		t.Missing++
	default:
		t.Events = append(t.Events, e)
	}
}

// Close lets the packets go. A nil Trace has none.
func (t *Trace) Close() {
	if t != nil && t.Capture != nil {
		t.Capture.Close()
		t.Capture = nil
	}
}

// Layer is where in a call an event took place.
type Layer string

// The layers.
const (
	SIP   Layer = "sip"   // a request or a response (RFC 3261)
	T30   Layer = "t30"   // a frame of T.30 (5.3.6)
	Media Layer = "media" // what carries the fax: its beginning, a switch, a gap
)

// Event is one step of a call's ladder.
type Event struct {
	At    time.Duration `json:"at"` // since the call began
	Layer Layer         `json:"layer"`
	Sent  bool          `json:"sent"` // by us; else by the other end
	// Name is that of the method, the status line, the T.30 frame or the change of media:
	// "INVITE", "486 Busy Here", "DCS", "t38".
	Name string `json:"name"`
	// Detail is what is worth knowing of it, in the terms of the protocol: "PCMU, PCMA",
	// "14400 bit/s, ECM". What the other end wrote is cleaned. Empty: nothing.
	Detail string `json:"detail,omitempty"`
}

// Traffic is what became of the packets of a call. The zero value: there were none, as on
// the test line.
type Traffic struct {
	Sent     int `json:"sent"`     // packets, each counted once
	Received int `json:"received"` // likewise
	// Lost are those that never came, neither by themselves nor in the redundancy of
	// others. On G.711 a lost packet is 20 ms of the page.
	Lost int `json:"lost"`
	// Recovered are those that came in the redundancy of others (T.38 9.1).
	Recovered int `json:"recovered"`
	// Late are those that came after their time was over, and were dropped.
	Late int `json:"late"`
	// Jitter is the largest deviation of a packet from its time.
	Jitter time.Duration `json:"jitter"`
}
