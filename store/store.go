// Package store keeps everything in one database: SQLite in the data directory, or
// PostgreSQL and what speaks its language. Every line of SQL stands here, written
// once for both. A method is one atomic step of a rule; the interfaces that its
// readers declare (auth.TokenStore, oauth.AuthorizationStore, …) say what it means.
//
// No write returns before what it promises is on disk. On SQLite one goroutine
// commits for all (group.go); on PostgreSQL the busiest writes travel together and
// the others have a transaction each (postgres.go).
//
// What a write makes stale is numbered in the table changes. DB.Changed hears of
// the changes of this node before the write returns, and through Follow of those of
// other nodes and of commands on the same database.
package store

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/faxgate/faxgate/auth"
)

// Config says where the database is.
type Config struct {
	// URL is postgres://…; empty: SQLite, in DataDir.
	URL string
	// DataDir is the directory of the SQLite file. It is made if it is missing.
	DataDir string
	// MaxConns is the number of connections to PostgreSQL, idle ones included.
	// Zero: 20.
	MaxConns int
	// Log hears of trouble that no caller is told of. Nil: nobody.
	Log *slog.Logger
	// Now is the time by which rows of the database's own are kept and deleted: what
	// other nodes read, and what has had its time. The rules bring their own. Nil:
	// time.Now.
	Now func() time.Time
}

// DB is an open database. Its methods are safe for concurrent use; its fields are
// set before the first write.
type DB struct {
	// Changed hears of changes: of this node's own before the write returns, and of
	// all nodes' in their order (through Follow), so that it hears of its own twice.
	// Nil: nobody.
	Changed func([]auth.Change)
	// Gap hears that changes were missed, so that nothing remembered may be
	// trusted. Nil: nobody.
	Gap func()

	log        *slog.Logger
	reads      querier
	writes     writer
	lock       string // makes a SELECT lock its rows, where that is needed
	share      string // keeps the rows of a SELECT from being changed, where that is needed
	skipLocked string // makes a SELECT lock its rows, passing by what others have locked
	statements atomic.Int64
	follower   follower
	listener   *listener // nil: changes of other nodes are found by polling only
	counters   counters
	now        func() time.Time
	close      func() error
}

// writer runs writes to their end.
type writer interface {
	// transact runs decide in a transaction, more than once if it must.
	transact(ctx context.Context, decide func(*tx) error) error
	// batch runs statements in a transaction and gives the rows that each affected.
	// No statement needs the result of another one to be made, so that the
	// statements of many callers can travel together.
	batch(ctx context.Context, statements []statement) ([]int64, error)
}

// Open opens the database and brings its schema up to date.
func Open(ctx context.Context, c Config) (*DB, error) {
	db := &DB{log: c.Log, now: c.Now}
	db.follower.seen.Store(-1)
	if db.now == nil {
		db.now = time.Now
	}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	open := db.openSQLite
	if strings.HasPrefix(c.URL, "postgres://") || strings.HasPrefix(c.URL, "postgresql://") {
		open = db.openPostgres
	}
	if err := open(ctx, c); err != nil {
		return nil, err
	}
	db.close = sync.OnceValue(db.close)
	return db, nil
}

// Close waits for the writes that have begun and closes the database. To close it
// again does nothing.
func (db *DB) Close() error { return db.close() }

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	var answer int64
	return db.get(ctx, "SELECT 1", nil, &answer)
}

// Statements counts the SQL statements since Open.
func (db *DB) Statements() int64 { return db.statements.Load() }

// write runs decide in a transaction and tells Changed what it changed. decide may
// run more than once; nothing of an earlier run is left then. It speaks to the
// database only through its transaction: on SQLite all others wait for it.
func (db *DB) write(ctx context.Context, decide func(*tx) error) error {
	var changes []auth.Change
	err := db.writes.transact(ctx, func(t *tx) error {
		if err := decide(t); err != nil {
			return err
		}
		err := t.recordChanges(db.now())
		changes = t.changes
		return err
	})
	if err != nil {
		return err
	}
	db.tell(changes)
	return nil
}

func (db *DB) tell(changes []auth.Change) {
	if len(changes) == 0 {
		return
	}
	if db.Changed != nil {
		db.Changed(changes)
	}
	if db.listener != nil {
		db.listener.notify()
	}
}

// get reads one row, or sql.ErrNoRows.
func (db *DB) get(ctx context.Context, text string, args []any, fields ...any) error {
	return one(ctx, db.reads, text, args, fields)
}

// query reads all rows.
func query[T any](ctx context.Context, db *DB, fields func(*T) []any, text string, args ...any) ([]T, error) {
	return list(ctx, db.reads, fields, text, args...)
}
