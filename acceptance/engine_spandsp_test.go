//go:build spandsp && cgo

package acceptance_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// withEngine says whether the program under test has a T.30 engine.
const withEngine = true

// buildEngine makes faxmodem in the folder of the program, unless it is there.
func buildEngine(dir string) error {
	path := filepath.Join(dir, "faxmodem")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	out, err := exec.Command("go", "build", "-tags", "spandsp", "-o", path, "../cmd/faxmodem").CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build ../cmd/faxmodem: %w\n%s", err, out)
	}
	return nil
}
