package notify

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/seal"
)

const (
	// mostPosts is how many posts of a node are on their way at a time, and
	// mostPerHost how many of those to one host: one that lets everybody wait does not
	// hold up the others.
	mostPosts   = 32
	mostPerHost = 4

	hookPoll  = time.Second
	hookLease = 30 * time.Second // longer than an attempt, with room to store its end
)

// CourierStore is what the delivery of webhooks needs of the database.
type CourierStore interface {
	// PutEvent stores a delivery for each hook that wants the event, due at now. A hook
	// that has heard of it already hears nothing; for one that is not live the
	// delivery has Failed from the beginning, so that it can be replayed.
	PutEvent(ctx context.Context, e Event, now time.Time) error
	// ClaimHookDelivery hands out the pending delivery that has been due longest at now
	// and that nobody holds, to node, until the lease ends, with its hook. Those to the
	// busy hosts are passed by. Nothing due: fault.NotFound.
	ClaimHookDelivery(ctx context.Context, node string, busy []string, now, leaseUntil time.Time) (HookDelivery, Hook, error)
	// SettleHookDelivery ends the node's claim and stores the delivery's State,
	// Attempts, Tries and NextAt, and the attempt. Nil: none was made. change
	// changes what is known of the hook's health in the same step, and may write a mail
	// with it; it may be called more than once. When the hook is disabled by it, the
	// hook's other deliveries that wait end as Failed. When the node's claim has run
	// out and another holds the delivery, or it is gone: fault.Conflict.
	SettleHookDelivery(ctx context.Context, node string, d HookDelivery, a *HookAttempt, change func(*Hook) (*Mail, error)) error
}

// Courier delivers webhooks. All fields are required but AllowPrivate and those from
// Chance on. It is safe for concurrent use.
type Courier struct {
	Store CourierStore
	Key   *seal.Key
	Mail  *Mailer // tells the owner of a disabled hook
	Node  string  // names this process among those on the same database
	Now   func() time.Time
	Log   *slog.Logger
	// AllowPrivate permits targets on private, loopback and link-local addresses.
	AllowPrivate bool

	Chance  func() float64 // from 0 to 1, spreads the attempts; nil: math/rand
	Poll    time.Duration  // how often Run looks for deliveries; zero: 1 s
	Timeout time.Duration  // of one attempt; zero: 10 s
	RootCAs *x509.CertPool // nil: the system's

	once   sync.Once
	client *http.Client
	wake   chan struct{}
}

// Notify stores what is to be delivered of an event. To notify twice of one event does
// nothing more.
func (c *Courier) Notify(ctx context.Context, e Event) error {
	if err := c.Store.PutEvent(ctx, e, c.Now()); err != nil {
		return fmt.Errorf("%s of fax %s: %w", e.Kind, e.Fax.ID, err)
	}
	c.prepare()
	select {
	case c.wake <- struct{}{}:
	default: // it rings already
	}
	return nil
}

// prepare makes what the zero value lacks.
func (c *Courier) prepare() {
	c.once.Do(func() {
		c.client = newPoster(c.AllowPrivate, c.RootCAs)
		c.wake = make(chan struct{}, 1)
	})
}

// flight is what one node has on its way.
type flight struct {
	total  int
	byHost map[string]int
	landed chan string // the host of a post that is over
}

// busy are the hosts that must not get one more.
func (f *flight) busy() (hosts []string) {
	for host, n := range f.byHost {
		if n >= mostPerHost {
			hosts = append(hosts, host)
		}
	}
	slices.Sort(hosts)
	return hosts
}

func (f *flight) start(host string) {
	f.total++
	f.byHost[host]++
}

func (f *flight) end(host string) {
	f.total--
	if f.byHost[host]--; f.byHost[host] == 0 {
		delete(f.byHost, host)
	}
}

// Run delivers what is due until ctx ends. Any number of nodes may run it on one
// database. A post that the end of ctx interrupts goes back and counts as no attempt.
func (c *Courier) Run(ctx context.Context) {
	c.prepare()
	var all sync.WaitGroup
	defer all.Wait()
	f := &flight{byHost: make(map[string]int), landed: make(chan string, mostPosts)}
	tick := time.NewTicker(cmp.Or(c.Poll, hookPoll))
	defer tick.Stop()
	for ctx.Err() == nil {
		for f.total < mostPosts && c.launch(ctx, f, &all) {
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-c.wake:
		case host := <-f.landed:
			f.end(host)
		}
	}
}

// launch starts the next delivery that is due, and reports whether there was one.
func (c *Courier) launch(ctx context.Context, f *flight, all *sync.WaitGroup) bool {
	now := c.Now()
	d, h, err := c.Store.ClaimHookDelivery(ctx, c.Node, f.busy(), now, now.Add(hookLease))
	switch {
	case errors.Is(err, fault.NotFound), err != nil && ctx.Err() != nil:
		return false
	case err != nil:
		c.Log.Error("webhook", "error", err)
		return false
	}
	host := h.Host()
	f.start(host)
	all.Go(func() {
		c.deliver(ctx, h, d)
		f.landed <- host
	})
	return true
}

// deliver makes one attempt and stores how it ended.
func (c *Courier) deliver(ctx context.Context, h Hook, d HookDelivery) {
	if !h.Live() { // since the event happened
		d.State = Failed
		c.settle(ctx, h, d, nil, nil)
		return
	}
	a := c.post(ctx, h, d)
	if ctx.Err() != nil && !a.Succeeded() {
		c.settle(ctx, h, d, nil, nil)
		return
	}
	d = SettleDelivery(d, a, c.chance())
	c.settle(ctx, h, d, &a, func(h *Hook) (*Mail, error) {
		before := *h
		*h = SettleHook(before, a)
		if h.DisabledAt.Equal(before.DisabledAt) {
			return nil, nil
		}
		return c.farewell(*h)
	})
}

func (c *Courier) settle(ctx context.Context, h Hook, d HookDelivery, a *HookAttempt, change func(*Hook) (*Mail, error)) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleAtTheEnd)
	defer cancel()
	if err := c.Store.SettleHookDelivery(ctx, c.Node, d, a, change); err != nil {
		// The lease runs out, and the event may arrive twice: better than never.
		c.Log.Error("webhook", "hook_id", h.ID, "delivery_id", d.ID, "error", err)
		return
	}
	if a != nil {
		c.logAttempt(h, d, *a)
	}
}

// farewell is the mail to the owner of a hook that was disabled. Nil: there is no way
// to send mail.
func (c *Courier) farewell(h Hook) (*Mail, error) {
	if !c.Mail.Configured() {
		return nil, nil
	}
	m, err := c.Mail.compose(Message{
		To: h.Email, Language: locale.Match(h.Language, ""), Kind: HookDisabled,
		Params: map[string]any{
			"event": string(h.Event), "host": h.Host(), "since": h.FailingSince.UTC(), "reason": h.DisabledReason,
		},
	})
	return &m, err
}

func (c *Courier) logAttempt(h Hook, d HookDelivery, a HookAttempt) {
	level := slog.LevelInfo
	switch d.State {
	case Pending:
		level = slog.LevelWarn
	case Failed:
		level = slog.LevelError
	}
	c.Log.Log(context.Background(), level, "webhook", "hook_id", h.ID, "delivery_id", d.ID, "fax_id", d.FaxID, "host", h.Host(),
		"state", d.State, "attempts", d.Attempts, "outcome", a.String(), "duration_ms", a.Duration.Milliseconds())
}

func (c *Courier) chance() float64 {
	if c.Chance == nil {
		return rand.Float64()
	}
	return c.Chance()
}
