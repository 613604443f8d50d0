package api_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/page"
)

// exchange is the node that delivers and receives in these tests: it does what a node
// does with the database, and rings no telephone.
const exchange = "exchange"

// pages stores a fax TIFF of n pages.
func (g *gate) pages(t *testing.T, n int) fax.Document {
	t.Helper()
	p, err := page.New(page.Geometry{Width: 1728, Rows: 100, Resolution: page.Standard})
	if err != nil {
		t.Fatal(err)
	}
	p.Blacken(50, 100, 1600)
	var all page.Document
	for range n {
		all = append(all, p.Code())
	}
	var b bytes.Buffer
	if err := page.WriteTIFF(&b, all); err != nil {
		t.Fatal(err)
	}
	d := fax.Document{ID: auth.NewID(), Blob: auth.NewID(), Pages: n}
	if err := g.db.DoomBlob(t.Context(), d.Blob, g.clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if d.Size, err = g.blobs.Put(t.Context(), d.Blob, &b); err != nil {
		t.Fatal(err)
	}
	return d
}

// receive lets a fax of two pages arrive for an account.
func (g *gate) receive(t *testing.T, acc auth.Account, edits ...func(*fax.Fax)) fax.Fax {
	t.Helper()
	now, id := g.clock.Now(), auth.NewID()
	f := fax.Fax{
		ID: id, OrganizationID: acc.OrganizationID, AccountID: acc.ID, Direction: fax.Incoming, Status: fax.Success,
		From: "+81312345678", To: "+15005550011", Pages: 2, Document: g.pages(t, 2),
		Started: now, Updated: now, Duration: 31 * time.Second,
		Attempts: []fax.Attempt{{ID: id, Outcome: string(line.OK), StartedAt: now, EndedAt: now, Transport: "t38", Pages: 2, ECM: true}},
	}
	for _, edit := range edits {
		edit(&f)
	}
	if err := g.db.PutReceived(t.Context(), []fax.Fax{f}, nil, now); err != nil {
		t.Fatal(err)
	}
	return f
}

// convert gives pages to everything that waits for them.
func (g *gate) convert(t *testing.T) {
	t.Helper()
	for {
		c, err := g.db.ClaimConversion(t.Context(), exchange, g.clock.Now(), g.clock.Now().Add(time.Minute))
		if errors.Is(err, fault.NotFound) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		made := g.pages(t, 2)
		c.Blob, c.Pages, c.Size = made.Blob, made.Pages, made.Size
		if err := g.db.FinishConversion(t.Context(), exchange, c.Document, g.clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
}

// dial claims what is due, so that it is being sent.
func (g *gate) dial(t *testing.T) (all []fax.Delivery) {
	t.Helper()
	g.convert(t)
	for {
		d, err := g.db.ClaimJob(t.Context(), exchange, g.clock.Now(), g.clock.Now().Add(time.Minute), 100)
		if errors.Is(err, fault.NotFound) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
}

// deliver ends all that is due with an outcome.
func (g *gate) deliver(t *testing.T, outcome line.Outcome) {
	t.Helper()
	for _, d := range g.dial(t) {
		now := g.clock.Now()
		d.Retry.Count = 0
		d = fax.Settle(d, line.Result{Outcome: outcome, Time: 20 * time.Second}, now, auth.NewID())
		f := fax.Fax{
			ID: d.ID, OrganizationID: d.OrganizationID, AccountID: d.AccountID, Direction: fax.Outgoing, Status: d.Status,
			From: d.From, To: d.To, Document: d.Document, Comment: d.Comment, Retry: d.Retry, Submitted: d.Submitted,
			Scheduled: d.Scheduled, Started: now, Updated: now, Attempts: d.Attempts,
		}
		if d.Status == fax.Success {
			f.Pages, f.Duration = 2, 20*time.Second
		}
		if err := g.db.SettleJob(t.Context(), exchange, d, f); err != nil {
			t.Fatal(err)
		}
	}
}
