package notify_test

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/auth/authtest"
	"github.com/faxgate/faxgate/notify"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// nowhere takes hooks and forgets them.
type nowhere struct{ notify.HookStore }

func (nowhere) PutHook(context.Context, notify.Hook, int, notify.Audit) error { return nil }

func newHookRules(t *testing.T, s notify.HookStore) *notify.Hooks {
	t.Helper()
	key, err := seal.Create(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	return &notify.Hooks{Store: s, Key: key, Now: time.Now, NewID: auth.NewID}
}

// postroom is an account with hooks in a real database, and a courier with a clock
// that the test moves.
type postroom struct {
	*notify.Hooks
	courier *notify.Courier
	db      *store.DB
	clock   *authtest.Clock
	owner   notify.Owner
	acc     auth.Account
	log     *safeBuffer
}

func newPostroom(t *testing.T, db *store.DB) *postroom {
	t.Helper()
	p := &postroom{db: db, clock: authtest.NewClock(), log: &safeBuffer{}, Hooks: newHookRules(t, db)}
	p.clock.Advance(time.Now().Truncate(time.Second).Sub(p.clock.Now())) // receivers compare with their own
	p.Now, p.AllowPrivate = p.clock.Now, true
	org := auth.Organization{
		ID: auth.NewID(), Name: "Sakura Clinic", Plan: auth.Enterprise, TimeZone: "Asia/Tokyo", Country: "JP", Language: "ja",
		CreatedAt: p.clock.Now(),
	}
	p.acc = auth.Account{
		ID: auth.NewID(), OrganizationID: org.ID, Email: "owner@example.com", Role: auth.Owner, Status: auth.Active,
		Preferences: auth.DefaultPreferences(), CreatedAt: p.clock.Now(),
	}
	p.owner = notify.Owner{OrganizationID: org.ID, AccountID: p.acc.ID}
	if err := db.CreateOrganization(t.Context(), org, p.acc, false, auth.Audit{}); err != nil {
		t.Fatal(err)
	}
	p.courier = p.newCourier("node-1")
	return p
}

func (p *postroom) newCourier(node string) *notify.Courier {
	log := slog.New(slog.NewTextHandler(p.log, nil))
	return &notify.Courier{
		Store: p.db, Key: p.Key, Node: node, Now: p.clock.Now, Log: log, AllowPrivate: true,
		Mail:   &notify.Mailer{Store: p.db, Key: p.Key, Node: node, Now: p.clock.Now, NewID: auth.NewID, Log: log},
		Chance: func() float64 { return 0.5 }, Poll: 5 * time.Millisecond, Timeout: 5 * time.Second,
	}
}

// eachPostroom runs a test on both databases.
func eachPostroom(t *testing.T, test func(t *testing.T, p *postroom)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(t, newPostroom(t, db)) })
}

// onePostroom runs a test on SQLite, where the database is not what is tested.
func onePostroom(t *testing.T) *postroom {
	t.Helper()
	t.Parallel()
	return newPostroom(t, storetest.Open(t, store.Config{DataDir: storetest.SQLite(t)}))
}

// run starts a courier and stops it with the test.
func run(t *testing.T, c *notify.Courier) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { c.Run(ctx); close(done) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return stop
}

func (p *postroom) hook(t *testing.T, target string, numbers ...string) (notify.Hook, string) {
	t.Helper()
	h, secret, err := p.Create(t.Context(), p.owner, notify.Actor{}, notify.NewHook{Target: target, Event: notify.FaxSent, Numbers: numbers})
	if err != nil {
		t.Fatal(err)
	}
	return h, secret
}

// sent is a fax of the account that has been sent.
func (p *postroom) sent(id string) notify.Event {
	return notify.Event{
		Kind: notify.FaxSent, At: p.clock.Now(), OrganizationID: p.owner.OrganizationID,
		Fax: notify.EventFax{
			ID: id, AccountID: p.acc.ID, Pages: 3, From: "+81312345678", To: "+15005550001", StartTime: p.clock.Now().Add(-time.Minute),
			File: id + ".tiff", FileName: "fax-to-15005550001", Status: "success", Cost: 3,
		},
	}
}

