//go:build !linux

package render

import "context"

// withReservedMemory leaves the memory to the runtime, as no other system is served.
func withReservedMemory(ctx context.Context) context.Context { return ctx }
