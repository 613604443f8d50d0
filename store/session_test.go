package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// session is a session of an account, stored.
func (h *house) session(a auth.Account, at time.Time) auth.Session {
	h.t.Helper()
	s := auth.Session{
		ID: auth.NewID(), Hash: auth.HashOf(auth.NewSecret(auth.BrowserSession)), OrganizationID: a.OrganizationID,
		AccountID: a.ID, CreatedAt: at, LastSeenAt: at, AuthenticatedAt: at, Address: "192.0.2.1", UserAgent: "a browser",
	}
	h.must(h.db.PutSession(h.t.Context(), s, auth.Hash{}, h.audit("sign_in")))
	return s
}

func TestASessionIsFoundUntilItEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		s := h.session(h.owner, now)
		got, a, o, err := db.SessionByHash(t.Context(), s.Hash)
		h.must(err)
		if got != s || a.ID != h.owner.ID || !a.LastSeenAt.Equal(now) || o != h.org {
			t.Errorf("SessionByHash = %+v, %+v, %+v", got, a, o)
		}
		m := h.member(auth.Member)
		h.must(db.EndSession(t.Context(), m.ID, s.ID, h.audit("session.end"))) // not one of theirs
		if _, _, _, err := db.SessionByHash(t.Context(), s.Hash); err != nil {
			t.Errorf("somebody else ended the session: %v", err)
		}
		h.must(db.EndSession(t.Context(), h.owner.ID, s.ID, h.audit("session.end")))
		if _, _, _, err := db.SessionByHash(t.Context(), s.Hash); !errors.Is(err, fault.NotFound) {
			t.Errorf("after its end: %v", err)
		}
	})
}

func TestANewSessionReplacesTheOld(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		old, next := h.session(h.owner, now), h.session(h.owner, now)
		next.ID, next.Hash = auth.NewID(), auth.HashOf("next")
		h.must(db.PutSession(t.Context(), next, old.Hash, h.audit("sign_in.confirm")))
		if _, _, _, err := db.SessionByHash(t.Context(), old.Hash); !errors.Is(err, fault.NotFound) {
			t.Errorf("the old session: %v", err)
		}
		if _, _, _, err := db.SessionByHash(t.Context(), next.Hash); err != nil {
			t.Errorf("the new session: %v", err)
		}
	})
}

func TestSessionsOfAnAccount(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		first, second := h.session(h.owner, now.Add(-time.Hour)), h.session(h.owner, now)
		h.session(h.owner, now.Add(-13*time.Hour))
		h.session(h.member(auth.Member), now)
		h.must(db.TouchSession(t.Context(), first, now.Add(time.Minute)))
		h.must(db.TouchSession(t.Context(), first, now)) // an older request that was slow

		list, err := db.Sessions(t.Context(), h.owner.ID, now.Add(-auth.SessionIdle))
		h.must(err)
		if len(list) != 2 || list[0].ID != first.ID || list[1].ID != second.ID {
			t.Errorf("Sessions = %+v", list)
		}
		if !list[0].LastSeenAt.Equal(now.Add(time.Minute)) {
			t.Errorf("LastSeenAt = %s", list[0].LastSeenAt)
		}
		h.must(db.EndSessions(t.Context(), h.owner.ID, second.ID, false, now, h.audit("session.end_others")))
		list, err = db.Sessions(t.Context(), h.owner.ID, time.Time{})
		if err != nil || len(list) != 1 || list[0].ID != second.ID {
			t.Errorf("after ending the others: %+v, %v", list, err)
		}
	})
}

func TestAnAddressIsKnownAfterTheSessionEnded(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		s := h.session(h.owner, now)
		h.must(db.EndSession(t.Context(), h.owner.ID, s.ID, h.audit("sign_out")))
		six := h.session(h.owner, now)
		six.ID, six.Hash, six.Address = auth.NewID(), auth.HashOf(auth.NewSecret(auth.BrowserSession)), "2001:db8:1:2::1"
		h.must(db.PutSession(t.Context(), six, auth.Hash{}, h.audit("sign_in")))
		for _, tt := range []struct {
			account, address string
			since            time.Time
			want             bool
		}{
			{h.owner.ID, "192.0.2.1", now.Add(-time.Hour), true},
			{h.owner.ID, "192.0.2.1", now.Add(time.Hour), false},
			{h.owner.ID, "192.0.2.2", now.Add(-time.Hour), false},
			{h.owner.ID, "2001:db8:1:2:aaaa::9", now.Add(-time.Hour), true}, // a browser takes a new one every day
			{h.owner.ID, "2001:db8:1:3::1", now.Add(-time.Hour), false},
			{"somebody else", "192.0.2.1", now.Add(-time.Hour), false},
		} {
			if got, err := db.KnownAddress(t.Context(), tt.account, tt.address, tt.since); got != tt.want || err != nil {
				t.Errorf("KnownAddress(%s, %s) = %t, %v", tt.account, tt.address, got, err)
			}
		}
	})
}
