package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/faxgate/faxgate/locale"
)

// Attachment is a document that goes with a mail. The queue has this, and never the
// document itself.
type Attachment struct {
	Reference string // what Documents knows it by
	Name      string // of the file, as its reader sees it
	Type      string // MIME type
}

// Documents gives what is attached to mails, at the time when they are sent.
type Documents interface {
	// Document opens the document of a reference. When there is none any more, the
	// error is fault.NotFound, and the mail is dropped.
	Document(ctx context.Context, reference string) (io.ReadCloser, error)
}

// maxAttached is how many bytes a mail may carry. In base64 they are a third more, and
// many servers take no mail of more than 25 MB.
const maxAttached = 15 << 20

var errAttachedTooLarge = errors.New("the attachment is too large for a mail")

// document is an attachment with its bytes.
type document struct {
	Attachment
	bytes []byte
}

// attached reads what goes with a mail. Where it is more than a mail carries, the mail
// goes without and says so.
func (m *Mailer) attached(ctx context.Context, c content) (content, []document, error) {
	var all []document
	room := int64(maxAttached)
	for _, a := range c.Attached {
		b, err := m.read(ctx, a, room)
		if errors.Is(err, errAttachedTooLarge) {
			c.Text = locale.Text(c.Language, "mail.attachment_too_large", nil) + "\n\n" + c.Text
			return c, nil, nil
		}
		if err != nil {
			return c, nil, fmt.Errorf("attachment: %w", err)
		}
		room -= int64(len(b))
		all = append(all, document{a, b})
	}
	return c, all, nil
}

func (m *Mailer) read(ctx context.Context, a Attachment, room int64) ([]byte, error) {
	if m.Documents == nil {
		return nil, errors.New("nobody knows the documents")
	}
	r, err := m.Documents.Document(ctx, a.Reference)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, room+1))
	if err == nil && int64(len(b)) > room {
		err = errAttachedTooLarge
	}
	return b, err
}

// ReceivedFax is what a mail tells of a fax that came in.
type ReceivedFax struct {
	From     string // empty: withheld
	To       string
	At       time.Time // in the reader's time zone
	Pages    int
	Partial  bool       // the line dropped before the end
	Link     string     // to its page; empty: none
	Document Attachment // the pages; without a reference nothing is attached
}

// Message is the mail about the fax to one address.
func (f ReceivedFax) Message(to string, l locale.Language) Message {
	m := Message{To: to, Language: l, Kind: ForwardedFax, Params: map[string]any{
		"from": f.From, "to": f.To, "at": f.At, "pages": f.Pages, "partial": f.Partial, "link": f.Link,
	}}
	if f.Document.Reference != "" {
		m.Attached = []Attachment{f.Document}
	}
	return m
}
