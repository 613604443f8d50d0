package server

import (
	"context"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/notify"
)

// accountStore knows whose a fax is.
type accountStore interface {
	AccountAndOrganization(ctx context.Context, accountID string) (auth.Account, auth.Organization, error)
}

// faxMail mails received faxes to those for whom they are, and how sent ones ended to
// their senders.
type faxMail struct {
	store     accountStore
	mail      *notify.Mailer
	publicURL string // empty: there are no links
}

// tell queues the mails about an event, as the account of its fax wishes.
func (x *faxMail) tell(ctx context.Context, e fax.Event) error {
	if !x.mail.Configured() {
		return nil
	}
	acc, org, err := x.store.AccountAndOrganization(ctx, e.Fax.AccountID)
	if err != nil {
		return err
	}
	wish := acc.Preferences.Notifications.Settings.Email
	if !wished(wish, e.Kind) || acc.Status != auth.Active {
		return nil
	}
	to := wish.Addresses
	if len(to) == 0 {
		to = []string{acc.Email}
	}
	language := locale.Match(acc.MailLanguage(org), "")
	mail := x.about(e, acc, org, language)
	for _, address := range to {
		if err := x.mail.Send(ctx, mail.Message(address, language)); err != nil {
			return err
		}
	}
	return nil
}

// wished reports whether there are to be mails about such events.
func wished(wish auth.EmailNotifications, k fax.EventKind) bool {
	switch k {
	case fax.FaxReceived:
		return wish.ReceiveFax
	case fax.FaxSent:
		return wish.SendFax
	}
	return false
}

// letter is a mail that has no address yet.
type letter interface {
	Message(to string, l locale.Language) notify.Message
}

// about is the event in the words of mails.
func (x *faxMail) about(e fax.Event, acc auth.Account, org auth.Organization, l locale.Language) letter {
	f, wish, zone := e.Fax, acc.Preferences.Notifications.Settings.Email.Attachments, acc.Location(org)
	if e.Kind == fax.FaxReceived {
		r := notify.ReceivedFax{
			From: f.From, To: f.To, At: f.Started.In(zone), Pages: f.Pages,
			Partial: f.Status == fax.PartiallyReceived, Link: x.link(f),
		}
		if wish.ReceiveFax {
			r.Attached = []notify.Attachment{pagesOf(f)}
		}
		return r
	}
	s := notify.SentFax{
		To: f.To, At: calledAt(f).In(zone), Pages: f.Document.Pages, Confirmed: f.Pages,
		Complete: f.Status == fax.Success, Link: x.link(f),
	}
	s.Reason, s.Next = f.Reason(l)
	if wish.ConfirmationPage {
		s.Attached = append(s.Attached, reportOn(f))
	}
	if wish.SendFax && f.Document.Blob != "" {
		s.Attached = append(s.Attached, pagesOf(f))
	}
	return s
}

// link leads to the page of a fax.
func (x *faxMail) link(f fax.Fax) string {
	if x.publicURL == "" {
		return ""
	}
	return x.publicURL + "/faxes/" + f.ID
}
