package storetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"github.com/faxgate/faxgate/store"
)

// sqliteTemplate is a database with its tables and nothing in them.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "faxgate-sqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	db, err := store.Open(context.Background(), store.Config{DataDir: dir})
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	file, err := os.ReadFile(filepath.Join(dir, "faxgate.db"))
	if err == nil && len(file) == 0 {
		err = errors.New("the database was closed without being written")
	}
	return file, err
})
