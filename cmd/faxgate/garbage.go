package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Go collects garbage when there is as much of it as of what lives. Little lives
// here, so that it would do so dozens of times a second. The heap may grow to
// leastHeap first; beyond that size garbage has three quarters of what lives, a
// little less room than Go gives, so that memory stays small.
const (
	leastHeap      = 24 << 20 // bytes
	leastGarbage   = 75       // percent of what lives
	mostGarbage    = 800
	garbageStep    = 25 // a change stops the program for a moment: small ones are not made
	garbageTunedBy = time.Second
)

// tuneGarbage keeps the collector's percentage at what lives until the context ends.
// It does nothing where the environment decides (GOGC).
func tuneGarbage(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	tick := time.NewTicker(garbageTunedBy)
	defer tick.Stop()
	for percent := 0; ctx.Err() == nil; {
		metrics.Read(live)
		if wanted := garbagePercent(live[0].Value.Uint64()); wanted != percent {
			percent = wanted
			debug.SetGCPercent(percent)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// garbagePercent is how much garbage may stand beside so many bytes that live.
func garbagePercent(live uint64) int {
	if live == 0 {
		return mostGarbage
	}
	if live >= leastHeap {
		return leastGarbage
	}
	percent := int(100 * (leastHeap - live) / live)
	return max(leastGarbage, min(percent, mostGarbage)/garbageStep*garbageStep)
}
