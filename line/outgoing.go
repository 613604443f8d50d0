package line

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Line carries calls to numbers: the test line, or a SIP trunk. Any number of goroutines
// may use it.
type Line interface {
	// Send makes one call that sends one fax, and returns when the call has ended.
	// progress is told of each step on the way, in order, by one goroutine at a time,
	// and is quick; nil: nobody listens.
	//
	// When ctx ends, the line hangs up (CANCEL before the answer, RFC 3261 9; BYE
	// after it), and the result has the pages confirmed until then: the outcome is
	// Interrupted, or that of its pages if there are any. An error means that no call
	// was made, for want of a free channel before ctx ended (then it wraps ctx's), or
	// because out makes no sense.
	Send(ctx context.Context, out Outgoing, progress func(Progress)) (Result, error)
}

// Outgoing is one attempt to send a fax.
type Outgoing struct {
	// From is the caller's number, E.164. Empty: withheld.
	From string
	// To is the number to call, E.164.
	To string
	// Extension is the digits to dial once the call is answered, at most MaxExtension: a
	// switchboard asks for them, and connects the fax machine. A network sends them as
	// telephone events (RFC 4733) before the fax begins. Empty: none.
	Extension string
	// Trunks are the ids of those that may carry the call, in the order in which they are
	// tried: the next one when one is not available. The test line looks at none.
	Trunks []string
	// WithoutT38 keeps the call on G.711.
	WithoutT38 bool
	// Attempt counts the calls for this fax, from 1; zero is 1.
	Attempt int
	// Call has the settings. Its role and its transport are the line's to choose.
	Call Call
	// Document is the fax TIFF, open for reading, as it is to arrive: whatever header
	// there is stands in the pixels. The line reads it until Send returns.
	Document *os.File
}

// MaxExtension is how many digits an extension may have.
const MaxExtension = 10

// Check says what is wrong with an attempt; nil: nothing. The document is not read.
func (o Outgoing) Check() error {
	call := o.Call
	call.Role, call.Transport = Sender, T38
	switch {
	case !IsE164(o.To):
		return fmt.Errorf("outgoing call: to %q", o.To)
	case o.From != "" && !IsE164(o.From):
		return fmt.Errorf("outgoing call: from %q", o.From)
	case o.Extension != "" && !IsExtension(o.Extension):
		return fmt.Errorf("outgoing call: extension %q", o.Extension)
	case o.Attempt < 0:
		return fmt.Errorf("outgoing call: attempt %d", o.Attempt)
	case o.Document == nil:
		return errors.New("outgoing call: no document")
	}
	return call.Check()
}

// IsE164 reports whether number is written as E.164 numbers are here: "+", then 8 to 15
// digits of which the first is not 0 (ITU-T E.164 6).
func IsE164(number string) bool {
	if len(number) < 9 || len(number) > 16 || number[0] != '+' || number[1] == '0' {
		return false
	}
	for _, c := range []byte(number[1:]) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// IsExtension reports whether a text is an extension: one to MaxExtension digits.
func IsExtension(digits string) bool {
	return digits != "" && len(digits) <= MaxExtension && strings.Trim(digits, "0123456789") == ""
}

// Stage is a step on a call's way. The last one is the Result.
type Stage string

// The stages, in order. Before the first page there is always a Trained: whoever must
// know whether a fax may have arrived notes it there, and the page waits for progress to
// return. It comes again when the machines agree anew, as on a speed that the line bears;
// Confirmed comes for every page.
const (
	Dialling  Stage = "dialling"  // the number is being called
	Answered  Stage = "answered"  // it was answered; Transport is known, and told again when it changes
	Trained   Stage = "trained"   // the machines agree: Rate, ECM and StationID are known (CFR, T.30 5.3.6.1.4)
	Confirmed Stage = "confirmed" // the receiver confirmed page number Page
)

// Progress is what is known of a call at a stage.
type Progress struct {
	Stage     Stage     `json:"stage"`
	Transport Transport `json:"transport,omitempty"`  // from Answered on
	Rate      int       `json:"rate,omitempty"`       // bit/s, from Trained on
	ECM       bool      `json:"ecm,omitempty"`        // from Trained on
	StationID string    `json:"station_id,omitempty"` // of the other end, from Trained on, cleaned
	Page      int       `json:"page,omitempty"`       // Confirmed: which page, from 1
	Total     int       `json:"total,omitempty"`      // pages of the document; zero: not known
}
