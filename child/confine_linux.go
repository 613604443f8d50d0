package child

import (
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// Confine gives up what this process does not need, for itself and for those that it
// starts: it leaves no core file and can gain no privileges either. It comes before the
// first foreign byte is read.
func Confine(l Limits) error {
	for resource, most := range map[int]uint64{
		unix.RLIMIT_CORE:   0,
		unix.RLIMIT_AS:     l.Addresses,
		unix.RLIMIT_DATA:   l.Memory,
		unix.RLIMIT_CPU:    l.ProcessorTime,
		unix.RLIMIT_FSIZE:  l.FileSize,
		unix.RLIMIT_NOFILE: l.Files,
	} {
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
