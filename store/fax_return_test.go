package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// sentFax is a fax that a node has sent; returnAt is until when it sends it back.
func (h *house) sentFax(returnAt time.Time) fax.Fax {
	h.t.Helper()
	d := fax.Document{ID: auth.NewID(), Resolution: "fine", Paper: "a4"}
	job := fax.Job{
		ID: auth.NewID(), OrganizationID: h.org.ID, AccountID: h.owner.ID, From: "+15005551000", To: "+15005550001",
		Document: d, Submitted: now,
	}
	_, err := h.db.PutJobs(h.t.Context(), fax.NewJobs{Jobs: []fax.Job{job}, Document: d, At: now})
	h.must(err)
	conversion, err := h.db.ClaimConversion(h.t.Context(), "node", now, now.Add(time.Minute))
	h.must(err)
	conversion.Blob, conversion.Pages = auth.NewID(), 1
	h.must(h.db.FinishConversion(h.t.Context(), "node", conversion.Document, now))
	delivery, err := h.db.ClaimJob(h.t.Context(), "node", now, now.Add(time.Minute), 1)
	h.must(err)
	delivery.Over, delivery.ReturnAt = true, returnAt
	f := fax.Fax{
		ID: job.ID, OrganizationID: h.org.ID, AccountID: h.owner.ID, Direction: fax.Outgoing, Status: fax.Success,
		From: job.From, To: job.To, Pages: 1, Document: conversion.Document, Started: now, Updated: now,
		Attempts: []fax.Attempt{{ID: job.ID, Outcome: "ok", StartedAt: now, EndedAt: now}},
	}
	h.must(h.db.SettleJob(h.t.Context(), "node", delivery, f))
	return f
}

// putReturned stores what came back of a fax.
func (h *house) putReturned(sentID string) error {
	blob := auth.NewID()
	if err := h.db.DoomBlob(h.t.Context(), blob, now); err != nil {
		return err
	}
	return h.db.PutReturned(h.t.Context(), sentID, []fax.Fax{{
		ID: auth.NewID(), OrganizationID: h.org.ID, AccountID: h.owner.ID, Direction: fax.Incoming, Status: fax.Success,
		From: "+15005550001", To: "+15005551000", Pages: 1, Document: fax.Document{ID: auth.NewID(), Blob: blob, Pages: 1},
		Started: now, Updated: now,
	}}, nil, now)
}

// inbox counts what the owner has received.
func (h *house) inbox() int {
	h.t.Helper()
	all, err := h.db.FaxesOf(h.t.Context(), h.owner.ID, fax.Filter{Category: fax.Inbox, Limit: 10})
	h.must(err)
	return len(all)
}

func TestAReturnIsClaimedUnderALease(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		h.sentFax(time.Time{})
		second, first := h.sentFax(now.Add(2*time.Minute)), h.sentFax(now.Add(time.Minute))
		claim := func(at time.Duration, want fax.Fax) {
			t.Helper()
			got, err := db.ClaimReturn(t.Context(), now.Add(at), now.Add(at+time.Minute))
			h.must(err)
			if got.ID != want.ID || got.Document.Blob != want.Document.Blob || len(got.Attempts) != 1 {
				t.Errorf("claimed was %+v, want %+v", got, want)
			}
		}
		none := func(at time.Duration) {
			t.Helper()
			_, err := db.ClaimReturn(t.Context(), now.Add(at), now.Add(at+time.Minute))
			wantFault(t, err, fault.NotFound, "fax_none")
		}
		none(59 * time.Second)
		claim(2*time.Minute, first)
		claim(2*time.Minute, second)
		none(2 * time.Minute)
		h.must(h.putReturned(first.ID))
		claim(3*time.Minute, second)
		h.must(db.EndReturn(t.Context(), second.ID))
		none(time.Hour)
		wantFault(t, h.putReturned(second.ID), fault.Conflict, "fax_claimed")
	})
}

// However many bring it, it is stored once, and the bytes of the others are nobody's.
func TestAReturnIsStoredOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		f := h.sentFax(now.Add(time.Minute))
		errs := make([]error, 8)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() { errs[i] = h.putReturned(f.ID) })
		}
		all.Wait()
		stored := 0
		for _, err := range errs {
			if err == nil {
				stored++
				continue
			}
			wantFault(t, err, fault.Conflict, "fax_claimed")
		}
		dead, err := db.DeadBlobs(t.Context(), now, 10)
		h.must(err)
		if stored != 1 || h.inbox() != 1 || len(dead) != len(errs)-1 {
			t.Errorf("%d are stored, %d in the inbox, %d dead; want 1, 1, %d", stored, h.inbox(), len(dead), len(errs)-1)
		}
	})
}

// The fax that was sent takes its return with it.
func TestADeletedFaxHasNoReturn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		f := h.sentFax(now)
		h.must(db.DeleteFax(t.Context(), h.owner.ID, f.ID, now))
		wantFault(t, h.putReturned(f.ID), fault.Conflict, "fax_claimed")
		_, err := db.ClaimReturn(t.Context(), now.Add(time.Hour), now.Add(2*time.Hour))
		wantFault(t, err, fault.NotFound, "fax_none")
		if h.inbox() != 0 {
			t.Error("it came back")
		}
	})
}
