package render

import (
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// What a document may use. Memory is what is written to, not what is reserved: Go and
// WebAssembly reserve several gigabytes of addresses. A page takes 40 ms of processor
// time, so that the longest document that is accepted takes a fraction of the limit.
var limits = map[int]uint64{
	unix.RLIMIT_CORE:   0,
	unix.RLIMIT_AS:     16 << 30,
	unix.RLIMIT_DATA:   1 << 30,
	unix.RLIMIT_CPU:    600,
	unix.RLIMIT_FSIZE:  512 << 20,
	unix.RLIMIT_NOFILE: 256, // LibreOffice opens some dozens
}

// confine gives up what a document does not need, before the first byte of it is read.
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
	signal.Ignore(syscall.SIGXFSZ) // a file too large is an error to be told, not a signal
	// A core file that goes to a program (core_pattern "|…") knows no limit of size.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}
