package dashboard_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/notify"
)

const hooks = "/profile/integrations/webhooks"

// hookPages opens each page about webhooks, with a delivery that failed.
func (s *site) hookPages(t *testing.T, b *browser) (pages []*page) {
	t.Helper()
	pages = append(pages, b.get(t, hooks), b.post(t, hooks, url.Values{"target": {"x"}, "event": {"fax_sent"}}))
	pages = append(pages, b.post(t, hooks, url.Values{"target": {"https://app.example/fax"}, "event": {"fax_received"}}))
	path := attribute(b.get(t, hooks).all(".rows a")[0], "href")
	s.tell(t)
	return append(pages, b.get(t, hooks), b.get(t, path), b.get(t, path+"/delete"))
}

// tell puts an event of the owner's.
func (s *site) tell(t *testing.T) {
	t.Helper()
	err := s.Courier.Notify(t.Context(), notify.Event{
		Kind: notify.FaxReceived, At: s.clock.Now(), OrganizationID: s.org.ID,
		Fax: notify.EventFax{ID: auth.NewID(), AccountID: s.owner.ID, Pages: 1, From: answers, To: "+15005551000", StartTime: s.clock.Now(), Status: "success"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// courier lets the courier work until done says so.
func (s *site) courier(t *testing.T, done func() bool) {
	t.Helper()
	s.Courier.Poll = time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { s.Courier.Run(ctx) })
	defer all.Wait()
	defer stop()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing was delivered")
		}
	}
}

func TestAWebhookIsAddedAndItsSecretShownOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	b.get(t, hooks).want(t, http.StatusOK).contains(t, "No webhooks yet")
	p := b.press(t, b.get(t, hooks), "Add webhook", url.Values{"target": {"https://127.0.0.1/fax"}}).want(t, http.StatusBadRequest)
	p.contains(t, "not an address on the public Internet")
	if !p.has("#target[aria-invalid=true][value='https://127.0.0.1/fax']") {
		t.Error("the target is not pointed out")
	}
	p = b.press(t, p, "Add webhook", url.Values{"target": {"https://app.example/fax"}}).want(t, http.StatusOK)
	if secret := p.text("#secret"); !strings.HasPrefix(secret, "whsec_") || p.has("form") || p.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("the secret %q is not shown, or not alone", secret)
	}
	list := b.get(t, hooks)
	list.contains(t, "https://app.example/fax", "Active", "A fax has come in")
	path := list.link("https://app.example/fax")
	if strings.Contains(list.body+b.get(t, path).body, "whsec_") {
		t.Error("the secret is shown again")
	}
	b.get(t, "/profile/integrations").contains(t, "One webhook.")
	other, _ := s.member(t, "other@clinic.example", auth.Admin)
	other.get(t, path).want(t, http.StatusNotFound)
	for _, action := range []string{"/enable", "/replay", "/delete"} {
		other.post(t, path+action, url.Values{"delivery": {"x"}}).want(t, http.StatusNotFound)
	}
	b.follow(t, b.press(t, b.get(t, path+"/delete"), "Delete this webhook", nil)).contains(t, "The webhook was deleted", "No webhooks yet")
	if got := s.actions(t); !strings.Contains(got, "hook.create") || !strings.Contains(got, "hook.delete") {
		t.Errorf("the records are %s", got)
	}
}

func TestDeliveriesAreShownAndReplayed(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	status := http.StatusTeapot
	var posts int
	var mu sync.Mutex
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		posts++
		w.WriteHeader(status)
		_, _ = w.Write([]byte("short and <stout>"))
	}))
	t.Cleanup(receiver.Close)
	s.Hooks.AllowPrivate, s.Courier.AllowPrivate = true, true
	b := s.signedIn(t)
	b.post(t, hooks, url.Values{"target": {receiver.URL}, "event": {"fax_received"}}).want(t, http.StatusOK)
	path := b.get(t, hooks).link(receiver.URL)
	s.tell(t)
	b.get(t, path).contains(t, "Waiting", "0 attempts", "fax_received")
	s.courier(t, func() bool { return strings.Contains(b.get(t, path).text("main"), "one attempt") })
	b.get(t, path).contains(t, "HTTP 418", "short and <stout>", "Next attempt", "Failing")
	mu.Lock()
	status = http.StatusNoContent
	mu.Unlock()
	s.clock.Advance(time.Hour)
	s.courier(t, func() bool { return b.get(t, path).button("Replay") })
	p := b.get(t, path)
	p.contains(t, "Delivered", "2 attempts", "HTTP 204", "Active")
	b.follow(t, b.press(t, p, "Replay", nil)).contains(t, "delivered once more")
	s.courier(t, func() bool { return strings.Contains(b.get(t, path).text("main"), "3 attempts") })
	if mu.Lock(); posts != 3 {
		t.Errorf("%d posts, want 3", posts)
	}
	mu.Unlock()
	b.post(t, path+"/replay", url.Values{"delivery": {"unknown"}}).want(t, http.StatusNotFound)
}

func TestWebhooksNeedThePlan(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b := s.signedIn(t)
	b.post(t, hooks, url.Values{"target": {"https://app.example/fax"}, "event": {"fax_sent"}}).want(t, http.StatusOK)
	s.plan(t, auth.Free)
	p := b.get(t, hooks).want(t, http.StatusOK)
	p.contains(t, "Paused")
	if p.button("Add webhook") {
		t.Error("one can be added without a plan for it")
	}
	b.post(t, hooks, url.Values{"target": {"https://app.example/fax"}, "event": {"fax_sent"}}).want(t, http.StatusForbidden)
}
