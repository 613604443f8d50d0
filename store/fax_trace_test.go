package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// recorded is the flight recorder of a call that began at now, with a capture.
func (h *house) recorded() *fax.Trace {
	h.t.Helper()
	blob := auth.NewID()
	h.must(h.db.DoomBlob(h.t.Context(), blob, now.Add(day)))
	return &fax.Trace{
		At: now, Missing: 3, Blob: blob, Size: 1234,
		Events: []line.Event{{Layer: line.Media, Sent: true, Name: "t38"}, {At: 2500 * time.Millisecond, Layer: line.T30, Name: "DIS", Detail: "ECM\x00é"}},
	}
}

// receivedWith are faxes of one call, each for one of the accounts.
func (h *house) receivedWith(recorded *fax.Trace, accounts ...auth.Account) (faxes []fax.Fax) {
	h.t.Helper()
	d := fax.Document{ID: auth.NewID(), Blob: auth.NewID(), Pages: 1}
	for _, a := range accounts {
		id := auth.NewID()
		faxes = append(faxes, fax.Fax{
			ID: id, OrganizationID: a.OrganizationID, AccountID: a.ID, Direction: fax.Incoming, Status: fax.Success,
			From: "+81312345678", To: "+15005551000", Pages: 1, Document: d, Started: now, Updated: now,
			Attempts: []fax.Attempt{{ID: id, Outcome: "ok", StartedAt: now, EndedAt: now}},
		})
	}
	h.must(h.db.PutReceived(h.t.Context(), faxes, recorded, now))
	return faxes
}

func TestATraceComesBackWhole(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		want := h.recorded()
		f := h.receivedWith(want, h.owner)[0]
		got, err := db.TracesOf(t.Context(), h.org.ID, f.ID)
		if err != nil || len(got) != 1 || fmt.Sprint(got[0]) != fmt.Sprint(want.Of(f)) {
			t.Errorf("TracesOf = %v, %v\nwant %v", got, err, want.Of(f))
		}
		if got, err := db.TracesOf(t.Context(), auth.NewID(), f.ID); err != nil || len(got) != 0 {
			t.Errorf("another organization has %v, %v", got, err)
		}
		if got, err := db.AttemptsOf(t.Context(), h.org.ID, f.ID); err != nil || len(got) != 1 || got[0].ID != f.ID {
			t.Errorf("AttemptsOf = %v, %v", got, err)
		}
		_, err = db.AttemptsOf(t.Context(), auth.NewID(), f.ID)
		wantFault(t, err, fault.NotFound, "fax_unknown")
	})
}

// Several faxes share the packets of one call: they go with the last of them.
func TestACaptureGoesWithTheLastFaxThatHasIt(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		member := h.member(auth.Member)
		r := h.recorded()
		faxes := h.receivedWith(r, h.owner, member)
		h.wantDead(now.Add(2 * day))
		h.must(db.DeleteFax(t.Context(), h.owner.ID, faxes[0].ID, now))
		h.wantDead(now.Add(2 * day))
		if got, err := db.TracesOf(t.Context(), h.org.ID, faxes[0].ID); err != nil || len(got) != 0 {
			t.Errorf("a fax that is deleted has %v, %v", got, err)
		}
		h.must(db.DeleteFax(t.Context(), member.ID, faxes[1].ID, now.Add(time.Second)))
		h.wantDead(now.Add(2*day), r.Blob, faxes[0].Document.Blob)
	})
}

func TestTracesGoWithTheRetentionAndAfter30Days(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		r := h.recorded()
		f := h.receivedWith(r, h.owner)[0]
		h.purge(now.Add(fax.TraceAge))
		if got, err := db.TracesOf(t.Context(), h.org.ID, f.ID); err != nil || len(got) != 1 {
			t.Errorf("within 30 days: %v, %v", got, err)
		}
		h.purge(now.Add(fax.TraceAge + time.Minute))
		if got, err := db.TracesOf(t.Context(), h.org.ID, f.ID); err != nil || len(got) != 0 {
			t.Errorf("after 30 days: %v, %v", got, err)
		}
		h.wantDead(now.Add(40*day), r.Blob)
		h.must(db.ForgetBlob(t.Context(), r.Blob))

		r = h.recorded()
		f = h.receivedWith(r, h.owner)[0]
		h.must(db.ChangeOrganization(t.Context(), h.org.ID, func(o *auth.Organization) error {
			o.RetentionDays = 7
			return nil
		}, auth.Audit{}))
		h.purge(now.Add(8 * day))
		if got, err := db.TracesOf(t.Context(), h.org.ID, f.ID); err != nil || len(got) != 0 {
			t.Errorf("after the retention: %v, %v", got, err)
		}
	})
}
