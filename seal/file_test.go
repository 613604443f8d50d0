package seal_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/faxgate/faxgate/seal"
)

// keyFile writes a key file of its own, since Create writes none that is wrong.
func keyFile(t *testing.T, text string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // the umask took some
		t.Fatal(err)
	}
	return path
}

const someKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

func TestLoadReadsWhatCreateWrote(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	created, err := seal.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	text, err := os.ReadFile(path)
	if err != nil || len(text) != 45 || text[44] != '\n' {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	loaded, err := seal.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := loaded.Open(purpose, created.Seal(purpose, []byte("x"))); err != nil || string(got) != "x" {
		t.Errorf("Open = %q, %v", got, err)
	}
}

func TestCreateReplacesNothingAndLeavesNothing(t *testing.T) {
	t.Parallel()
	path := keyFile(t, someKey, 0o600)
	if _, err := seal.Create(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Create = %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != someKey {
		t.Errorf("the file is now %q", text)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// A server and an admin command that start at once on an empty directory must end
// with the same key.
func TestOneOfManyCreates(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	var created atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			switch _, err := seal.Create(path); {
			case err == nil:
				created.Add(1)
			case !errors.Is(err, fs.ErrExist):
				t.Error(err)
			}
			if _, err := seal.Load(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if created.Load() != 1 {
		t.Errorf("%d created it", created.Load())
	}
}

func TestCreateWithoutAFolder(t *testing.T) {
	t.Parallel()
	if _, err := seal.Create(filepath.Join(t.TempDir(), "none", "master.key")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		mode       fs.FileMode
		want       string // in the error; empty: it loads
	}{
		{"as written", someKey + "\n", 0o600, ""},
		{"without a newline, read-only", someKey, 0o400, ""},
		{"from another system", someKey + "\r\n", 0o600, ""},
		{"readable by the group", someKey, 0o640, "chmod 600"},
		{"readable by all", someKey, 0o604, "chmod 600"},
		{"writable by all", someKey, 0o602, "chmod 600"},
		{"empty", "", 0o600, "32 bytes in base64"},
		{"31 bytes", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", 0o600, "32 bytes in base64"},
		{"33 bytes", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g", 0o600, "32 bytes in base64"},
		{"hexadecimal", strings.Repeat("0123456789abcdef", 4), 0o600, "32 bytes in base64"},
		{"another character", "!" + someKey[1:], 0o600, "32 bytes in base64"},
		{"two keys", someKey + "\n" + someKey + "\n", 0o600, "32 bytes in base64"},
		{"a large file", strings.Repeat(someKey, 1<<16), 0o600, "32 bytes in base64"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := keyFile(t, tt.text, tt.mode)
			_, err := seal.Load(path)
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path)):
				t.Errorf("Load = %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), someKey[4:12]) {
				t.Errorf("the key is in the error: %v", err)
			}
		})
	}
}

func TestLoadWithoutAFile(t *testing.T) {
	t.Parallel()
	if _, err := seal.Load(filepath.Join(t.TempDir(), "master.key")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := seal.Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Error(err)
	}
}
