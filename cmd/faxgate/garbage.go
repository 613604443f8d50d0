package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Go collects garbage when there is as much of it as of what lives. Little lives
// here, so that it would do so dozens of times a second. leastHeap gives the garbage
// room up to a size at which the server is still small; beyond it, and with more
// alive, collecting is as frequent as it takes to stay within a half more than that.
const (
	leastHeap    = 28 << 20 // bytes
	heapOverhead = 6 << 20  // stacks and the collector's own
	heapEvery    = time.Second
)

// tuneGarbage keeps the collector's limit at what lives until the context ends. It
// does nothing where the environment decides (GOGC, GOMEMLIMIT).
func tuneGarbage(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(400)
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	tick := time.NewTicker(heapEvery)
	defer tick.Stop()
	for limit := int64(0); ctx.Err() == nil; {
		metrics.Read(live)
		if wanted := heapLimit(int64(live[0].Value.Uint64())); wanted != limit {
			limit = wanted
			debug.SetMemoryLimit(limit)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// heapLimit is the limit for so many bytes that live, in steps of 1 MiB.
func heapLimit(live int64) int64 {
	const step = 1 << 20
	return max(leastHeap, (live+live/2+heapOverhead)/step*step)
}
