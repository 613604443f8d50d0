//go:build !(spandsp && cgo)

package acceptance_test

import (
	"os"
	"testing"
)

// withEngine says whether the program under test has a T.30 engine.
const withEngine = false

func buildEngine(string) error { return nil }

func TestEngineIsThere(t *testing.T) {
	t.Parallel()
	if os.Getenv("FAXGATE_TEST_ENGINE") == "required" {
		t.Error("these tests were built without the T.30 engine (build tag spandsp, with cgo)")
	}
}
