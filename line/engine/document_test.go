package engine_test

import (
	"io"
	"os"
	"runtime"
	"testing"

	"github.com/faxgate/faxgate/line/engine"
)

// newDocument is a document as lines make them.
func newDocument(t *testing.T) *os.File {
	t.Helper()
	dir := t.TempDir()
	f, err := engine.NewDocument(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Close()
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%d files are left, %v", len(left), err)
		}
	})
	return f
}

// On Linux a document needs no disk.
func TestDocumentIsInMemory(t *testing.T) {
	t.Parallel()
	f, err := engine.NewDocument("/nowhere")
	if runtime.GOOS != "linux" {
		if err == nil {
			t.Error("there is a document in no folder")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("%v, %v; want an empty file", info, err)
	}
	if _, err := f.WriteString("II*"); err != nil {
		t.Error(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Error(err)
	}
	if got, err := io.ReadAll(f); err != nil || string(got) != "II*" {
		t.Errorf("it has %q, %v", got, err)
	}
}

// What a process may write is also what it may put into memory.
func TestDocumentHasALimit(t *testing.T) {
	t.Parallel()
	s := start(t, &engine.Engine{Path: fake(t, "writes"), StepTimeout: soon}, receive, newDocument(t))
	s.Advance(160)
	if got, want := s.Result().Detail, "1048576 octets, <nil>"; got != want {
		t.Errorf("the process wrote %s, want %s", got, want)
	}
}
