package store_test

import (
	"testing"
	"time"

	"github.com/faxgate/faxgate/notify"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

func TestQueuesTellSinceWhenSomethingWaits(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		now := time.Now().Truncate(time.Millisecond)
		since, later := now.Add(-time.Minute), now.Add(time.Minute)
		for i, next := range []time.Time{now, since, later} {
			m := notify.Mail{ID: string(rune('a' + i)), To: "a@example.com", Kind: notify.Invitation, Sealed: []byte{1}, CreatedAt: since, NextAt: next}
			if err := db.PutMail(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		all, err := db.Queues(t.Context(), now)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]store.Queue{"mail": {Name: "mail", Waiting: 2, Oldest: since}}
		for _, name := range []string{"documents", "calls", "events", "webhooks"} {
			want[name] = store.Queue{Name: name}
		}
		if len(all) != len(want) {
			t.Errorf("%d queues, want %d", len(all), len(want))
		}
		for _, q := range all {
			if w := want[q.Name]; q.Waiting != w.Waiting || !q.Oldest.Equal(w.Oldest) {
				t.Errorf("%+v, want %+v", q, w)
			}
		}
	})
}
