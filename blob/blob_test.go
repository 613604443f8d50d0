package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/seal"
)

const (
	id    = "00000000000000000000000000000a0b"
	other = "00000000000000000000000000000c0b"
	chunk = 64 << 10
)

func mustFolder(t *testing.T) (*blob.Folder, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "blobs")
	return openFolder(t, dir, seal.KeyFrom("a text with enough chance in it", "test")), dir
}

func openFolder(t *testing.T, dir string, key *seal.Key) *blob.Folder {
	t.Helper()
	f, err := blob.OpenFolder(dir, key)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func put(t *testing.T, f *blob.Folder, id string, content []byte) {
	t.Helper()
	size, err := f.Put(t.Context(), id, bytes.NewReader(content))
	if err != nil || size != int64(len(content)) {
		t.Fatalf("Put = %d, %v, want %d", size, err, len(content))
	}
}

func read(t *testing.T, f *blob.Folder) ([]byte, error) {
	t.Helper()
	b, err := f.Open(t.Context(), id)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return io.ReadAll(b)
}

func random(n int) []byte {
	b := make([]byte, n)
	chance := rand.NewChaCha8([32]byte{1})
	_, _ = chance.Read(b)
	return b
}

func TestWhatWentInComesOut(t *testing.T) {
	t.Parallel()
	f, dir := mustFolder(t)
	for _, size := range []int{0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 3*chunk + 17} {
		want := random(size)
		put(t, f, id, want)
		got, err := read(t, f)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d came out, %v", size, len(got), err)
		}
		b, err := f.Open(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if b.Size() != int64(size) {
			t.Errorf("Size = %d, want %d", b.Size(), size)
		}
		if err := iotest.TestReader(io.NewSectionReader(b, 0, b.Size()), want); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
		b.Close()
		if stored := stored(t, dir, id); size > 100 && bytes.Contains(stored, want[:100]) {
			t.Errorf("%d bytes stand there in the clear", size)
		}
		if err := f.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
}

func pathOf(dir, id string) string { return filepath.Join(dir, id[30:], id) }

func stored(t *testing.T, dir, id string) []byte {
	t.Helper()
	b, err := os.ReadFile(pathOf(dir, id))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDamageIsNoticed(t *testing.T) {
	t.Parallel()
	f, dir := mustFolder(t)
	const sealed = chunk + seal.Overhead
	put(t, f, id, random(3*chunk))
	put(t, f, other, random(3*chunk))
	whole := stored(t, dir, id)
	another := stored(t, dir, other)
	flipped := bytes.Clone(whole)
	flipped[sealed+100] ^= 1
	for name, damaged := range map[string][]byte{
		"a bit":                       flipped,
		"no bytes":                    nil,
		"less than a chunk can have":  whole[:seal.Overhead-1],
		"the last chunk is missing":   whole[:2*sealed],
		"the end is missing":          whole[:len(whole)-1],
		"one byte of a fourth":        append(bytes.Clone(whole), 0),
		"chunks change places":        append(append(bytes.Clone(whole[sealed:2*sealed]), whole[:sealed]...), whole[2*sealed:]...),
		"another document's chunk":    append(bytes.Clone(another[:sealed]), whole[sealed:]...),
		"a whole document of another": another,
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(pathOf(dir, id), damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := read(t, f); !errors.Is(err, blob.ErrDamaged) {
				t.Errorf("read: %v, want ErrDamaged", err)
			}
		})
	}
	if err := os.WriteFile(pathOf(dir, id), whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, openFolder(t, dir, seal.KeyFrom("another text with chance", "test"))); !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("with another key: %v, want ErrDamaged", err)
	}
}

func TestAnEmptyDocumentIsItsOwn(t *testing.T) {
	t.Parallel()
	f, dir := mustFolder(t)
	put(t, f, id, nil)
	put(t, f, other, nil)
	if err := os.WriteFile(pathOf(dir, id), stored(t, dir, other), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := read(t, f); !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("read: %v, want ErrDamaged", err)
	}
}

func TestNothingIsLeftOfWhatBrokeOff(t *testing.T) {
	t.Parallel()
	f, dir := mustFolder(t)
	cut := errors.New("the client went away")
	_, err := f.Put(t.Context(), id, io.MultiReader(bytes.NewReader(random(2*chunk)), iotest.ErrReader(cut)))
	if !errors.Is(err, cut) {
		t.Errorf("Put = %v, want the reader's error", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Put(ended, id, bytes.NewReader(nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("Put = %v, want the context's error", err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, "incoming")); err != nil || len(left) != 0 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
	if _, err := read(t, f); !errors.Is(err, blob.ErrMissing) {
		t.Errorf("read: %v, want ErrMissing", err)
	}
}

func TestASourceThatWasCutShortIsNoDocument(t *testing.T) {
	t.Parallel()
	f, _ := mustFolder(t)
	cut := io.MultiReader(strings.NewReader("half of it"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := f.Put(t.Context(), id, cut); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Put: %v", err)
	}
	if _, err := f.Open(t.Context(), id); !errors.Is(err, blob.ErrMissing) {
		t.Errorf("Open: %v", err)
	}
}

func TestLeftoversOfKilledProcesses(t *testing.T) {
	t.Parallel()
	_, dir := mustFolder(t)
	old, young := filepath.Join(dir, "incoming", "old"), filepath.Join(dir, "incoming", "young")
	for _, path := range []string{old, young} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	yesterday := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(old, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	openFolder(t, dir, seal.KeyFrom("a text with enough chance in it", "test"))
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Error("the old one is still there")
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("the young one: %v", err)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	f, _ := mustFolder(t)
	put(t, f, id, []byte("x"))
	for range 2 {
		if err := f.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if _, err := read(t, f); !errors.Is(err, blob.ErrMissing) {
			t.Errorf("read: %v, want ErrMissing", err)
		}
	}
}

func TestIDsLeadNowhereElse(t *testing.T) {
	t.Parallel()
	f, _ := mustFolder(t)
	for _, bad := range []string{"", "..", strings.Repeat("a", 31), strings.Repeat("A", 32), "../../../../../../../etc/passwd00", strings.Repeat("a", 30) + "/."} {
		if _, err := f.Open(t.Context(), bad); err == nil || errors.Is(err, blob.ErrMissing) {
			t.Errorf("Open(%q) = %v", bad, err)
		}
		if _, err := f.Put(t.Context(), bad, strings.NewReader("")); err == nil {
			t.Errorf("Put(%q) works", bad)
		}
		if err := f.Delete(t.Context(), bad); err == nil {
			t.Errorf("Delete(%q) works", bad)
		}
	}
}

// Not in parallel: it looks at the memory of the whole process.
func TestALargeDocumentIsNotHeldInMemory(t *testing.T) {
	f, _ := mustFolder(t)
	const size = 64 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := f.Put(t.Context(), id, io.LimitReader(zeros{}, size))
	if err != nil || n != size {
		t.Fatalf("Put = %d, %v", n, err)
	}
	b, err := f.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if n, err := io.Copy(io.Discard, b); err != nil || n != size {
		t.Fatalf("%d bytes came out, %v", n, err)
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > size/2 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
