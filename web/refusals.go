package web

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// maxRefusers bounds how many addresses are told apart within one second.
const maxRefusers = 1000

// Refusals sums refused tokens up per second and address: a flood of them must not
// become a flood of log lines.
type Refusals struct {
	Log *slog.Logger

	mu     sync.Mutex
	counts map[refusal]int
}

type refusal struct{ address, reason string }

// Add counts one refusal.
func (x *Refusals) Add(address, reason string) {
	key := refusal{address, reason}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.counts == nil {
		x.counts = make(map[refusal]int)
	}
	if _, known := x.counts[key]; !known && len(x.counts) >= maxRefusers {
		key.address = "others"
	}
	x.counts[key]++
}

// Run writes the sums each second until the context ends, and then once more.
func (x *Refusals) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			x.flush()
			return nil
		case <-tick.C:
			x.flush()
		}
	}
}

func (x *Refusals) flush() {
	x.mu.Lock()
	counts := x.counts
	x.counts = nil
	x.mu.Unlock()
	for key, n := range counts {
		x.Log.Warn("refused", "address", key.address, "reason", key.reason, "count", n)
	}
}
