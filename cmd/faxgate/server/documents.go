package server

import (
	"context"
	"io"
	"strings"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/notify"
)

// pdf is the MIME type of what goes with mails.
const pdf = "application/pdf"

// onReport ends the reference of a report: "account/fax/report". That of pages is
// "account/fax".
const onReport = "/report"

// pagesOf are the pages of a fax, as they go with a mail.
func pagesOf(f fax.Fax) notify.Attachment {
	return notify.Attachment{Reference: f.AccountID + "/" + f.ID, Name: f.DisplayName() + ".pdf", Type: pdf}
}

// reportOn is the confirmation report on a fax, as it goes with a mail.
func reportOn(f fax.Fax) notify.Attachment {
	return notify.Attachment{Reference: f.AccountID + "/" + f.ID + onReport, Name: f.DisplayName() + "-report.pdf", Type: pdf}
}

// documents gives what goes with mails.
type documents struct {
	store accountStore
	faxes *fax.Faxes
}

// Document implements notify.Documents: the pages of a fax as a PDF, or the report on it.
func (d documents) Document(ctx context.Context, reference string) (io.ReadCloser, error) {
	fromAccount, report := strings.CutSuffix(reference, onReport)
	account, id, _ := strings.Cut(fromAccount, "/")
	if report {
		return d.report(ctx, account, id)
	}
	pages, err := d.faxes.Open(ctx, fax.Actor{AccountID: account}, id)
	if err != nil {
		return nil, err
	}
	return written(func(w io.Writer) error {
		defer pages.Close()
		return pages.WritePDF(w)
	}), nil
}

// report is written in the language and the time zone that its account has now.
func (d documents) report(ctx context.Context, accountID, id string) (io.ReadCloser, error) {
	f, err := d.faxes.Fax(ctx, fax.Actor{AccountID: accountID}, id)
	if err != nil {
		return nil, err
	}
	acc, org, err := d.store.AccountAndOrganization(ctx, accountID)
	if err != nil {
		return nil, err
	}
	return written(func(w io.Writer) error {
		return reports{d.faxes}.WriteReport(ctx, w, f, locale.Match(acc.MailLanguage(org), ""), acc.Location(org))
	}), nil
}

// written is what write writes, while it is read. Writing ends when the reader is closed.
func written(write func(io.Writer) error) io.ReadCloser {
	r, w := io.Pipe()
	go func() { w.CloseWithError(write(w)) }()
	return r
}
