package fax

import "time"

// EventKind says what happened.
type EventKind string

// The kinds of events, named as on the wire.
const (
	FaxSent     EventKind = "fax_sent"     // an outgoing fax is over, however it ended
	FaxReceived EventKind = "fax_received" // a fax came in, whole or in part
)

// Event is what others may want to hear of. It is stored in the same transaction as
// what it tells of, and handed out at least once.
type Event struct {
	ID   string
	Kind EventKind
	At   time.Time
	// AttemptID is that of the attempt that ended the fax. It is the fax's own id when
	// that was the first one, and when there was none.
	AttemptID string
	Fax       Fax
}

// EventOf is what is told of a fax when it is over, or came in.
func EventOf(f Fax) Event {
	e := Event{ID: f.ID, Kind: FaxSent, At: f.Updated, AttemptID: f.ID, Fax: f}
	if f.Direction == Incoming {
		e.Kind = FaxReceived
	}
	if last := f.LastAttempt(); last.ID != "" {
		e.At, e.AttemptID = last.EndedAt, last.ID // Updated changes with its marks
	}
	return e
}
