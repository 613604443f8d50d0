package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/notify"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// hook is a webhook of an account, not stored yet.
func (h *house) hook(acc auth.Account, event notify.EventKind) notify.Hook {
	return notify.Hook{
		ID: auth.NewID(), OrganizationID: acc.OrganizationID, AccountID: acc.ID, Target: "https://app.example.com:8443/in?key=1",
		Event: event, Numbers: []string{"+81312345678", "+81398765432"}, Secret: []byte{1, 0, 2}, CreatedAt: now,
		Email: acc.Email, Language: "ja",
	}
}

func (h *house) putHook(acc auth.Account, event notify.EventKind) notify.Hook {
	h.t.Helper()
	k := h.hook(acc, event)
	h.must(h.db.PutHook(h.t.Context(), k, 100, hookAudit("hook.create")))
	return k
}

func hookAudit(action string) notify.Audit {
	return notify.Audit{ID: auth.NewID(), At: now, Action: action, Actor: notify.Actor{Name: "taro@example.com"}}
}

func owner(acc auth.Account) notify.Owner {
	return notify.Owner{OrganizationID: acc.OrganizationID, AccountID: acc.ID}
}

// event is a fax of the account that was sent from the hook's first number.
func event(acc auth.Account, faxID string) notify.Event {
	return notify.Event{
		Kind: notify.FaxSent, At: now, OrganizationID: acc.OrganizationID,
		Fax: notify.EventFax{ID: faxID, AccountID: acc.ID, From: "+81312345678"},
	}
}

func TestHooksAreTheirOwners(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		h, other := newHouse(t, db), newHouse(t, db)
		member := h.member(auth.Member)
		mine, received, theirs := h.putHook(h.owner, notify.FaxSent), h.putHook(h.owner, notify.FaxReceived), h.putHook(member, notify.FaxSent)
		other.putHook(other.owner, notify.FaxSent)
		for _, tt := range []struct {
			name  string
			owner notify.Owner
			event notify.EventKind
			want  []string
		}{
			{"an account", owner(h.owner), "", []string{mine.ID, received.ID}},
			{"one event", owner(h.owner), notify.FaxReceived, []string{received.ID}},
			{"the organization", notify.Owner{OrganizationID: h.org.ID}, notify.FaxSent, []string{mine.ID, theirs.ID}},
			{"an account under another organization", notify.Owner{OrganizationID: other.org.ID, AccountID: h.owner.ID}, "", nil},
		} {
			all, err := db.Hooks(ctx, tt.owner, tt.event)
			h.must(err)
			got, want := make(map[string]bool), make(map[string]bool)
			for _, k := range all {
				got[k.ID] = true
			}
			for _, id := range tt.want {
				want[id] = true
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v, want %v", tt.name, got, want)
			}
		}
		if got, err := db.HookByID(ctx, owner(h.owner), mine.ID); err != nil || !reflect.DeepEqual(got, mine) {
			t.Errorf("HookByID = %+v, %v\nwant %+v", got, err, mine)
		}
		for _, stranger := range []notify.Owner{owner(member), owner(other.owner), {OrganizationID: other.org.ID}} {
			_, err := db.HookByID(ctx, stranger, mine.ID)
			wantFault(t, err, fault.NotFound, "hook_unknown")
			wantFault(t, db.DeleteHook(ctx, stranger, mine.ID, hookAudit("x")), fault.NotFound, "hook_unknown")
			wantFault(t, db.EnableHook(ctx, stranger, mine.ID, hookAudit("x")), fault.NotFound, "hook_unknown")
		}
		stranger := h.hook(h.owner, notify.FaxSent)
		stranger.OrganizationID = other.org.ID
		wantFault(t, db.PutHook(ctx, stranger, 100, hookAudit("x")), fault.NotFound, "account_unknown")
		h.must(db.DeleteHook(ctx, owner(h.owner), mine.ID, hookAudit("hook.delete")))
		records, err := db.Audits(ctx, h.org.ID, 100)
		h.must(err)
		deleted := 0
		for _, r := range records {
			if r.Action == "hook.delete" && r.ObjectID == mine.ID && r.Actor.Name == "taro@example.com" {
				deleted++
			}
		}
		if deleted != 1 {
			t.Errorf("%d records of the end", deleted)
		}
	})
}