func (p *postroom) notify(t *testing.T, e notify.Event) {
	t.Helper()
	if err := p.courier.Notify(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

// delivery waits until the only delivery of a hook is as it is wanted.
func (p *postroom) delivery(t *testing.T, h notify.Hook, want func(notify.HookDelivery) bool) notify.HookDelivery {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		all, err := p.Deliveries(t.Context(), p.owner, h.ID, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 1 && want(all[0]) {
			return all[0]
		}
		if time.Now().After(deadline) {
			t.Fatalf("the deliveries are %+v\n%s", all, p.log)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func after(attempts int) func(notify.HookDelivery) bool {
	return func(d notify.HookDelivery) bool { return d.Attempts == attempts && len(d.Log) == attempts }
}

// posted is one request that a receiver got.
type posted struct {
	header http.Header
	body   string
}

// receiver is somebody else's server.
type receiver struct {
	*httptest.Server
	posts chan posted
}

// newReceiver starts a server which answers by answer; nil: 204.
func newReceiver(t *testing.T, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{posts: make(chan posted, 100)}
	r.Server = httptest.NewServer(r.handler(answer))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) handler(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.posts <- posted{q.Header, string(body)}
		if answer == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		answer(w, q)
	}
}

func TestStandardWebhooksVerifiesWhatIsPosted(t *testing.T) {
	p := onePostroom(t)
	r := newReceiver(t, nil)
	h, secret := p.hook(t, r.URL+"/in?key=<a&b>")
	stop := run(t, p.courier)
	e := p.sent("f1")
	e.AttemptID = "a2"
	p.notify(t, e)
	got := wait(t, r.posts)
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify([]byte(got.body), got.header); err != nil {
		t.Errorf("%v in %v", err, got.header)
	}
	if err := verifier.Verify([]byte(got.body+" "), got.header); err == nil {
		t.Error("another body has the same signature")
	}
	for _, name := range []string{"id", "timestamp", "signature"} {
		if a, b := got.header.Get("webhook-"+name), got.header.Get("svix-"+name); a == "" || a != b {
			t.Errorf("webhook-%s %q, svix-%s %q", name, a, name, b)
		}
	}
	if got.header.Get("Content-Type") != "application/json" {
		t.Errorf("header %v", got.header)
	}
	at := e.At.UTC().Format("2006-01-02 15:04:05")
	want := fmt.Sprintf(`{"hook":{"id":"a2","event":"fax_sent","event_time":%q,"target":%q},`+
		`"data":{"id":"f1","uid":%q,"pages":3,"from":"+81312345678","to":"+15005550001","from_number":"+81312345678",`+
		`"to_number":"+15005550001","start_time":%q,"file":"f1.tiff","file_name":"fax-to-15005550001","status":"success","cost":3}}`,
		at, r.URL+"/in?key=<a&b>", p.acc.ID, e.At.Add(-time.Minute).UTC().Format("2006-01-02 15:04:05"))
	if got.body != want {
		t.Errorf("body %s\nwant %s", got.body, want)
	}
	d := p.delivery(t, h, after(1))
	if d.State != notify.Delivered || d.ID != got.header.Get("webhook-id") || d.Log[0].Status != 204 || d.Log[0].Number != 1 {
		t.Errorf("%+v", d)
	}
	stop() // the log has all then
	if log := p.log.String(); strings.Contains(log, "key=") || strings.Contains(log, "whsec_") || !strings.Contains(log, "state=delivered") {
		t.Error(log)
	}
}

func TestTheDatabaseHoldsNoWebhookSecret(t *testing.T) {
	p := onePostroom(t)
	made, secret := p.hook(t, "https://app.example.com/")
	stored, err := p.Hook(t.Context(), p.owner, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	key, found := strings.CutPrefix(secret, "whsec_")
	random, err := base64.StdEncoding.DecodeString(key)
	if !found || err != nil || len(random) != 32 {
		t.Fatalf("%d bytes, %v", len(random), err)
	}
	if row := string(stored.Secret); row == "" || strings.Contains(row, key) || strings.Contains(row, string(random)) {
		t.Error("the secret is in the clear")
	}
	if _, other := p.hook(t, "https://app.example.com/"); other == secret {
		t.Error("two hooks have one secret")
	}
}

func TestTheFirstAttemptsIDIsTheFaxs(t *testing.T) {
	t.Parallel()
	var got struct{ Hook, Data struct{ ID string } }
	e := notify.Event{Kind: notify.FaxReceived, Fax: notify.EventFax{ID: "f1"}}
	if err := json.Unmarshal([]byte(notify.Payload(notify.Hook{}, e)), &got); err != nil || got.Hook.ID != "f1" || got.Data.ID != "f1" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAHookHearsOfWhatItAskedFor(t *testing.T) {
	eachPostroom(t, func(t *testing.T, p *postroom) {
		r := newReceiver(t, nil)
		p.hook(t, r.URL+"/all")
		p.hook(t, r.URL+"/one", "+81312345678")
		p.hook(t, r.URL+"/other", "+81399999999")
		received := p.sent("other kind")
		received.Kind = notify.FaxReceived
		stranger := p.sent("other account")
		stranger.Fax.AccountID = auth.NewID()
		for _, e := range []notify.Event{received, stranger, p.sent("f1"), p.sent("f1")} {
			p.notify(t, e)
		}
		run(t, p.courier)
		targets := make(map[string]int)
		for range 2 {
			var body struct{ Hook struct{ Target string } }
			if err := json.Unmarshal([]byte(wait(t, r.posts).body), &body); err != nil {
				t.Fatal(err)
			}
			targets[strings.TrimPrefix(body.Hook.Target, r.URL)]++
		}
		p.settled(t, 2)
		if want := map[string]int{"/all": 1, "/one": 1}; !reflect.DeepEqual(targets, want) || len(r.posts) > 0 {
			t.Errorf("posted to %v, want %v, and %d more", targets, want, len(r.posts))
		}
	})
}

// settled waits until all hooks of the account have so many deliveries, none pending.
func (p *postroom) settled(t *testing.T, want int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		hooks, err := p.List(t.Context(), p.owner, "")
		if err != nil {
			t.Fatal(err)
		}
		n, pending := 0, 0
		for _, h := range hooks {
			all, err := p.Deliveries(t.Context(), p.owner, h.ID, 100)
			if err != nil {
				t.Fatal(err)
			}
			n += len(all)
			for _, d := range all {
				if d.State == notify.Pending {
					pending++
				}
			}
		}
		if n == want && pending == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d deliveries, %d pending, want %d settled", n, pending, want)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func TestAFailureIsTriedAgainAndEveryAttemptKept(t *testing.T) {
	p := onePostroom(t)
	var calls atomic.Int64
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		if n := calls.Add(1); n <= 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintf(w, "down %d \x00\xff%s", n, strings.Repeat("x", 5000))
		}
	})
	h, secret := p.hook(t, r.URL)
	run(t, p.courier)
	p.notify(t, p.sent("f1"))
	ids := make(map[string]bool)
	for n, pause := range []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute} {
		post := wait(t, r.posts)
		verifier, _ := standardwebhooks.NewWebhook(secret)
		if err := verifier.VerifyIgnoringTimestamp([]byte(post.body), post.header); err != nil {
			t.Error(err)
		}
		ids[post.header.Get("webhook-id")] = true
		d := p.delivery(t, h, after(n+1))
		a := d.Log[n]
		if d.State != notify.Pending || a.Status != 503 || !strings.HasPrefix(a.Body, fmt.Sprintf("down %d \uFFFD\uFFFDx", n+1)) || len(a.Body) > 2100 {
			t.Fatalf("%+v", d)
		}
		if early := d.NextAt.Sub(p.clock.Now()) - pause; early < 0 || early > 5*time.Second {
			t.Errorf("attempt %d: the next one is in %s", n+1, d.NextAt.Sub(p.clock.Now()))
		}
		p.clock.Advance(d.NextAt.Sub(p.clock.Now()))
	}
	d := p.delivery(t, h, after(4))
	if d.State != notify.Delivered || d.Log[3].Status != 200 || len(ids) != 1 {
		t.Errorf("%+v, ids %v", d, ids)
	}
	if h, err := p.Hook(t.Context(), p.owner, h.ID); err != nil || !h.FailingSince.IsZero() {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestADeadTargetIsTriedForADay(t *testing.T) {
	p := onePostroom(t)
	r := newReceiver(t, nil)
	r.Close()
	h, _ := p.hook(t, r.URL)
	run(t, p.courier)
	began := p.clock.Now()
	p.notify(t, p.sent("f1"))
	for n := 1; ; n++ {
		d := p.delivery(t, h, after(n))
		if d.Log[n-1].Failure != notify.NoConnection || d.Log[n-1].Status != 0 || d.Log[n-1].Error == "" {
			t.Fatalf("%+v", d.Log[n-1])
		}
		if d.State == notify.Failed {
			if age := p.clock.Now().Sub(began); age < 24*time.Hour || age > 24*time.Hour+time.Minute || n < 8 || n > 12 {
				t.Errorf("given up after %s, %d attempts", age, n)
			}
			return
		}
		p.clock.Advance(d.NextAt.Sub(p.clock.Now()))
	}
}

func TestWhatFailsSaysWhy(t *testing.T) {
	p := onePostroom(t)
	elsewhere := newReceiver(t, nil)
	moved := newReceiver(t, func(w http.ResponseWriter, q *http.Request) {
		http.Redirect(w, q, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	release := make(chan struct{})
	slow := newReceiver(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	secured := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secured.Close)
	secured.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.courier.Timeout = 2 * time.Second
	hooks := make(map[string]notify.Hook)
	wants := map[string]string{ // by target
		moved.URL:                "HTTP 307",
		slow.URL:                 "timeout",
		secured.URL:              "tls",
		"http://nobody.invalid/": "name",
		strings.Replace(elsewhere.URL, "http", "https", 1): "tls", // speaks no TLS
	}
	for target := range wants {
		hooks[target], _ = p.hook(t, target+"?key=secret")
	}
	p.notify(t, p.sent("f1"))
	run(t, p.courier)
	for target, want := range wants {
		a := p.delivery(t, hooks[target], after(1)).Log[0]
		if a.String() != want || (a.Failure == "") != (a.Error == "") || strings.Contains(a.Error, "secret") {
			t.Errorf("%s: %s %q, want %s", target, a, a.Error, want)
		}
	}
	if len(elsewhere.posts) != 0 {
		t.Error("the redirect was followed")
	}
}

func TestACertificateIsJudgedByTheRoots(t *testing.T) {
	p := onePostroom(t)
	r := &receiver{posts: make(chan posted, 1)}
	secured := httptest.NewTLSServer(r.handler(nil))
	t.Cleanup(secured.Close)
	p.courier.RootCAs = x509.NewCertPool()
	p.courier.RootCAs.AddCert(secured.Certificate())
	h, _ := p.hook(t, secured.URL)
	p.notify(t, p.sent("f1"))
	run(t, p.courier)
	if d := p.delivery(t, h, after(1)); d.State != notify.Delivered {
		t.Errorf("%+v", d)
	}
}

// What passed the rules when the hook was made is judged again when it is dialled.
func TestPrivateAddressesAreNotDialled(t *testing.T) {
	p := onePostroom(t)
	r := newReceiver(t, nil)
	_, port, _ := net.SplitHostPort(r.Listener.Addr().String())
	p.courier.AllowPrivate = false
	hooks := make(map[string]notify.Hook)
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"} {
		hooks[host], _ = p.hook(t, "http://"+host+":"+port+"/")
	}
	p.notify(t, p.sent("f1"))
	run(t, p.courier)
	for host, h := range hooks {
		a := p.delivery(t, h, after(1)).Log[0]
		if a.Failure != notify.PrivateAddress || strings.Contains(a.Error, "127.0.0.1") {
			t.Errorf("%s: %s %q", host, a, a.Error)
		}
	}
	// Other ways to write 127.0.0.1 are names, or what the system's resolver takes them for.
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1"} {
		h, _ := p.hook(t, "http://"+host+":"+port+"/")
		e := p.sent("for " + host)
		p.notify(t, e)
		if a := p.delivery(t, h, after(1)).Log[0]; a.Failure != notify.PrivateAddress && a.Failure != notify.NoName {
			t.Errorf("%s: %s %q", host, a, a.Error)
		}
		if _, err := p.Delete(t.Context(), p.owner, notify.Actor{}, h.ID); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.posts) != 0 {
		t.Error("something was posted")
	}
}
