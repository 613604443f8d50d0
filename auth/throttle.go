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

// Over gives how long to wait until the count under key falls below the limit.
// Zero: it is below it now.
func (f *Failures) Over(key string, limit int) time.Duration {
	rate, left := f.rate(key)
	if rate < float64(limit) {
		return 0
	}
	return left
}

// Left is how many more the limit allows under key.
func (f *Failures) Left(key string, limit int) int {
	rate, _ := f.rate(key)
	return max(0, limit-int(rate))
}

// rate weighs the window that is running with the one before it, and tells how
// much of the running one is left.
func (f *Failures) rate(key string) (float64, time.Duration) {
	now := f.now().UTC()
	current := now.Truncate(f.window)
	n, before, err := f.counter.Get(key, current, current.Add(-f.window))
	if err != nil {
		return 0, f.window
	}
	left := f.window - now.Sub(current)
	return float64(n) + float64(before)*float64(left)/float64(f.window), left
}
