package notify

import (
	"time"

	"github.com/faxgate/faxgate/locale"
)

// ReceivedFax is what a mail tells of a fax that came in.
type ReceivedFax struct {
	From     string // empty: withheld
	To       string
	At       time.Time // in the reader's time zone
	Pages    int
	Partial  bool         // the line dropped before the end
	Link     string       // to its page; empty: none
	Attached []Attachment // its pages; empty: they stay here
}

// Message is the mail about the fax to one address.
func (f ReceivedFax) Message(to string, l locale.Language) Message {
	return Message{To: to, Language: l, Kind: ForwardedFax, Attached: f.Attached, Params: map[string]any{
		"from": f.From, "to": f.To, "at": f.At, "pages": f.Pages, "partial": f.Partial, "link": f.Link,
	}}
}

// SentFax is what a mail tells its sender of a fax that is over.
type SentFax struct {
	To        string
	At        time.Time // in the reader's time zone
	Pages     int       // of the document; zero: nothing could be made of it
	Confirmed int       // of them, by the receiver
	Reason    string    // how it ended, a sentence in the reader's language
	Next      string    // what can be done about it; empty: nothing needs to
	Complete  bool      // every page was confirmed
	Link      string    // to its page; empty: none
	// Attached are the report on it and its pages, in this order: where both are too much
	// for a mail, it is the pages that stay behind.
	Attached []Attachment
}

// Message is the mail about the fax to one address.
func (f SentFax) Message(to string, l locale.Language) Message {
	return Message{To: to, Language: l, Kind: EndedFax, Attached: f.Attached, Params: map[string]any{
		"to": f.To, "at": f.At, "pages": f.Pages, "rendered": f.Pages > 0, "confirmed": f.Confirmed,
		"complete": f.Complete, "partial": !f.Complete && f.Confirmed > 0,
		"reason": f.Reason, "next": f.Next, "link": f.Link,
	}}
}
