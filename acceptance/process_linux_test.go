package acceptance_test

import (
	"os/exec"
	"syscall"
)

// dieWithUs has the program killed when the thread that starts it ends.
func dieWithUs(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
