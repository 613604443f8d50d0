//go:build unix && !linux

package storetest

import "syscall"

// processAttributes are those of a process that runs as another user (nil: our
// own). It ends with the tests only if they end in order.
func processAttributes(as *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: as}
}
