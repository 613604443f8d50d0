package page

import (
	"context"
	"io"
	"time"

	"github.com/faxgate/faxgate/locale"
)

// File is somebody's document, which is to become pages: PDF, JPEG, PNG, TIFF, plain
// text, or what an office program writes. Its type is judged by what is in it.
type File struct {
	Name string // as its owner calls it; it appears in sentences and decides nothing
	// Open opens it at its beginning. It is called once for each conversion.
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Options say how documents become pages. The zero value is A4 in standard resolution,
// text, without a cover page.
type Options struct {
	Paper      Paper // where a document has none of its own: a page of a PDF has, if it is one of ours
	Resolution Resolution
	Tone       Tone
	Cover      *Cover // nil: no cover page; else it is the first page
}

// Header is the line at the top of every page that says where it comes from. In the
// United States the law wants date, time and the sender's number there (47 CFR
// 68.318(d)). It is drawn as pixels: the station identification of T.30 has digits only.
type Header struct {
	Time     time.Time // shown in its own zone
	Name     string    // of the sender. It is cut where there is no room for it; empty: left out
	From     string    // the sender's number, for people; empty: left out
	To       string    // the receiver's
	Language locale.Language
}

// Cover is the cover page (送付状) before the documents.
type Cover struct {
	Date     time.Time // shown in its own zone
	Language locale.Language
	To       Party
	From     Party
	Subject  string // empty: no such line
	Message  string // lines; empty: an empty field to write in
	Flags    []Flag
}

// Party is a sender or an addressee on a cover page. What is empty is left out.
type Party struct {
	Name  string
	Phone string
	Fax   string
	// Honorific goes behind the name on a Japanese cover page. Empty: 御中 for an
	// organization and 様 for a person, judged by the name; none where the name ends
	// with one.
	Honorific string
}

// Flag is something that a cover page asks for; the values are those of the API.
type Flag string

// The flags.
const (
	Urgent       Flag = "urgent"
	ForReview    Flag = "for_review"
	PleaseReply  Flag = "please_reply"
	Confidential Flag = "confidential"
)
