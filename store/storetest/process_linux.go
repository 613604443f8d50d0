package storetest

import "syscall"

// processAttributes are those of a process that runs as another user (nil: our own)
// and ends with the thread that started it.
func processAttributes(as *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGQUIT} // SIGQUIT: immediate shutdown
}
