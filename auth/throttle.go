package auth

import (
	"time"

	"github.com/go-chi/httprate"
)

// Failures counts failed attempts in sliding windows, in memory. Successful calls
// are not counted. With a shared counter the nodes count together.
type Failures struct {
	counter httprate.LimitCounter
	window  time.Duration
	now     func() time.Time
}

// NewFailures makes a counter. A nil shared counter counts on this node alone.
func NewFailures(window time.Duration, now func() time.Time, shared httprate.LimitCounter) *Failures {
	if shared == nil {
		shared = httprate.NewLocalLimitCounter(window)
	}
	shared.Config(0, window)
	return &Failures{counter: shared, window: window, now: now}
}

// Add counts one failure under each key.
func (f *Failures) Add(keys ...string) {
	current := f.now().UTC().Truncate(f.window)
	for _, key := range keys {
		_ = f.counter.IncrementBy(key, current, 1) // a counter in memory does not fail
	}
}

// Over gives how long to wait until the failures under key fall below the limit.
// Zero: they are below it now.
func (f *Failures) Over(key string, limit int) time.Duration {
	now := f.now().UTC()
	current := now.Truncate(f.window)
	n, before, err := f.counter.Get(key, current, current.Add(-f.window))
	if err != nil {
		return 0
	}
	elapsed := now.Sub(current)
	rate := float64(n) + float64(before)*float64(f.window-elapsed)/float64(f.window)
	if rate < float64(limit) {
		return 0
	}
	return f.window - elapsed
}