func TestAnAccountHasSoManyHooksAtMost(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db)
		var all sync.WaitGroup
		var mu sync.Mutex
		stored := 0
		for range 8 {
			all.Go(func() {
				err := db.PutHook(t.Context(), h.hook(h.owner, notify.FaxSent), 3, hookAudit("hook.create"))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					stored++
				} else if !fault.HasCode(err, "hooks_too_many") {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if stored != 3 {
			t.Errorf("%d hooks, want 3", stored)
		}
	})
}

func TestAHookHearsOfAFaxOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		h := newHouse(t, db)
		k := h.putHook(h.owner, notify.FaxSent)
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if err := db.PutEvent(ctx, event(h.owner, "f1"), now); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		got, err := db.HookDeliveries(ctx, k.ID, 10)
		if err != nil || len(got) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		want := notify.HookDelivery{
			ID: got[0].ID, HookID: k.ID, FaxID: "f1", Body: notify.Payload(k, event(h.owner, "f1")), State: notify.Pending,
			CreatedAt: now, BeganAt: now, NextAt: now,
		}
		if !reflect.DeepEqual(got[0], want) {
			t.Errorf("%+v\nwant %+v", got[0], want)
		}
	})
}

func TestTheLifeOfAHookDelivery(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		h := newHouse(t, db)
		k := h.putHook(h.owner, notify.FaxSent)
		h.must(db.PutEvent(ctx, event(h.owner, "f1"), now))
		claim := func(node string, at time.Time, busy ...string) (notify.HookDelivery, error) {
			d, got, err := db.ClaimHookDelivery(ctx, node, busy, at, at.Add(time.Minute))
			if err == nil && (got.ID != k.ID || got.Target != k.Target || string(got.Secret) != string(k.Secret)) {
				t.Errorf("claimed with the hook %+v", got)
			}
			return d, err
		}
		none := func(_ notify.HookDelivery, err error) {
			t.Helper()
			wantFault(t, err, fault.NotFound, "hook_delivery_none")
		}
		none(claim("a", now.Add(-time.Second)))
		none(claim("a", now, "other.example.com", "app.example.com:8443"))
		_, err := claim("a", now, "other.example.com")
		h.must(err)
		none(claim("b", now.Add(time.Minute-time.Millisecond)))
		// a's lease runs out, and b takes over.
		d, err := claim("b", now.Add(time.Minute))
		h.must(err)
		a := notify.HookAttempt{Number: 1, At: now, Duration: 1234 * time.Millisecond, Status: 500, Body: "言い訳", Failure: notify.TooSlow, Error: "x"}
		d.State, d.Attempts, d.Tries, d.NextAt = notify.Pending, 1, 1, now.Add(time.Hour)
		wantFault(t, db.SettleHookDelivery(ctx, "a", d, &a, nil), fault.Conflict, "hook_delivery_claimed")
		h.must(db.SettleHookDelivery(ctx, "b", d, &a, func(k *notify.Hook) (*notify.Mail, error) {
			k.FailingSince, k.TriedAt = now, now
			return nil, nil
		}))
		none(claim("a", now.Add(time.Hour-time.Millisecond)))
		d.Log = []notify.HookAttempt{a}
		if got, err := db.HookDeliveries(ctx, k.ID, 10); err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], d) {
			t.Errorf("%+v, %v\nwant %+v", got, err, d)
		}
		if got, err := db.HookByID(ctx, owner(h.owner), k.ID); err != nil || !got.FailingSince.Equal(now) || !got.TriedAt.Equal(now) {
			t.Errorf("%+v, %v", got, err)
		}
		// A mistake in the change takes the whole step back.
		d, err = claim("a", now.Add(time.Hour))
		h.must(err)
		d.State = notify.Delivered
		broken := errors.New("broken")
		if err := db.SettleHookDelivery(ctx, "a", d, nil, func(*notify.Hook) (*notify.Mail, error) { return nil, broken }); !errors.Is(err, broken) {
			t.Error(err)
		}
		h.must(db.SettleHookDelivery(ctx, "a", d, nil, nil))
		none(claim("a", now.Add(100*time.Hour)))
	})
}

