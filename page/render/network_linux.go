package render

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// withoutNetwork has a program run where there is no network: in a network namespace of
// its own and, since that is how anybody may make one, in a user namespace.
func withoutNetwork(cmd *exec.Cmd) {
	// Otherwise this process may not say who the new one is: /proc would not be its own.
	// Where it fails the start does, too.
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0)
	same := func(id int) []syscall.SysProcIDMap {
		return []syscall.SysProcIDMap{{ContainerID: id, HostID: id, Size: 1}}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
		UidMappings: same(os.Getuid()), GidMappings: same(os.Getgid()),
	}
}
