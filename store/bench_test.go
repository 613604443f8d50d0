package store_test

import (
	"database/sql"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// callers is how many write at the same time.
const callers = 16

// eachDatabase runs a benchmark on both.
func eachDatabase(b *testing.B, bench func(b *testing.B, h *house)) {
	b.Run("SQLite", func(b *testing.B) {
		bench(b, newHouse(b, storetest.Open(b, store.Config{DataDir: storetest.SQLite(b)})))
	})
	b.Run("PostgreSQL", func(b *testing.B) {
		bench(b, newHouse(b, storetest.Open(b, store.Config{URL: storetest.Postgres(b)})))
	})
}

// parallel runs f on 16 goroutines until the benchmark has had enough.
func parallel(b *testing.B, f func(i int) error) {
	b.Helper()
	b.ReportAllocs()
	b.SetParallelism((callers + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
	var next atomic.Int64
	b.ResetTimer()
	busy := processorTime()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := f(int(next.Add(1) - 1)); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(processorTime()-busy)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
}

// processorTime is what this process has used of the processors, the only figure
// that means something on a machine with other work.
func processorTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func BenchmarkPutAccessToken(b *testing.B) {
	eachDatabase(b, func(b *testing.B, h *house) {
		_, refresh := h.granted(h.owner, h.client)
		parallel(b, func(int) error { return h.db.PutAccessToken(b.Context(), h.access(refresh.Grant)) })
	})
}

func BenchmarkRedeemCode(b *testing.B) {
	eachDatabase(b, func(b *testing.B, h *house) {
		codes := make([]auth.Hash, b.N)
		var next atomic.Int64
		grants := make([]func() error, b.N)
		parallel(b, func(i int) error {
			code := h.code(h.owner, h.client)
			codes[i] = code.Hash
			grants[i] = func() error {
				return h.db.RedeemCode(b.Context(), code.Hash, now, h.access(code.Grant), h.refresh(code.Grant))
			}
			return nil
		})
		b.ResetTimer()
		parallel(b, func(int) error { return grants[next.Add(1)-1]() })
	})
}

func BenchmarkRotateRefreshToken(b *testing.B) {
	eachDatabase(b, func(b *testing.B, h *house) {
		_, refresh := h.granted(h.owner, h.client)
		sealed := make([]byte, 80)
		heads := make(chan auth.Hash, callers)
		for range callers {
			_, r := h.granted(h.owner, h.client)
			heads <- r.Hash
		}
		parallel(b, func(int) error {
			next := h.refresh(refresh.Grant)
			head := <-heads
			err := h.db.RotateRefreshToken(b.Context(), head, now, sealed, next, h.access(refresh.Grant))
			heads <- next.Hash
			return err
		})
	})
}

func BenchmarkPutSession(b *testing.B) {
	eachDatabase(b, func(b *testing.B, h *house) {
		parallel(b, func(int) error {
			s := auth.Session{
				ID: auth.NewID(), Hash: auth.HashOf(auth.NewSecret(auth.BrowserSession)), OrganizationID: h.org.ID,
				AccountID: h.owner.ID, CreatedAt: now, LastSeenAt: now, AuthenticatedAt: now,
			}
			return h.db.PutSession(b.Context(), s, auth.Hash{}, h.audit("sign_in"))
		})
	})
}

// million fills a database with a million access tokens of one grant, past the
// store: what is measured is how they are found.
func million(b *testing.B, h *house, dir string) []auth.Hash {
	const rows = 1_000_000
	b.Helper()
	_, refresh := h.granted(h.owner, h.client)
	raw, err := sql.Open("sqlite", filepath.Join(dir, "faxgate.db"))
	h.must(err)
	defer raw.Close()
	tx, err := raw.Begin()
	h.must(err)
	insert, err := tx.Prepare(`INSERT INTO access_tokens
		(hash, id, grant_id, scopes, created_at, expires_at, revoked_at, revoked_by, cnf, resource)
		VALUES ($1, $2, $3, 'all', $4, $4, 0, '', '', '')`)
	h.must(err)
	defer insert.Close()
	hashes := make([]auth.Hash, rows)
	for i := range hashes {
		id := auth.NewID()
		hashes[i] = auth.HashOf(id)
		_, err := insert.Exec(hashes[i][:], id, refresh.Grant.ID, now.UnixMilli()+int64(i))
		h.must(err)
	}
	h.must(tx.Commit())
	return hashes
}

func BenchmarkTokenByHashAmongAMillion(b *testing.B) {
	dir := storetest.SQLite(b)
	h := newHouse(b, storetest.Open(b, store.Config{DataDir: dir}))
	hashes := million(b, h, dir)
	find := func(i int) error {
		_, err := h.db.TokenByHash(b.Context(), auth.AccessToken, hashes[i*7919%len(hashes)])
		return err
	}
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		busy := processorTime()
		for i := 0; b.Loop(); i++ {
			if err := find(i); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(processorTime()-busy)/float64(b.N), "cpu-ns/op")
	})
	b.Run("16", func(b *testing.B) { parallel(b, find) })
	_, refresh := h.granted(h.owner, h.client)
	b.Run("PutAccessToken", func(b *testing.B) {
		parallel(b, func(int) error { return h.db.PutAccessToken(b.Context(), h.access(refresh.Grant)) })
	})
}

// BenchmarkOpen is the start on a database that is up to date.
func BenchmarkOpen(b *testing.B) {
	dir := storetest.SQLite(b)
	for b.Loop() {
		db, err := store.Open(b.Context(), store.Config{DataDir: dir})
		if err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
