//go:build unix

package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"syscall"
)

// fileLock lets one process at a time bring an SQLite database up to date. It ends
// with the process.
type fileLock struct {
	path string
	file *os.File
}

// Lock waits for the lock.
func (l *fileLock) Lock(context.Context, *sql.DB) error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return errors.Join(err, f.Close())
	}
	l.file = f
	return nil
}

// Unlock gives the lock back.
func (l *fileLock) Unlock(context.Context, *sql.DB) error { return l.file.Close() }
