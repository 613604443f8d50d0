// Package storetest gives tests a real store: on SQLite, and on a PostgreSQL that
// it starts itself from the machine's packages. A package whose tests use it has
//
//	func TestMain(m *testing.M) { storetest.Main(m) }
package storetest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/faxgate/faxgate/store"
)

// Main runs a package's tests and afterwards stops what they started.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is Main for a package that has more to stop: it gives the exit code.
func Run(m *testing.M) (code int) {
	defer server.stop()
	return m.Run()
}

// Each runs a test on both databases, each new and empty, side by side.
func Each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachConfig(t, func(t *testing.T, c store.Config) { test(t, Open(t, c)) })
}

// EachConfig is Each for a test that opens its database itself, or opens it twice.
func EachConfig(t *testing.T, test func(t *testing.T, c store.Config)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, store.Config{DataDir: SQLite(t)})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, store.Config{URL: Postgres(t), MaxConns: 8})
	})
}

// Open opens a database until the end of the test.
func Open(t testing.TB, c store.Config) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// SQLite gives a data directory with a new database for one test.
func SQLite(t testing.TB) (dir string) {
	t.Helper()
	dir = t.TempDir()
	template, err := sqliteTemplate()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "faxgate.db"), template, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Postgres gives the URL of a new database for one test. It is made in the server
// that FAXGATE_TEST_POSTGRES_URL names, or else in one that is started for this
// process. Where there is none, the test fails.
func Postgres(t testing.TB) (url string) {
	t.Helper()
	url, drop, err := server.newDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Error(err)
		}
	})
	return url
}
