package main

import (
	"io"
	"os"
	"syscall"
)

// standardPipe is the standard input and output, as descriptors that Go waits for in its
// poller: while it waits there, its scheduler is at rest. A call wakes this process many
// times a second for some microseconds; around a system call that blocks, the scheduler's
// monitor thread would look at it every 20 µs for a millisecond, which costs several times
// what the modem does.
func standardPipe() (in io.Reader, out io.Writer) {
	if syscall.SetNonblock(0, true) != nil {
		return os.Stdin, os.Stdout
	}
	return os.NewFile(0, "standard input"), os.Stdout
}
