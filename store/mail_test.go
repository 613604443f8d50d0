package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/notify"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

func mail(id string, next time.Time) notify.Mail {
	return notify.Mail{
		ID: id, To: "taro@example.com", Kind: notify.PasswordReset, Sealed: []byte{0, 1, 2},
		State: notify.Waiting, CreatedAt: now, NextAt: next,
	}
}

func TestAMailIsHandedToOneNode(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for i := range 20 {
			if err := db.PutMail(t.Context(), mail(fmt.Sprint(i), now)); err != nil {
				t.Fatal(err)
			}
		}
		var mu sync.Mutex
		holders := make(map[string]string)
		var all sync.WaitGroup
		for n := range 4 {
			all.Go(func() {
				node := fmt.Sprint("node ", n)
				for {
					m, err := db.ClaimMail(t.Context(), node, now, now.Add(time.Minute))
					if errors.Is(err, fault.NotFound) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if before := holders[m.ID]; before != "" {
						t.Errorf("mail %s went to %s and %s", m.ID, before, node)
					}
					holders[m.ID] = node
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if len(holders) != 20 {
			t.Errorf("%d mails were handed out", len(holders))
		}
	})
}

func TestTheLifeOfAMail(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		want := mail("first", now.Add(-time.Minute))
		for _, m := range []notify.Mail{mail("later", now.Add(time.Second)), mail("second", now), want} {
			if err := db.PutMail(ctx, m); err != nil {
				t.Fatal(err)
			}
		}
		m, err := db.ClaimMail(ctx, "a", now, now.Add(time.Minute))
		if err != nil || !reflect.DeepEqual(m, want) {
			t.Fatalf("ClaimMail = %+v, %v\nwant the one that was due first, %+v", m, err, want)
		}
		m.Attempts, m.NextAt, m.LastReply = 1, now.Add(time.Hour), "451 try later"
		if err := db.SettleMail(ctx, "a", m); err != nil {
			t.Fatal(err)
		}
		if got, err := db.ClaimMail(ctx, "b", now, now.Add(time.Minute)); err != nil || got.ID != "second" {
			t.Errorf("ClaimMail = %+v, %v", got, err)
		}
		if _, err := db.ClaimMail(ctx, "a", now, now.Add(time.Minute)); !errors.Is(err, fault.NotFound) {
			t.Errorf("a mail was handed out that is not due, or held: %v", err)
		}
		// b's lease runs out, and a takes over.
		got, err := db.ClaimMail(ctx, "a", now.Add(time.Minute), now.Add(2*time.Minute))
		if err != nil || got.ID != "second" {
			t.Errorf("after the lease: %+v, %v", got, err)
		}
		got.State = notify.Sent
		wantFault(t, db.SettleMail(ctx, "b", got), fault.Conflict, "mail_claimed")
		if err := db.SettleMail(ctx, "a", got); err != nil {
			t.Error(err)
		}
		wantFault(t, db.SettleMail(ctx, "a", got), fault.Conflict, "mail_claimed")
		again, err := db.ClaimMail(ctx, "a", now.Add(time.Hour), now.Add(2*time.Hour))
		if err != nil || again.ID != "later" {
			t.Errorf("ClaimMail = %+v, %v", again, err)
		}
		again, err = db.ClaimMail(ctx, "a", now.Add(time.Hour), now.Add(2*time.Hour))
		if err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("the one that waits on: %+v, %v\nwant %+v", again, err, m)
		}
	})
}
