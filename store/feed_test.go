package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// heard are the changes that a node was told of.
type heard struct {
	mu      sync.Mutex
	changes []auth.Change
	gaps    int
	more    chan struct{}
}

// listenTo hears of a database's changes.
func listenTo(db *store.DB) *heard {
	h := &heard{more: make(chan struct{}, 1)}
	note := func() {
		select {
		case h.more <- struct{}{}:
		default:
		}
	}
	db.Changed = func(c []auth.Change) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.changes = append(h.changes, c...)
		note()
	}
	db.Gap = func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.gaps++
		note()
	}
	return h
}

// take gives what was heard since the last time.
func (h *heard) take() []auth.Change {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.changes
	h.changes = nil
	return c
}

func (h *heard) gapped() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.gaps > 0
}

// until waits until ok, which is asked after everything that is heard.
func (h *heard) until(t *testing.T, ok func() bool) time.Duration {
	t.Helper()
	began, deadline := time.Now(), time.After(20*time.Second)
	for !ok() {
		select {
		case <-h.more:
		case <-deadline:
			t.Fatal("not heard")
		}
	}
	return time.Since(began)
}

// heardOf reports whether such a change was heard of, and forgets it.
func (h *heard) heardOf(kind auth.ChangeKind, subject string) bool {
	return slices.ContainsFunc(h.take(), func(c auth.Change) bool { return c.Kind == kind && c.Subject == subject })
}

// follow has a node follow the changes until the end of the test, and waits until
// it knows where they are.
func follow(t *testing.T, db *store.DB) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var ended sync.WaitGroup
	ended.Go(func() { db.Follow(ctx, 0) })
	t.Cleanup(func() {
		stop()
		ended.Wait()
		if db.Fresh() {
			t.Error("Fresh after Follow ended")
		}
	})
	for deadline := time.Now().Add(10 * time.Second); !db.Fresh(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("Follow never caught up")
		}
	}
}

