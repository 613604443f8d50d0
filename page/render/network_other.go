//go:build !linux

package render

import "os/exec"

// withoutNetwork does nothing where no namespaces are known.
func withoutNetwork(*exec.Cmd) {}
