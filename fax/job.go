package fax

import "time"

// Job is one fax to one destination that is not over: a record of the outbox.
type Job struct {
	ID             string
	OrganizationID string
	AccountID      string
	From           string // E.164 or NoNumber
	To             string // E.164, with an extension perhaps: +14155550100*12
	Comment        Comment
	Document       Document
	Retry          Retry
	Submitted      time.Time
	Scheduled      time.Time // the time that was asked for; zero: at once
	NextAt         time.Time // when the next attempt is due
	Status         OutboxStatus
	Changes        []StatusChange // all of them, in their order
	Attempts       []Attempt      // those that are over
	SubmittedBy    string         // Actor.Name
	Address        string         // Actor.Address
}

// Updated is the time of the last change of the status.
func (j Job) Updated() time.Time {
	if len(j.Changes) == 0 {
		return j.Submitted
	}
	return j.Changes[len(j.Changes)-1].At
}

// StatusChange is a step on a job's way.
type StatusChange struct {
	At     time.Time
	Status OutboxStatus
}

// Comment is what the sender notes on a fax. The receiver does not see it.
type Comment struct {
	Tags []string `json:"tags"`
	Text string   `json:"text"`
}

// Retry is how often, and after which pause, a failed fax is tried again. The zero
// value: never.
type Retry struct {
	Count int           // attempts after the first: 0 to MaxRetries
	Delay time.Duration // whole seconds, up to MaxRetryDelay
}

// The limits of Retry.
const (
	MaxRetries    = 3
	MaxRetryDelay = 30 * time.Second
)

// CoverPage is a page before the documents. The first three are required.
type CoverPage struct {
	NameTo   string   `json:"name_to"`
	NameFrom string   `json:"name_from"`
	Subject  string   `json:"subject"`
	Flags    []string `json:"flags,omitempty"` // urgent, for_review, please_reply, confidential
	Message  string   `json:"message,omitempty"`
	// The numbers of both sides, as people write them. Submit sets them, whatever they
	// were; empty: there is none to be named.
	SenderPhone string `json:"sender_phone,omitempty"`
	SenderFax   string `json:"sender_fax,omitempty"`
	ReceiverFax string `json:"receiver_fax,omitempty"`
}

// CoverFlags are what CoverPage.Flags may hold.
func CoverFlags() []string { return []string{"urgent", "for_review", "please_reply", "confidential"} }

// Submission is what an account asks to be sent. Texts are as they came: Submit checks
// them.
type Submission struct {
	From    string   // a number of the account, several with commas between, or NoNumber
	To      []string // destinations, as people write numbers
	Files   []string // paths of uploads
	FromFax *FromFax // nil: none; its pages come after the files
	Comment Comment
	// Enhance draws the pages for text, and not for photos. A request that does not say
	// means text.
	Enhance   bool
	Retry     Retry
	SendTime  string     // "YYYY-MM-DD HH:mm:ss +HHMM"; empty: at once
	CoverPage *CoverPage // nil: none
	// Resolution is standard, fine or superfine. Empty: fine.
	Resolution string
	// NoHeader leaves out the line at the top of each page. In the United States the law
	// wants one there (47 CFR 68.318(d)).
	NoHeader bool
	Request  Request
}

// FromFax names an earlier fax whose pages are to be sent again.
type FromFax struct {
	FaxID string
	Of    *Actor // the account whose fax it is; nil: the sender's own
}

// Request lets a program repeat a call without its being done twice. The zero value:
// each call counts.
type Request struct {
	Key  string   // the Idempotency-Key; empty: none. At most 255 characters
	Body [32]byte // the SHA-256 of the request's body
}

// Receipt is the answer to a submission.
type Receipt struct {
	// IDs are those of the jobs, by the destination as it was given. Destinations
	// that are the same number have the same id.
	IDs map[string]string
}

// Upload is a file that waits to be sent. It belongs to the account that uploaded it,
// may be used more than once, and lives UploadAge.
type Upload struct {
	ID             string
	OrganizationID string
	AccountID      string
	Path           string // what the wire calls it: "/storage/transient-….pdf"
	Name           string // of the file
	Type           string // MIME type, as the upload said
	Size           int64  // bytes
	Blob           string
	CreatedAt      time.Time
	ExpiresAt      time.Time
}

// The limits of uploads and submissions.
const (
	UploadAge       = 24 * time.Hour
	MaxBytes        = 150 << 20 // of all files of a submission together
	MaxFiles        = 10
	MaxDestinations = 4000
)
