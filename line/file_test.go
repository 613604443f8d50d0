package line_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/faxgate/faxgate/line"
)

func TestNewFileHasNoName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := line.NewFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%d files are there, %v", len(left), err)
	}
	if _, err := f.WriteString("a document"); err != nil {
		t.Error(err)
	}
	if _, err := line.NewFile(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("there is a file in no folder")
	}
}
