//go:build !unix

package store

import (
	"context"
	"database/sql"
)

// fileLock does nothing here: after an update, start one process before the others.
type fileLock struct{ path string }

// Lock does nothing.
func (*fileLock) Lock(context.Context, *sql.DB) error { return nil }

// Unlock does nothing.
func (*fileLock) Unlock(context.Context, *sql.DB) error { return nil }