func TestDisablingAHookEndsWhatWaits(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		h := newHouse(t, db)
		k, other := h.putHook(h.owner, notify.FaxSent), h.putHook(h.owner, notify.FaxSent)
		for n := range 3 {
			h.must(db.PutEvent(ctx, event(h.owner, fmt.Sprint("f", n)), now.Add(time.Duration(n)*time.Second)))
		}
		m := mail("farewell", now)
		for range 2 { // the first one of each hook
			d, claimed, err := db.ClaimHookDelivery(ctx, "a", nil, now, now.Add(time.Minute))
			h.must(err)
			if claimed.ID != k.ID {
				continue
			}
			h.must(db.SettleHookDelivery(ctx, "a", d, nil, func(k *notify.Hook) (*notify.Mail, error) {
				k.DisabledAt, k.DisabledReason = now, "timeout"
				return &m, nil
			}))
		}
		states := func(id string) (states []notify.DeliveryState) {
			all, err := db.HookDeliveries(ctx, id, 10)
			h.must(err)
			for _, d := range all {
				states = append(states, d.State)
			}
			return states
		}
		if got, want := states(k.ID), []notify.DeliveryState{notify.Failed, notify.Failed, notify.Failed}; !reflect.DeepEqual(got, want) {
			t.Errorf("the disabled hook's: %v", got)
		}
		if got, want := states(other.ID), []notify.DeliveryState{notify.Pending, notify.Pending, notify.Pending}; !reflect.DeepEqual(got, want) {
			t.Errorf("the other one's: %v", got)
		}
		if got, err := db.ClaimMail(ctx, "a", now, now.Add(time.Minute)); err != nil || got.ID != "farewell" {
			t.Errorf("the mail: %+v, %v", got, err)
		}
		_, err := db.ReplayHookDeliveries(ctx, k.ID, notify.Replay{}, hookAudit("hook.replay"))
		wantFault(t, err, fault.Conflict, "hook_disabled")
	})
}

func TestPurgeOfHookDeliveries(t *testing.T) {
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		ctx := t.Context()
		h := newHouse(t, storetest.Open(t, c))
		k := h.putHook(h.owner, notify.FaxSent)
		for _, id := range []string{"old", "replayed"} {
			h.must(h.db.PutEvent(ctx, event(h.owner, id), now))
			d, _, err := h.db.ClaimHookDelivery(ctx, "a", nil, now, now.Add(time.Minute))
			h.must(err)
			d.State = notify.Delivered
			h.must(h.db.SettleHookDelivery(ctx, "a", d, &notify.HookAttempt{Number: 1, At: now, Status: 200}, nil))
			if id == "replayed" {
				a := hookAudit("hook.replay")
				a.At = now.Add(20 * day)
				_, err := h.db.ReplayHookDeliveries(ctx, k.ID, notify.Replay{DeliveryID: d.ID}, a)
				h.must(err)
			}
		}
		db := raw(t, c)
		for _, tt := range []struct {
			after time.Duration
			left  int
		}{{30 * day, 2}, {30*day + time.Minute, 1}, {50 * day, 1}, {50*day + time.Minute, 0}} {
			h.purge(now.Add(tt.after))
			deliveries, attempts := rowsIn(t, db, "hook_deliveries"), rowsIn(t, db, "hook_attempts")
			if deliveries != tt.left || attempts != tt.left {
				t.Errorf("after %s: %d deliveries, %d attempts, want %d", tt.after, deliveries, attempts, tt.left)
			}
		}
		if _, err := h.db.HookByID(ctx, owner(h.owner), k.ID); err != nil {
			t.Errorf("the hook has no end of its own: %v", err)
		}
	})
}

// What webhooks were told of a fax names its numbers: it goes with the fax.
func TestWhatWebhooksWereToldGoesWithTheFax(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		h := newHouse(t, db)
		k := h.putHook(h.owner, notify.FaxSent)
		for _, id := range []string{"deleted", "purged", "kept"} {
			started := now
			if id == "purged" {
				started = now.Add(-8 * day)
			}
			h.must(db.PutReceived(ctx, []fax.Fax{{
				ID: id, OrganizationID: h.org.ID, AccountID: h.owner.ID, Direction: fax.Incoming, Status: fax.Success,
				Document: fax.Document{ID: "document of " + id, Blob: "blob of " + id, Pages: 1}, Started: started, Updated: started,
			}}, nil, now))
			h.must(db.PutEvent(ctx, event(h.owner, id), now))
		}
		h.must(db.ChangeOrganization(ctx, h.org.ID, func(o *auth.Organization) error {
			o.RetentionDays = 7
			return nil
		}, auth.Audit{}))
		h.must(db.DeleteFax(ctx, h.owner.ID, "deleted", now))
		h.purge(now)
		if got, err := db.HookDeliveries(ctx, k.ID, 10); err != nil || len(got) != 1 || got[0].FaxID != "kept" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
