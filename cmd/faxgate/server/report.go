package server

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/page"
	"github.com/faxgate/faxgate/page/sheet"
)

// reports draws confirmation reports: what the record of a fax says, on a sheet of
// paper.
type reports struct{ faxes *fax.Faxes }

// WriteReport implements api.Reports.
func (x reports) WriteReport(ctx context.Context, w io.Writer, f fax.Fax, language locale.Language, zone *time.Location) error {
	first, err := x.first(ctx, f)
	if err != nil {
		return err
	}
	last := f.LastAttempt()
	verdict, _ := f.Reason(language)
	r := sheet.Report{
		Language: language, Paper: page.PaperNamed(f.Document.Paper), Verdict: verdict,
		Time: calledAt(f).In(zone), From: f.From, To: f.To, Pages: f.Document.Pages, Confirmed: f.Pages,
		Resolution: resolution(f, first), Duration: last.Duration, Rate: last.Rate, ECM: last.ECM,
		Attempts: len(f.Attempts), ID: f.ID, First: first,
	}
	if f.Direction == fax.Outgoing {
		r.StationID = last.StationID // the sheet has a line for the receiver's alone
	}
	if r.From == fax.NoNumber {
		r.From = ""
	}
	return sheet.WriteReport(w, r)
}

// calledAt is when the call began that ended the fax; of a fax without one, when it came
// to its end.
func calledAt(f fax.Fax) time.Time {
	if at := f.LastAttempt().StartedAt; !at.IsZero() {
		return at
	}
	return f.Started
}

// resolution is that of the pages; of a fax that has none, what was asked for.
func resolution(f fax.Fax, first page.Coded) page.Resolution {
	if first.Width > 0 {
		return first.Resolution
	}
	for _, r := range []page.Resolution{page.Fine, page.Superfine} {
		if r.String() == f.Document.Resolution {
			return r
		}
	}
	return page.Standard
}

// first is the first page of a fax; the zero value: it has none.
func (x reports) first(ctx context.Context, f fax.Fax) (page.Coded, error) {
	pages, err := x.faxes.Open(ctx, fax.Actor{OrganizationID: f.OrganizationID, AccountID: f.AccountID}, f.ID)
	if errors.Is(err, fault.NotFound) {
		return page.Coded{}, nil
	}
	if err != nil {
		return page.Coded{}, err
	}
	defer pages.Close()
	return pages.First()
}