func TestEveryWriteTellsWhatItMakesStale(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		l := h.link(h.owner, auth.PasswordResetLink)
		h.must(db.PutLink(t.Context(), l, h.audit("link")))
		token := h.putPersonal(h.owner, "script")
		access, refresh := h.granted(h.owner, h.client)
		h.granted(h.owner, h.client)
		invited := h.member(auth.Member)
		ctx, a := t.Context(), h.audit("x")
		nothing := func(*auth.Account, int) error { return nil }
		events := listenTo(db)
		for _, tt := range []struct {
			name  string
			write func() error
			want  []auth.Change
		}{
			{"RevokeToken", func() error { return db.RevokeToken(ctx, token, "me", now, a) }, []auth.Change{{Kind: auth.TokenChanged, Subject: token.Hash.String()}}},
			{"RevokeToken again", func() error { return db.RevokeToken(ctx, token, "me", now, a) }, nil},
			{"RevokeToken of a client", func() error { return db.RevokeToken(ctx, access, "it", now, auth.Audit{}) }, []auth.Change{{Kind: auth.TokenChanged, Subject: access.Hash.String()}}},
			{"RevokeGrant", func() error { return db.RevokeGrant(ctx, refresh.Grant.ID, oauth.RevokedByClient, now, auth.Audit{}) }, []auth.Change{{Kind: auth.GrantChanged, Subject: refresh.Grant.ID}}},
			{"RevokeGrant again", func() error { return db.RevokeGrant(ctx, refresh.Grant.ID, oauth.RevokedByClient, now, auth.Audit{}) }, nil},
			{"RevokeClientGrants", func() error {
				return db.RevokeClientGrants(ctx, h.owner.ID, h.client.ID, oauth.ConsentWithdrawn, now, auth.Audit{})
			}, []auth.Change{{Kind: auth.AccountChanged, Subject: h.owner.ID}}},
			{"ChangeAccount", func() error { return db.ChangeAccount(ctx, h.org.ID, h.owner.ID, nothing, auth.End{}, auth.Audit{}) }, []auth.Change{{Kind: auth.AccountChanged, Subject: h.owner.ID}}},
			{"RedeemLink", func() error {
				return db.RedeemLink(ctx, l.Hash, now, func(*auth.Account) error { return nil }, auth.End{}, auth.Audit{})
			}, []auth.Change{{Kind: auth.AccountChanged, Subject: h.owner.ID}}},
			{"EndSessions with tokens", func() error { return db.EndSessions(ctx, h.owner.ID, "", true, now, auth.Audit{}) }, []auth.Change{{Kind: auth.AccountChanged, Subject: h.owner.ID}}},
			{"DeleteAccount", func() error { return db.DeleteAccount(ctx, h.org.ID, invited.ID, auth.Audit{}) }, []auth.Change{{Kind: auth.AccountChanged, Subject: invited.ID}}},
			{"ChangeOrganization", func() error {
				return db.ChangeOrganization(ctx, h.org.ID, func(*auth.Organization) error { return nil }, auth.Audit{})
			}, []auth.Change{{Kind: auth.OrganizationChanged, Subject: h.org.ID}}},
			{"ChangeClient", func() error {
				return db.ChangeClient(ctx, h.org.ID, h.client.ID, func(*oauth.Client) error { return nil }, auth.Audit{})
			}, []auth.Change{{Kind: auth.ClientChanged, Subject: h.client.ID}}},
			{"DeleteClient", func() error { return db.DeleteClient(ctx, h.org.ID, h.client.ID, now, auth.Audit{}) }, []auth.Change{{Kind: auth.ClientChanged, Subject: h.client.ID}}},
			{"a write that is rolled back", func() error {
				err := db.ChangeOrganization(ctx, h.org.ID, func(*auth.Organization) error { return errors.New("no") }, auth.Audit{})
				if err == nil {
					return errors.New("it was not")
				}
				return nil
			}, nil},
		} {
			h.must(tt.write())
			got := events.take() // before the write returned
			for i := range got {
				if got[i].Seq <= 0 {
					t.Errorf("%s: no number: %+v", tt.name, got[i])
				}
				got[i].Seq = 0
			}
			if !slices.Equal(slices.Compact(got), tt.want) {
				t.Errorf("%s: heard %+v, want %+v", tt.name, got, tt.want)
			}
		}
	})
}

// Two handles are two nodes on PostgreSQL, and on SQLite a server and a command.
func TestTheOtherNodeHearsWithinASecond(t *testing.T) {
	t.Parallel()
	for _, pollOnly := range []bool{false, true} {
		name := map[bool]string{false: "with NOTIFY", true: "by polling"}[pollOnly]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.EachConfig(t, func(t *testing.T, c store.Config) {
				one, other := storetest.Open(t, c), storetest.Open(t, c)
				if pollOnly {
					one.PollOnly()
					other.PollOnly()
				}
				h := newHouse(t, one)
				events := listenTo(other)
				follow(t, other)
				fastest := time.Hour
				for range 5 { // the machine has other things to do
					token := h.putPersonal(h.owner, "script")
					h.must(one.RevokeToken(t.Context(), token, "me", now, auth.Audit{}))
					took := events.until(t, func() bool {
						return events.heardOf(auth.TokenChanged, token.Hash.String())
					})
					t.Logf("heard after %s", took)
					fastest = min(fastest, took)
				}
				if fastest > time.Second {
					t.Errorf("heard after %s at best", fastest)
				}
				if events.gapped() {
					t.Error("a gap, though nothing was purged")
				}
			})
		})
	}
}

