package line

import (
	"context"
	"os"
)

// Incoming is a call from outside, before it is answered.
type Incoming struct {
	To string // the number called, E.164
	// From is the caller's number, E.164 or as it is written in the country of To. Empty:
	// withheld, or not a number.
	From string
	// Trunk is the id of the trunk that the call came in over. Empty: the test line.
	Trunk string
}

// Inbound takes the calls that come in over a line. Any number of goroutines may use
// it.
type Inbound interface {
	// Accept decides about a call before it is answered, quickly: the caller hears it
	// ring meanwhile. OK accepts it, and the call goes on with the Reception. Every
	// other outcome is what the caller is told, and no Reception is used:
	// InvalidNumber (nobody has the number: 404), Busy (486), Rejected (603), and
	// TrunkUnavailable for trouble of our own (503, try again later).
	Accept(ctx context.Context, in Incoming) (Reception, Outcome)
}

// Reception is one call that was accepted. One goroutine uses it.
type Reception interface {
	// Page tells of page n, from 1, when it has been confirmed to the sender.
	Page(n int, p Page)
	// Done ends the call, always, and once. It closes the result's Trace. document is a fax TIFF of the confirmed
	// pages, written anew, with nothing in it but them; nil: there are none. It is
	// read before Done returns, and gone afterwards; its offset is at the beginning.
	// The sender has been told that the pages arrived: they must not get lost here.
	Done(r Result, document *os.File)
}
