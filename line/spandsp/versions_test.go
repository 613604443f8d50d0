//go:build spandsp && cgo

package spandsp_test

import (
	"os/exec"
	"testing"
)

// The library that is installed decides what the binding is built against; that it also
// compiles against the other one is seen here.
func TestCompilesAgainstBothVersions(t *testing.T) {
	t.Parallel()
	for name, include := range map[string]string{"installed": ".", "3.x": "testdata/spandsp3"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := exec.Command("cc", "-fsyntax-only", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror",
				"-I", include, "engine.c", "guard.c", "alone.c").CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
