package notify_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/notify"
)

func TestTwoNodesPostEachEventOnce(t *testing.T) {
	eachPostroom(t, func(t *testing.T, p *postroom) {
		r := newReceiver(t, nil)
		p.hook(t, r.URL)
		run(t, p.courier)
		run(t, p.newCourier("node-2"))
		const events = 30
		for n := range events {
			p.notify(t, p.sent(fmt.Sprint("f", n)))
		}
		p.settled(t, events)
		seen := make(map[string]bool)
		for range events {
			seen[wait(t, r.posts).header.Get("webhook-id")] = true
		}
		if len(seen) != events || len(r.posts) != 0 {
			t.Errorf("%d different posts and %d more", len(seen), len(r.posts))
		}
	})
}

func TestOneSlowHostDoesNotHoldUpTheOthers(t *testing.T) {
	p := onePostroom(t)
	release := make(chan struct{})
	var held, most atomic.Int64
	slow := newReceiver(t, func(http.ResponseWriter, *http.Request) {
		most.Store(max(most.Load(), held.Add(1)))
		<-release
		held.Add(-1)
	})
	quick := newReceiver(t, nil)
	p.hook(t, slow.URL)
	for n := range 40 {
		p.notify(t, p.sent(fmt.Sprint("f", n)))
	}
	p.clock.Advance(time.Second)
	p.hook(t, quick.URL)
	p.notify(t, p.sent("last"))
	run(t, p.courier)
	wait(t, quick.posts)
	close(release)
	p.settled(t, 42)
	if most.Load() > 4 {
		t.Errorf("%d posts to one host at a time", most.Load())
	}
}

func TestStoppingPutsTheDeliveryBack(t *testing.T) {
	p := onePostroom(t)
	release := make(chan struct{})
	r := newReceiver(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) }) // before the receiver closes
	h, _ := p.hook(t, r.URL)
	p.notify(t, p.sent("f1"))
	stop := run(t, p.courier)
	wait(t, r.posts)
	stop()
	d := p.delivery(t, h, after(0))
	if d.State != notify.Pending {
		t.Errorf("%+v", d)
	}
	now := p.clock.Now()
	if _, _, err := p.db.ClaimHookDelivery(t.Context(), "node-2", nil, now, now.Add(time.Minute)); err != nil {
		t.Errorf("the next node: %v", err)
	}
}

// A node that dies in the middle leaves a lease that runs out.
func TestAnotherNodePostsWhenTheLeaseHasRunOut(t *testing.T) {
	p := onePostroom(t)
	r := newReceiver(t, nil)
	h, _ := p.hook(t, r.URL)
	p.notify(t, p.sent("f1"))
	now := p.clock.Now()
	if _, _, err := p.db.ClaimHookDelivery(t.Context(), "node-that-dies", nil, now, now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	run(t, p.courier)
	p.notify(t, p.sent("f1")) // wakes the courier, and changes nothing
	if d := p.delivery(t, h, after(0)); d.State != notify.Pending {
		t.Errorf("%+v", d)
	}
	p.clock.Advance(time.Minute)
	wait(t, r.posts)
	p.settled(t, 1)
}

func TestAHookThatFailsForThreeDaysIsDisabledWithAMail(t *testing.T) {
	eachPostroom(t, func(t *testing.T, p *postroom) {
		var works atomic.Bool
		r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
			if !works.Load() {
				w.WriteHeader(http.StatusInternalServerError)
			}
		})
		h, _ := p.hook(t, r.URL+"?key=secret")
		mail := startMailServer(t, serverOptions{})
		p.courier.Mail.SMTP, _ = notify.ParseSMTP("smtp://"+mail.addr, "fax@example.com")
		run(t, p.courier)
		began := p.clock.Now()
		for day := range 3 {
			p.notify(t, p.sent(fmt.Sprint("day ", day)))
			wait(t, r.posts)
			p.clock.Advance(24 * time.Hour)
			wait(t, r.posts) // the last try
			p.settled(t, day+1)
		}
		h, err := p.Hook(t.Context(), p.owner, h.ID)
		if err != nil {
			t.Fatal(err)
		}
		if age := h.DisabledAt.Sub(began); age < 3*24*time.Hour || age > 3*24*time.Hour+time.Minute || h.DisabledReason != "HTTP 500" || h.Live() {
			t.Fatalf("disabled after %s: %+v", age, h)
		}
		go p.courier.Mail.Run(t.Context())
		_, subject, text := read(t, wait(t, mail.mails).data)
		if !strings.Contains(subject, "Webhook") || !strings.Contains(text, "127.0.0.1") || !strings.Contains(text, "HTTP 500") ||
			!strings.Contains(text, "fax_sent") || strings.Contains(subject+text, "secret") || strings.Contains(text, "no value") {
			t.Errorf("%s\n%s", subject, text)
		}
		p.replayAfterwards(t, h, &works, r)
	})
}

