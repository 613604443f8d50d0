package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

func TestTheFilesAreTheServersAlone(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "data")
	h := newHouse(t, storetest.Open(t, store.Config{DataDir: dir}))
	if _, err := h.db.OrganizationByID(t.Context(), h.org.ID); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, %v", info.Mode(), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
}

// Many processes may start at once on a database that is not there yet.
func TestManyOpenANewDatabaseAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			db, err := store.Open(t.Context(), store.Config{DataDir: dir})
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := db.HasOwner(t.Context()); err != nil {
				t.Error(err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestADatabaseOfANewerProgramIsLeftAlone(t *testing.T) {
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		if _, err := raw(t, c).Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)"); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "newer faxgate") {
			t.Errorf("Open = %v", err)
		}
	})
}

func TestOpenSaysWhatIsWrongWithoutThePassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"mysql://faxgate:hunter2@localhost/x",
		"postgres://faxgate:hunter2@localhost:port/x",
		"postgres://faxgate:hunter2@127.0.0.1:1/x",
		"faxgate:hunter2@localhost",
	} {
		_, err := store.Open(t.Context(), store.Config{URL: url})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestPingAndStatements(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		before := db.Statements()
		if err := db.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		if n := db.Statements() - before; n != 1 {
			t.Errorf("%d statements counted", n)
		}
	})
}

func TestACancelledReadEnds(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := db.TokenByHash(ctx, auth.PersonalAccessToken, auth.Hash{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// A start on a database that is up to date costs one query: the migrations and what
// they need stay away. BenchmarkOpen has the time.
func TestOpeningAgainAsksForTheVersionAlone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if n := db.Statements(); n != 1 {
			t.Errorf("%d statements", n)
		}
	})
}
