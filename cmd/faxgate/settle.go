package main

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"
)

// settledAfter is when the start is over: the listener answers long before.
const settledAfter = time.Second

// settle gives back, once, what only the start needed: garbage of the heap, and pages of
// the program itself.
func settle(ctx context.Context, log *slog.Logger) {
	select {
	case <-time.After(settledAfter):
	case <-ctx.Done():
		return
	}
	debug.FreeOSMemory()
	if err := releaseProgram(); err != nil {
		log.Debug("the program's pages stay", "cause", err)
	}
}
