package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// maxPrepared bounds the statements that a connection keeps. Texts that are made at
// run time (an insert of many rows) must not fill the memory.
const maxPrepared = 200

// sqliteConn is one connection with its prepared statements. It speaks SQLite's own
// interface (sqlite.org/c3ref) as modernc.org/sqlite/lib has it in Go: database/sql
// and its driver, with their locks, copies and conversions, cost more than finding a
// row. One goroutine uses it at a time, for one query at a time. The context of a
// call is not handed down: to watch it costs more than most queries take.
type sqliteConn struct {
	tls        *libc.TLS
	db         uintptr // sqlite3 *
	count      *atomic.Int64
	statements map[string]sqliteStatement
	bound      cBuffer // holds the texts and blobs of the statement that runs
	release    func()  // hears of the end of a query; nil: nobody
}

// sqliteStatement is a prepared statement.
type sqliteStatement struct {
	stmt       uintptr // sqlite3_stmt *
	parameters []int   // which argument each parameter takes
	columns    int
}

// openSQLiteConn opens an existing database file. The connection needs no mutex of
// SQLite's: nobody shares it.
func openSQLiteConn(path string, readOnly bool, pragmas []string, count *atomic.Int64) (*sqliteConn, error) {
	flags := int32(sqlite3.SQLITE_OPEN_NOMUTEX | sqlite3.SQLITE_OPEN_READWRITE)
	if readOnly {
		flags = sqlite3.SQLITE_OPEN_NOMUTEX | sqlite3.SQLITE_OPEN_READONLY
	}
	c := &sqliteConn{tls: libc.NewTLS(), count: new(atomic.Int64), statements: make(map[string]sqliteStatement)}
	name := newCBuffer(c.tls, path+"\x00")
	defer name.free(c.tls)
	handle := newCBuffer(c.tls, "12345678") // room for a pointer
	defer handle.free(c.tls)
	code := sqlite3.Xsqlite3_open_v2(c.tls, name.address, handle.address, flags, 0)
	if c.db = handle.pointer(); c.db == 0 {
		c.tls.Close()
		return nil, &sqliteFailure{code, "out of memory"}
	}
	if err := c.failure(code); err != nil {
		_ = c.close() // the first error says more
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	sqlite3.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	for _, p := range append(slices.Clone(sqlitePragmas), pragmas...) {
		if _, err := c.exec(context.Background(), "PRAGMA "+p); err != nil {
			_ = c.close() // as above
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
	}
	c.count = count // from now on
	return c, nil
}

func (c *sqliteConn) close() error {
	for _, s := range c.statements {
		sqlite3.Xsqlite3_finalize(c.tls, s.stmt) // its code is that of its last run
	}
	err := c.failure(sqlite3.Xsqlite3_close_v2(c.tls, c.db))
	c.bound.free(c.tls)
	c.tls.Close()
	return err
}

// exec runs a statement to its end and gives the number of rows that it affected.
func (c *sqliteConn) exec(_ context.Context, text string, args ...any) (int64, error) {
	s, kept, err := c.prepare(text, args)
	if err != nil {
		return 0, err
	}
	code := int32(sqlite3.SQLITE_ROW)
	for code == sqlite3.SQLITE_ROW {
		code = sqlite3.Xsqlite3_step(c.tls, s.stmt)
	}
	err = c.failure(code)
	affected := sqlite3.Xsqlite3_changes(c.tls, c.db)
	c.done(s, kept)
	return int64(affected), err
}

// query runs a query. The connection belongs to the rows until they are closed.
func (c *sqliteConn) query(_ context.Context, text string, args ...any) (rows, error) {
	s, kept, err := c.prepare(text, args)
	if err != nil {
		return nil, err
	}
	return &sqliteRows{conn: c, statement: s, kept: kept}, nil
}

// done makes a statement ready for its next run, or ends one that is not kept. Both
// calls repeat the code of the run, which is known.
func (c *sqliteConn) done(s sqliteStatement, kept bool) {
	if kept {
		sqlite3.Xsqlite3_reset(c.tls, s.stmt)
	} else {
		sqlite3.Xsqlite3_finalize(c.tls, s.stmt)
	}
}

// prepare finds or makes the statement, and sets its arguments. kept says whether the
// connection has kept it.
func (c *sqliteConn) prepare(text string, args []any) (s sqliteStatement, kept bool, err error) {
	c.count.Add(1)
	s, kept = c.statements[text]
	if !kept {
		if s, err = c.compile(text); err != nil {
			return s, false, err
		}
		if kept = len(c.statements) < maxPrepared; kept {
			c.statements[strings.Clone(text)] = s
		}
	}
	if err = c.bind(s, args); err != nil {
		c.done(s, kept)
	}
	return s, kept, err
}

func (c *sqliteConn) compile(text string) (s sqliteStatement, err error) {
	source := newCBuffer(c.tls, text)
	defer source.free(c.tls)
	handle := newCBuffer(c.tls, "12345678")
	defer handle.free(c.tls)
	code := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, source.address, int32(len(text)), sqlite3.SQLITE_PREPARE_PERSISTENT, handle.address, 0)
	if err := c.failure(code); err != nil {
		return s, err
	}
	if s.stmt = handle.pointer(); s.stmt == 0 {
		return s, fmt.Errorf("no statement in %q", text)
	}
	s.columns = int(sqlite3.Xsqlite3_column_count(c.tls, s.stmt))
	s.parameters = make([]int, sqlite3.Xsqlite3_bind_parameter_count(c.tls, s.stmt))
	for i := range s.parameters {
		// To SQLite $1 is a name like any other: it counts parameters as they appear.
		name := libc.GoString(sqlite3.Xsqlite3_bind_parameter_name(c.tls, s.stmt, int32(i+1)))
		number, err := strconv.Atoi(strings.TrimPrefix(name, "$"))
		if err != nil || number < 1 {
			sqlite3.Xsqlite3_finalize(c.tls, s.stmt)
			return s, fmt.Errorf("parameter %q in %q: want $1, $2, …", name, text)
		}
		s.parameters[i] = number - 1
	}
	return s, nil
}

// failure is the error of a result code, or nil.
func (c *sqliteConn) failure(code int32) error {
	switch code {
	case sqlite3.SQLITE_OK, sqlite3.SQLITE_ROW, sqlite3.SQLITE_DONE:
		return nil
	}
	return &sqliteFailure{code, libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))}
}

// sqliteFailure is an error of SQLite.
type sqliteFailure struct {
	code int32 // extended (sqlite.org/rescode.html)
	text string
}

// Error names the code too, because texts differ from release to release.
func (e *sqliteFailure) Error() string { return fmt.Sprintf("sqlite: %s (%d)", e.text, e.code) }

// kind is the primary code.
func (e *sqliteFailure) kind() int32 { return e.code & 0xff }
