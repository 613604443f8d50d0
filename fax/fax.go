// Package fax takes faxes in, sends them, receives them and keeps the record of each
// (a CDR). It knows neither tokens nor HTTP, SQL or telephony: who acts is an Actor,
// pages come from a Converter, calls go over a line.Line, and what happened leaves as
// an Event.
//
// A submission is one set of documents for one or many destinations. Each destination
// is a Job in the outbox, with an id that it keeps when it becomes a Fax:
//
//	Submit ─▶ submitted ─▶ converting ─▶ scheduled_for_sending ─▶ sending ─▶ Fax, sent
//	                           │               ▲      │              │         ▲
//	                           │               └──────┼── try again ─┘         │
//	                           └── a bad document ────┼──── given up ──────────┘
//	                                                  └── cancelled: no trace
//
// A call that comes in becomes one Fax for each account that has the number:
//
//	Accept ─▶ Reception.Page … ─▶ Reception.Done ─▶ Fax, received
//
// Work is claimed by a node under a lease. A node that dies in the middle of a call
// leaves a lease that runs out; the next one records an attempt that was interrupted
// and asks Settle what follows.
package fax

import (
	"cmp"
	"strings"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/line"
)

// NoNumber is what stands for the sender's number on the wire when the account has
// none. It is taken in capitals too.
const NoNumber = "no_number"

// Actor is the account whose outbox, inbox and numbers a call is about, with what the
// rules have to know of it. The front has found that whoever calls may act for it.
type Actor struct {
	OrganizationID string
	AccountID      string // uid: 32 hexadecimal digits
	// Name is who really acts, for the log and the record: an e-mail address or the
	// name of a program.
	Name    string
	Address string // the submitter's network address; empty: not known
	// Country (ISO 3166-1 alpha-2) is that in which national numbers are meant, and whose
	// paper is written on. Empty: no national numbers, and A4.
	Country string
	// Quota is how many pages the account may send in a calendar month (UTC).
	// Zero: as many as it likes.
	Quota int
	// ReceivedOnly says that whoever acts may see what the account received, and neither
	// see nor change anything else of it.
	ReceivedOnly bool
	// Administers says that the account is an owner or admin, who see all numbers of
	// the organization and assign them.
	Administers bool
	// Header is the name in the line at the top of each page that is sent, before the
	// number: the account's caller id name. Empty: the number stands there alone.
	Header   string
	Phone    string // of the account, for cover pages; empty: none
	Language string // "en", "ja"; of cover page and header line
	TimeZone string // IANA name, in which their date is meant; empty: UTC
}

// Direction is which way a fax went.
type Direction string

// The directions, named as on the wire.
const (
	Incoming Direction = "incoming"
	Outgoing Direction = "outgoing"
)

// Fax is the record of a fax that is over: sent, not sent, or received. Times are whole
// milliseconds.
type Fax struct {
	ID             string
	OrganizationID string
	AccountID      string // the owner
	Direction      Direction
	Status         Status
	From, To       string // E.164, To with an extension perhaps; From may be NoNumber, or empty: withheld
	// Pages are those that the receiver confirmed, which is also the cost. For a fax
	// of which none arrived it is zero.
	Pages int
	// Document is what was to be sent, or what came in. Its id is empty when nothing
	// could be made of the documents, or no page arrived.
	Document  Document
	Comment   Comment
	IsRead    bool
	IsSpam    bool
	Retry     Retry     // as asked for; zero for a received fax
	Submitted time.Time // zero: received
	Scheduled time.Time // the time that was asked for; zero: at once
	Started   time.Time // of the first attempt, or of the call that came in
	Updated   time.Time // the last change of the record
	Duration  time.Duration
	Attempts  []Attempt // in their order; empty: there was no call
}

// FileName is the name under which a fax's pages are known: its id with ".tiff".
// Empty: it has none.
func (f Fax) FileName() string {
	if f.Document.Blob == "" {
		return ""
	}
	return f.ID + ".tiff"
}

// DisplayName is what a fax is called: fax-from-… or fax-to-…, after the number at its
// other end, or fax-from-unknown.
func (f Fax) DisplayName() string {
	direction, number := "to-", f.To
	if f.Direction == Incoming {
		direction, number = "from-", f.From
	}
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	return "fax-" + direction + cmp.Or(digits, "unknown")
}

// LastAttempt is the attempt that ended the fax. The zero value: there was none.
func (f Fax) LastAttempt() Attempt {
	if len(f.Attempts) == 0 {
		return Attempt{}
	}
	return f.Attempts[len(f.Attempts)-1]
}

// Document is a set of pages, shared by all jobs and faxes that send or received it.
type Document struct {
	ID    string
	Blob  string // of the fax TIFF, in the blob store; empty: there is none yet
	Pages int    // of the TIFF; zero: not known yet
	Size  int64  // of the TIFF, in bytes
	// Refusal is why nothing can be made of what was submitted. Nil: it can, or nobody
	// knows why not.
	Refusal *fault.Error
	// What was submitted; empty for a received fax.
	Files      []File
	CoverPage  *CoverPage // nil: none
	Headed     bool       // a line at the top of each page says when, from whom and to whom
	Header     string     // the sender's name there, before the number; empty: the number alone
	HeaderAt   time.Time  // the date on the cover page; there it is that of the call
	Language   string     // of both
	TimeZone   string     // of both
	Enhance    bool       // for text; false: photos are halftoned
	Resolution string     // standard, fine or superfine
	Paper      string     // a4 or letter: what has no size of its own is written on it
}

// File is one of the documents of a submission, in their order.
type File struct {
	Name string // as it was uploaded
	Type string // MIME type, as the upload said; the content decides what it is
	Size int64  // bytes
	Path string // of the upload; empty: the pages of an earlier fax
}

// Attempt is one call, or what is known of it. The record keeps it whole.
type Attempt struct {
	// ID is the fax's own for the first attempt, else one of its own.
	ID        string        `json:"id"`
	Outcome   string        `json:"outcome"` // the class, a line.Outcome
	StartedAt time.Time     `json:"started_at"`
	EndedAt   time.Time     `json:"ended_at"`
	Duration  time.Duration `json:"duration"`            // of the call once it was answered
	Transport string        `json:"transport"`           // t38, pcmu, pcma; empty: no call
	SIP       int           `json:"sip"`                 // RFC 3261 21; zero: none
	T30       int           `json:"t30"`                 // the engine's completion code
	T30Name   string        `json:"t30_name"`            // and its name
	Extension string        `json:"extension,omitempty"` // dialled after the answer; empty: none
	Rate      int           `json:"rate"`                // bit/s; zero: none was agreed
	ECM       bool          `json:"ecm"`                 // error correction (T.30 Annex A)
	Pages     int           `json:"pages"`               // confirmed
	BadRows   int           `json:"bad_rows"`            // of all pages, received without ECM
	StationID string        `json:"station_id"`
	Simulated bool          `json:"simulated"`            // no T.30 engine took part
	Total     int           `json:"total,omitempty"`      // pages there were to send; zero: not known, as for a receiver
	Trunk     string        `json:"trunk,omitempty"`      // id of the trunk; empty: none
	Retrains  int           `json:"retrains,omitempty"`   // how often the modems agreed anew
	T38       string        `json:"t38,omitempty"`        // a line.Switch
	Traffic   line.Traffic  `json:"traffic"`              // what became of the packets
	PageFacts []line.Page   `json:"page_facts,omitempty"` // of the confirmed pages, in their order
	Free      bool          `json:"free"`                 // our own trouble, or pages too wide, before any arrived: it does not count
}