// Without a poll, NOTIFY alone brings the changes, also after its connection was
// lost.
func TestNotifyComesBackAfterItsConnectionIsLost(t *testing.T) {
	t.Parallel()
	c := store.Config{URL: storetest.Postgres(t), MaxConns: 4}
	one, other := storetest.Open(t, c), storetest.Open(t, c)
	h := newHouse(t, one)
	events := listenTo(other)
	ctx, stop := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	defer ended.Wait()
	defer stop()
	ended.Go(func() { other.Follow(ctx, time.Hour) })
	arrives := func() {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !events.heardOf(auth.OrganizationChanged, h.org.ID); {
			if time.Now().After(deadline) {
				t.Fatal("no notice arrived")
			}
			// Until it listens again, and until the pool has let go of what was cut,
			// a notice may find nobody and a write may fail.
			_ = one.ChangeOrganization(t.Context(), h.org.ID, func(*auth.Organization) error { return nil }, auth.Audit{})
			time.Sleep(10 * time.Millisecond)
		}
	}
	arrives()
	_, err := raw(t, c).Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	h.must(err)
	arrives()
}

func TestChangesOfManyWritersComeInOrderAndComplete(t *testing.T) {
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		writers := []*store.DB{storetest.Open(t, c), storetest.Open(t, c)}
		reader := storetest.Open(t, c)
		h := newHouse(t, writers[0])
		events := listenTo(reader)
		follow(t, reader)
		const each = 50
		var all sync.WaitGroup
		for _, db := range writers {
			for range 4 {
				all.Go(func() {
					for range each {
						err := db.ChangeOrganization(t.Context(), h.org.ID, func(*auth.Organization) error { return nil }, auth.Audit{})
						if err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		all.Wait()
		var got []auth.Change
		events.until(t, func() bool {
			got = append(got, events.take()...)
			return len(got) >= 8*each
		})
		for i := 1; i < len(got); i++ {
			if got[i].Seq != got[i-1].Seq+1 {
				t.Fatalf("change %d comes after %d", got[i].Seq, got[i-1].Seq)
			}
		}
	})
}

func TestANodeThatMissedPurgedChangesHearsOfTheGap(t *testing.T) {
	t.Parallel()
	for _, since := range []int{0, 1} { // changes after the purge
		t.Run(fmt.Sprint(since, " since"), func(t *testing.T) {
			t.Parallel()
			storetest.EachConfig(t, func(t *testing.T, c store.Config) { testGap(t, c, since) })
		})
	}
}

func testGap(t *testing.T, c store.Config, since int) {
	one, other := storetest.Open(t, c), storetest.Open(t, c)
	h := newHouse(t, one)
	events := listenTo(other)
	t.Run("first", func(t *testing.T) { follow(t, other) })
	touch := func() {
		h.must(one.ChangeOrganization(t.Context(), h.org.ID, func(*auth.Organization) error { return nil }, auth.Audit{}))
	}
	for range 3 {
		touch()
	}
	for more := true; more; {
		var err error
		more, err = one.Purge(t.Context(), time.Now().Add(2*time.Hour), 500)
		h.must(err)
	}
	for range since {
		touch()
	}
	follow(t, other)
	events.until(t, events.gapped)
	touch()
	events.until(t, func() bool { return events.heardOf(auth.OrganizationChanged, h.org.ID) })
}

func TestANodeWithoutItsDatabaseIsNotFresh(t *testing.T) {
	t.Parallel()
	url := storetest.Postgres(t)
	db := storetest.Open(t, store.Config{URL: url, MaxConns: 1})
	follow(t, db)
	// The only connection is busy: no poll gets through.
	h := newHouse(t, db)
	release := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		err := db.ChangeOrganization(t.Context(), h.org.ID, func(*auth.Organization) error {
			<-release
			return nil
		}, auth.Audit{})
		if err != nil {
			t.Error(err)
		}
	})
	began := time.Now()
	for db.Fresh() {
		if time.Since(began) > 20*time.Second {
			t.Fatal("fresh without a poll")
		}
		time.Sleep(5 * time.Millisecond)
	}
	close(release)
	ended.Wait()
	for !db.Fresh() {
		if time.Since(began) > 10*time.Second {
			t.Fatal("never fresh again")
		}
		time.Sleep(5 * time.Millisecond)
	}
}
