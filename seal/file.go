package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// fileSize is more than a key file has: base64 of 32 bytes, and white space.
const fileSize = 256

// Create makes a key of 32 random bytes and writes it to a new file that its owner
// alone may read (0600). A file that exists is never replaced, since all that was
// sealed would be lost with it: the error is then fs.ErrExist. The key is on the
// disk when Create returns, and no reader ever sees half of it.
func Create(path string) (*Key, error) {
	k := new(Key)
	rand.Read(k.secret[:]) // never fails (crypto/rand since Go 1.24)
	if err := k.write(path); err != nil {
		return nil, fmt.Errorf("create the master key: %w", err)
	}
	return k, nil
}

// write fills a file under another name, and then links it to its own: unlike a
// rename, that fails when the name is taken.
func (k *Key) write(path string) error {
	folder := filepath.Dir(path)
	f, err := os.CreateTemp(folder, filepath.Base(path)+".new-*") // O_EXCL, 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(k.secret[:]) + "\n")
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(folder)
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Load reads the key from a file that Create made, or that holds 32 bytes in
// base64 from elsewhere. A file that others than its owner may read or write is
// refused. Where there is no file, the error is fs.ErrNotExist.
func Load(path string) (*Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	defer f.Close()
	if err := private(f); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(f, fileSize))
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	secret, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(secret) != keySize {
		// The decoder's own error would show a byte of the key.
		return nil, fmt.Errorf("master key: %s does not hold 32 bytes in base64 (make one with: openssl rand -base64 32)", path)
	}
	return &Key{[keySize]byte(secret)}, nil
}

// private looks at the open file rather than at the path, which could be replaced
// in between.
func private(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("master key: %s is not a regular file", f.Name())
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		return fmt.Errorf("master key: %s has mode %#o, so that others than its owner can reach it (chmod 600 %[1]s): %[3]w",
			f.Name(), info.Mode().Perm(), fs.ErrPermission)
	}
	return nil
}
