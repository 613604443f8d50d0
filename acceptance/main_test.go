package acceptance_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/faxgate/faxgate/store/storetest"
)

// suite is what all tests of one run share.
var suite struct {
	binary    string   // the program under test
	secrets   *secrets // every secret that any test met
	browser   sharedBrowser
	addresses sync.Map // given to a server or a client
}

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "acceptance:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "faxgate-acceptance-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if suite.binary, err = build(dir); err != nil {
		return 1, err
	}
	suite.secrets = newSecrets()
	defer suite.browser.close()
	return storetest.Run(m), nil
}

// build makes the program as it is released, without cgo, and beside it faxmodem, if these
// tests were built with the T.30 engine. ACCEPTANCE_BINARY names one that exists already,
// such as the one out of a package.
func build(dir string) (string, error) {
	if path := os.Getenv("ACCEPTANCE_BINARY"); path != "" {
		return path, buildEngine(filepath.Dir(path))
	}
	path := filepath.Join(dir, "faxgate")
	cmd := exec.Command("go", "build", "-o", path, "../cmd/faxgate")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ../cmd/faxgate: %w\n%s", err, out)
	}
	return path, buildEngine(dir)
}
