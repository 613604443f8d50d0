//go:build !(spandsp && cgo)

package loop_test

import (
	"os"
	"testing"

	"github.com/faxgate/faxgate/line/engine"
)

// built says whether these tests have an engine.
const built = false

func faxmodem(*testing.T) *engine.Engine { return nil }

func TestEngineIsThere(t *testing.T) {
	t.Parallel()
	if os.Getenv("FAXGATE_TEST_ENGINE") == "required" {
		t.Error("these tests were built without the T.30 engine (build tag spandsp, with cgo)")
	}
}
