package notify

import (
	"context"
	"errors"
	"fmt"
	"io"

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

// attached reads what goes with a mail. What is more than the mail has room for stays
// behind, and the mail says so.
func (m *Mailer) attached(ctx context.Context, c content) (content, []document, error) {
	var all []document
	room, tooLarge := int64(maxAttached), false
	for _, a := range c.Attached {
		b, err := m.read(ctx, a, room)
		if errors.Is(err, errAttachedTooLarge) {
			tooLarge = true
			continue
		}
		if err != nil {
			return c, nil, fmt.Errorf("attachment: %w", err)
		}
		room -= int64(len(b))
		all = append(all, document{a, b})
	}
	if tooLarge {
		c.Text = locale.Text(c.Language, "mail.attachment_too_large", nil) + "\n\n" + c.Text
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
