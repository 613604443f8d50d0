package server

import (
	"context"
	"io"
	"strings"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/notify"
)

// forwarding mails received faxes to those for whom they are.
type forwarding struct {
	store interface {
		AccountAndOrganization(ctx context.Context, accountID string) (auth.Account, auth.Organization, error)
	}
	mail      *notify.Mailer
	publicURL string
}

// tell queues the mails about an event, if it is a fax that came in, as its account
// wishes.
func (x *forwarding) tell(ctx context.Context, e fax.Event) error {
	if e.Kind != fax.FaxReceived || !x.mail.Configured() {
		return nil
	}
	acc, org, err := x.store.AccountAndOrganization(ctx, e.Fax.AccountID)
	if err != nil {
		return err
	}
	wish := acc.Preferences.Notifications.Settings.Email
	if !wish.ReceiveFax || acc.Status != auth.Active {
		return nil
	}
	to := wish.Addresses
	if len(to) == 0 {
		to = []string{acc.Email}
	}
	received := x.received(e.Fax, acc, org)
	for _, address := range to {
		if err := x.mail.Send(ctx, received.Message(address, locale.Match(acc.MailLanguage(org), ""))); err != nil {
			return err
		}
	}
	return nil
}

// received is a fax in the words of mails, with its pages if they are wished for.
func (x *forwarding) received(f fax.Fax, acc auth.Account, org auth.Organization) notify.ReceivedFax {
	r := notify.ReceivedFax{
		From: f.From, To: f.To, At: f.Started.In(acc.Location(org)), Pages: f.Pages,
		Partial: f.Status == fax.PartiallyReceived, Link: x.publicURL + "/faxes/" + f.ID,
	}
	if acc.Preferences.Notifications.Settings.Email.Attachments.ReceiveFax {
		r.Document = notify.Attachment{
			Reference: f.AccountID + "/" + f.ID, Name: f.DisplayName() + ".pdf", Type: "application/pdf",
		}
	}
	return r
}

// documents gives the pages of faxes that go with mails; a reference is "account/fax".
type documents struct{ faxes *fax.Faxes }

// Document is the fax as a PDF.
func (d documents) Document(ctx context.Context, reference string) (io.ReadCloser, error) {
	account, id, _ := strings.Cut(reference, "/")
	pages, err := d.faxes.Open(ctx, fax.Actor{AccountID: account}, id)
	if err != nil {
		return nil, err
	}
	r, w := io.Pipe()
	go func() {
		defer pages.Close()
		w.CloseWithError(pages.WritePDF(w)) // ends when r is closed
	}()
	return r, nil
}