// replayAfterwards checks that what happened while the hook was disabled is there to be
// replayed, once the hook is enabled.
func (p *postroom) replayAfterwards(t *testing.T, h notify.Hook, works *atomic.Bool, r *receiver) {
	t.Helper()
	p.clock.Advance(time.Hour)
	before := p.clock.Now()
	p.notify(t, p.sent("while disabled"))
	ctx, by := t.Context(), notify.Actor{AccountID: p.acc.ID, Name: p.acc.Email}
	all, err := p.Deliveries(ctx, p.owner, h.ID, 100)
	if err != nil || all[0].FaxID != "while disabled" || all[0].State != notify.Failed || all[0].Attempts != 0 {
		t.Fatalf("%+v, %v", all, err)
	}
	if _, err := p.Replay(ctx, p.owner, by, h.ID, notify.Replay{Since: before}); !fault.HasCode(err, "hook_disabled") {
		t.Errorf("a replay to a disabled hook: %v", err)
	}
	works.Store(true)
	if h, err = p.Enable(ctx, p.owner, by, h.ID); err != nil || !h.Live() || !h.FailingSince.IsZero() {
		t.Fatalf("%+v, %v", h, err)
	}
	for len(r.posts) > 0 {
		<-r.posts
	}
	if n, err := p.Replay(ctx, p.owner, by, h.ID, notify.Replay{Since: before}); n != 1 || err != nil {
		t.Fatalf("Replay = %d, %v", n, err)
	}
	if got := wait(t, r.posts); !strings.Contains(got.body, `"while disabled"`) {
		t.Error(got.body)
	}
	p.settled(t, len(all))
	n, err := p.Replay(ctx, p.owner, by, h.ID, notify.Replay{Failed: true})
	if n != len(all)-1 || err != nil {
		t.Fatalf("of %d all but one had failed: Replay = %d, %v", len(all), n, err)
	}
	p.settled(t, len(all))
	again, err := p.Deliveries(ctx, p.owner, h.ID, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range again {
		if d.State != notify.Delivered || d.Tries != 1 {
			t.Errorf("%+v", d)
		}
	}
}

func TestOneDeliveryIsReplayedUnderItsOwnID(t *testing.T) {
	p := onePostroom(t)
	r := newReceiver(t, nil)
	h, _ := p.hook(t, r.URL)
	run(t, p.courier)
	p.notify(t, p.sent("f1"))
	id := wait(t, r.posts).header.Get("webhook-id")
	p.settled(t, 1)
	ctx := t.Context()
	if n, err := p.Replay(ctx, p.owner, notify.Actor{}, h.ID, notify.Replay{DeliveryID: id}); n != 1 || err != nil {
		t.Fatalf("Replay = %d, %v", n, err)
	}
	if got := wait(t, r.posts).header.Get("webhook-id"); got != id {
		t.Errorf("posted as %s, and before as %s", got, id)
	}
	if d := p.delivery(t, h, after(2)); d.State != notify.Delivered || d.Tries != 1 || d.Log[1].Number != 2 {
		t.Errorf("%+v", d)
	}
	if _, err := p.Replay(ctx, p.owner, notify.Actor{}, h.ID, notify.Replay{DeliveryID: "none"}); !fault.HasCode(err, "hook_delivery_unknown") {
		t.Errorf("an unknown delivery: %v", err)
	}
	if _, err := p.Replay(ctx, notify.Owner{OrganizationID: p.owner.OrganizationID, AccountID: "x"}, notify.Actor{}, h.ID, notify.Replay{}); !fault.HasCode(err, "hook_unknown") {
		t.Errorf("another account's hook: %v", err)
	}
}

// What a disabled account has asked for is sent to nobody any more.
func TestADisabledAccountsHooksAreSilent(t *testing.T) {
	eachPostroom(t, func(t *testing.T, p *postroom) {
		r := newReceiver(t, nil)
		h, _ := p.hook(t, r.URL)
		p.notify(t, p.sent("before"))
		err := p.db.ChangeAccount(t.Context(), p.owner.OrganizationID, p.acc.ID, func(acc *auth.Account, _ int) error {
			acc.Status = auth.Disabled
			return nil
		}, auth.End{}, auth.Audit{})
		if err != nil {
			t.Fatal(err)
		}
		p.notify(t, p.sent("after"))
		run(t, p.courier)
		p.settled(t, 2)
		if h, _ = p.Hook(t.Context(), p.owner, h.ID); len(r.posts) != 0 || h.Live() {
			t.Errorf("%d posts, %+v", len(r.posts), h)
		}
		_, _, err = p.Create(t.Context(), p.owner, notify.Actor{}, notify.NewHook{Target: r.URL, Event: notify.FaxSent})
		if !fault.HasCode(err, "account_unknown") {
			t.Errorf("a new hook: %v", err)
		}
	})
}

func TestADeletedHookHearsNothing(t *testing.T) {
	eachPostroom(t, func(t *testing.T, p *postroom) {
		r := newReceiver(t, nil)
		h, _ := p.hook(t, r.URL)
		p.notify(t, p.sent("f1"))
		now := p.clock.Now()
		d, _, err := p.db.ClaimHookDelivery(t.Context(), "node-1", nil, now, now.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Delete(t.Context(), p.owner, notify.Actor{}, h.ID); err != nil {
			t.Fatal(err)
		}
		err = p.db.SettleHookDelivery(t.Context(), "node-1", d, &notify.HookAttempt{Number: 1}, nil)
		if !errors.Is(err, fault.NotFound) {
			t.Errorf("SettleHookDelivery = %v", err)
		}
		if _, _, err := p.db.ClaimHookDelivery(t.Context(), "node-1", nil, now.Add(time.Hour), now.Add(2*time.Hour)); !errors.Is(err, fault.NotFound) {
			t.Errorf("ClaimHookDelivery = %v", err)
		}
		if _, err := p.Delete(t.Context(), p.owner, notify.Actor{}, h.ID); !fault.HasCode(err, "hook_unknown") {
			t.Errorf("deleted twice: %v", err)
		}
	})
}

func TestASecretUnderAnotherMasterKeyIsAFailure(t *testing.T) {
	p := onePostroom(t)
	r := newReceiver(t, nil)
	h, _ := p.hook(t, r.URL)
	p.courier.Key = newHookRules(t, nowhere{}).Key
	p.notify(t, p.sent("f1"))
	run(t, p.courier)
	if a := p.delivery(t, h, after(1)).Log[0]; a.Failure != notify.NoSecret || len(r.posts) != 0 {
		t.Errorf("%+v", a)
	}
}
