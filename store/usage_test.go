package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

func TestLastUsesAreWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		personal, unused := h.putPersonal(h.owner, "used"), h.putPersonal(h.owner, "unused")
		access, refresh := h.granted(h.owner, h.client)
		_, other := h.granted(h.owner, h.client)
		u := db.Usage()
		for i := range 10 {
			u.Token(personal, fmt.Sprint("192.0.2.", i), now.Add(time.Duration(i)*time.Second))
		}
		u.Token(access, "192.0.2.1", now.Add(time.Second))
		u.Grant(other.Grant, true, now.Add(2*time.Second))
		u.Grant(other.Grant, true, now.Add(2*time.Second))
		u.Grant(refresh.Grant, false, now)
		h.must(u.Flush(t.Context()))

		got, err := db.TokenByID(t.Context(), h.org.ID, personal.ID)
		if err != nil || !got.LastUsedAt.Equal(now.Add(9*time.Second)) || got.LastUsedFrom != "192.0.2.9" {
			t.Errorf("the token: %+v, %v", got, err)
		}
		if got, err := db.TokenByID(t.Context(), h.org.ID, unused.ID); err != nil || !got.LastUsedAt.IsZero() {
			t.Errorf("the unused token: %+v, %v", got, err)
		}
		grants, err := db.Grants(t.Context(), h.owner.ID)
		h.must(err)
		for _, g := range grants {
			want := now
			if g.ID == other.Grant.ID {
				want = now.Add(2 * time.Second)
			}
			if !g.LastUsedAt.Equal(want) {
				t.Errorf("a grant: last used %s, want %s", g.LastUsedAt, want)
			}
		}
		c, err := db.ClientByID(t.Context(), h.client.ID)
		if err != nil || c.QueryUses != 2 || c.LastUsedAt.IsZero() {
			t.Errorf("the client: %+v, %v", c, err)
		}

		// Another node's older news change nothing, and counts add up.
		u.Token(personal, "192.0.2.100", now)
		u.Grant(other.Grant, true, now.Add(-time.Hour))
		h.must(u.Flush(t.Context()))
		if got, err := db.TokenByID(t.Context(), h.org.ID, personal.ID); err != nil || got.LastUsedFrom != "192.0.2.9" {
			t.Errorf("the token: %+v, %v", got, err)
		}
		again, err := db.ClientByID(t.Context(), h.client.ID)
		if err != nil || again.QueryUses != 3 || !again.LastUsedAt.Equal(c.LastUsedAt) {
			t.Errorf("the client: %+v, %v", again, err)
		}
	})
}

func TestLastUsesAreWrittenAtTheEnd(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		u := db.Usage()
		ctx, stop := context.WithCancel(t.Context())
		var ended sync.WaitGroup
		ended.Go(func() { u.Run(ctx) })
		tokens := make([]auth.Token, 250) // more than one batch
		holder := h.owner
		for i := range tokens {
			if i%50 == 0 { // an account has 100 at most
				holder = h.member(auth.Member)
			}
			tokens[i] = h.putPersonal(holder, fmt.Sprint(i))
			u.Token(tokens[i], "192.0.2.1", now)
		}
		stop()
		ended.Wait()
		for _, token := range tokens {
			if got, err := db.TokenByID(t.Context(), h.org.ID, token.ID); err != nil || !got.LastUsedAt.Equal(now) {
				t.Fatalf("a token: %+v, %v", got, err)
			}
		}
	})
}

func BenchmarkUsage(b *testing.B) {
	h := newHouse(b, storetest.Open(b, store.Config{DataDir: storetest.SQLite(b)}))
	u := h.db.Usage()
	tokens := make([]auth.Token, 1000)
	for i := range tokens {
		tokens[i] = h.personal(h.owner, fmt.Sprint(i))
	}
	parallel(b, func(i int) error {
		u.Token(tokens[i%len(tokens)], "192.0.2.1", now)
		return nil
	})
}
