//go:build !unix

package convert

import "os/exec"

// inGroup and endGroup do nothing where there are no groups of processes.
func inGroup(*exec.Cmd)  {}
func endGroup(*exec.Cmd) {}
