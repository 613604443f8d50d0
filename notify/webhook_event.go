package notify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"time"
)

// EventKind is what a hook can hear of.
type EventKind string

// The kinds of event, with the names of the wire.
const (
	FaxSent     EventKind = "fax_sent"     // a fax has its final outcome, good or bad
	FaxReceived EventKind = "fax_received" // a fax came in
)

// EventKinds are all of them.
func EventKinds() []EventKind { return []EventKind{FaxSent, FaxReceived} }

func eventNames() string {
	var names []string
	for _, k := range EventKinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// Event is something that happened to a fax. A hook hears of an event of a fax once,
// however often it is put.
type Event struct {
	Kind           EventKind
	At             time.Time
	OrganizationID string
	AttemptID      string // the attempt that ended the fax; empty: it was the first
	Fax            EventFax
}

// EventFax is a fax as an event tells of it.
type EventFax struct {
	ID        string
	AccountID string // uid of its owner, whose hooks hear of it
	Pages     int
	From, To  string // numbers, E.164
	StartTime time.Time
	File      string // <32 hexadecimal digits>.tiff
	FileName  string // fax-to-…, fax-from-…
	Status    string // one of the 23 of the wire
	Cost      int    // in pages
}

// ownNumber is the number of the account: the one called from, or the one called.
func (e Event) ownNumber() string {
	if e.Kind == FaxSent {
		return e.Fax.From
	}
	return e.Fax.To
}

// timeLayout is how the wire writes a time, in UTC.
const timeLayout = "2006-01-02 15:04:05"

// payload is the body of a webhook.
type payload struct {
	Hook payloadHook `json:"hook"`
	Data payloadData `json:"data"`
}

type payloadHook struct {
	ID        string    `json:"id"` // of the attempt: the data's own when the first one did it
	Event     EventKind `json:"event"`
	EventTime string    `json:"event_time"`
	Target    string    `json:"target"`
}

// payloadData has the numbers under both pairs of names: some programs read the one,
// some the other.
type payloadData struct {
	ID         string `json:"id"`
	UID        string `json:"uid"`
	Pages      int    `json:"pages"`
	From       string `json:"from"`
	To         string `json:"to"`
	FromNumber string `json:"from_number"`
	ToNumber   string `json:"to_number"`
	StartTime  string `json:"start_time"`
	File       string `json:"file"`
	FileName   string `json:"file_name"`
	Status     string `json:"status"`
	Cost       int    `json:"cost"`
}

// Payload is what is posted to the hook about the event, in JSON.
func Payload(h Hook, e Event) string {
	f := e.Fax
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // the target is to be compared
	err := encoder.Encode(payload{
		payloadHook{cmp.Or(e.AttemptID, f.ID), e.Kind, e.At.UTC().Format(timeLayout), h.Target},
		payloadData{
			f.ID, f.AccountID, f.Pages, f.From, f.To, f.From, f.To,
			f.StartTime.UTC().Format(timeLayout), f.File, f.FileName, f.Status, f.Cost,
		},
	})
	if err != nil {
		panic(err) // texts and numbers have no way to fail
	}
	return strings.TrimSuffix(body.String(), "\n")
}
