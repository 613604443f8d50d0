package auth

import (
	"sync"
	"time"

	"github.com/go-chi/httprate"
)

// Throttle counts in sliding windows what there may be only so much of: failed
// attempts, or the calls of a quota. With a shared counter the nodes count
// together.
type Throttle struct {
	counter httprate.LimitCounter
	window  time.Duration
	now     func() time.Time
	trying  sync.Mutex // between the look and the count of a Try
}

// Limit is the most that may be counted under a key within a window.
type Limit struct {
	Key  string
	Most int
}

// NewThrottle makes a throttle with windows of that length. With a nil counter it
// counts on this node only, in memory.
func NewThrottle(window time.Duration, now func() time.Time, shared httprate.LimitCounter) *Throttle {
	if shared == nil {
		shared = httprate.NewLocalLimitCounter(window)
	}
	shared.Config(0, window)
	return &Throttle{counter: shared, window: window, now: now}
}

// Try counts one ahead under each key, unless one of them has reached its limit:
// then nothing is counted and it gives how long to wait. Attempts that come
// together cannot all find a limit unreached.
func (t *Throttle) Try(limits ...Limit) (wait time.Duration) {
	t.trying.Lock()
	defer t.trying.Unlock()
	for _, l := range limits {
		wait = max(wait, t.Over(l.Key, l.Most))
	}
	if wait > 0 {
		return wait
	}
	for _, l := range limits {
		t.Add(l.Key)
	}
	return 0
}

// Add counts one under each key, whatever the limit.
func (t *Throttle) Add(keys ...string) { t.add(1, keys) }

// TakeBack undoes an Add or a Try: what was counted turned out not to be a failure.
func (t *Throttle) TakeBack(keys ...string) { t.add(-1, keys) }

func (t *Throttle) add(amount int, keys []string) {
	current := t.now().UTC().Truncate(t.window)
	for _, key := range keys {
		_ = t.counter.IncrementBy(key, current, amount) // a counter in memory does not fail
	}
}

// Over gives how long to wait until the count under key falls below the limit, if
// nothing is added meanwhile. Zero: it is below it now.
func (t *Throttle) Over(key string, limit int) time.Duration {
	c := t.count(key)
	if c.rate() < float64(limit) {
		return 0
	}
	return c.wait(limit)
}

// Left is how many more the limit allows under key.
func (t *Throttle) Left(key string, limit int) int {
	return max(0, limit-int(t.count(key).rate()))
}

// count is what the two latest windows hold under one key.
type count struct {
	running, before int
	left, window    time.Duration // of the running window
}

func (t *Throttle) count(key string) count {
	now := t.now().UTC()
	current := now.Truncate(t.window)
	c := count{left: t.window - now.Sub(current), window: t.window}
	c.running, c.before, _ = t.counter.Get(key, current, current.Add(-t.window)) // as in add
	c.running = max(0, c.running)                                                // taken back after the window's end
	return c
}

// rate weighs the window before by what of it a window that ends now would cover.
func (c count) rate() float64 {
	return float64(c.running) + float64(c.before)*float64(c.left)/float64(c.window)
}

// wait is the time until the rate falls below a limit that it has reached: the
// window before fades within what is left of the running one, and where that is
// not enough, the running one fades within the next.
func (c count) wait(limit int) time.Duration {
	const more = time.Millisecond // at the exact time the rate equals the limit
	if c.running < limit {
		return c.left - share(c.window, limit-c.running, c.before) + more
	}
	return c.left + share(c.window, c.running-limit, c.running) + more
}

func share(d time.Duration, n, of int) time.Duration {
	return time.Duration(float64(d) * float64(n) / float64(of))
}
