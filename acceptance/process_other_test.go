//go:build !linux

package acceptance_test

import "os/exec"

// dieWithUs does nothing where the system offers nothing.
func dieWithUs(*exec.Cmd) {}
