//go:build spandsp && cgo

package main

import (
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// What a call may use. It needs 10 MB of memory, though Go and the C library reserve
// far more address space, the more so on many cores; a leg of two hours takes one or
// two minutes of processor time; a page has at most some megabytes.
var limits = map[int]uint64{
	unix.RLIMIT_CORE:   0,
	unix.RLIMIT_AS:     4 << 30,
	unix.RLIMIT_DATA:   1 << 30,
	unix.RLIMIT_CPU:    900,
	unix.RLIMIT_FSIZE:  256 << 20,
	unix.RLIMIT_NOFILE: 32,
}

// confine gives up what a call does not need, before the first octet of it is read.
func confine() error {
	for resource, most := range limits {
		var now unix.Rlimit
		if err := unix.Getrlimit(resource, &now); err != nil {
			return err
		}
		most = min(most, now.Max)
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: most, Max: most}); err != nil {
			return err
		}
	}
	signal.Ignore(syscall.SIGXFSZ) // a file too large is an error to be read back, not a signal
	// A core file that goes to a program (core_pattern "|…") knows no limit of size.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}
