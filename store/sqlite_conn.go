package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"

	"modernc.org/sqlite"
)

// maxPrepared bounds the statements that a connection keeps. Texts that are made at
// run time (an insert of many rows) must not fill the memory.
const maxPrepared = 200

// sqliteConn is one connection with its prepared statements. It is spoken to
// without database/sql, whose locks and conversions cost as much as finding a row.
// One goroutine uses it at a time, for one query at a time. The context of a call is
// not handed down: to watch it costs more than most queries take.
type sqliteConn struct {
	conn       driver.Conn
	count      *atomic.Int64
	statements map[string]sqliteStatement
	args       []driver.NamedValue // of the statement that runs
	values     []driver.Value      // of the row that is read
	release    func()              // hears of the end of a query; nil: nobody
}

// sqliteStatement is a prepared statement in the three ways in which it is used.
type sqliteStatement struct {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

func openSQLiteConn(dsn string, count *atomic.Int64) (*sqliteConn, error) {
	conn, err := new(sqlite.Driver).Open(dsn)
	if err != nil {
		return nil, err
	}
	return &sqliteConn{conn: conn, count: count, statements: make(map[string]sqliteStatement)}, nil
}

func (c *sqliteConn) close() error {
	for _, s := range c.statements {
		_ = s.Close() // the connection goes too
	}
	return c.conn.Close()
}

// exec runs a statement and gives the number of rows that it affected.
func (c *sqliteConn) exec(_ context.Context, text string, args ...any) (int64, error) {
	s, kept, err := c.prepare(text, args)
	if err != nil {
		return 0, err
	}
	if !kept {
		defer s.Close()
	}
	result, err := s.ExecContext(context.Background(), c.args)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query runs a query. The connection belongs to the rows until they are closed.
func (c *sqliteConn) query(_ context.Context, text string, args ...any) (rows, error) {
	s, kept, err := c.prepare(text, args)
	if err != nil {
		return nil, err
	}
	found, err := s.QueryContext(context.Background(), c.args)
	if err != nil {
		if !kept {
			_ = s.Close() // the query's own error says more
		}
		return nil, err
	}
	columns := len(found.Columns())
	c.values = slices.Grow(c.values[:0], columns)[:columns]
	r := &sqliteRows{conn: c, rows: found, values: c.values}
	if !kept {
		r.once = s.Stmt
	}
	return r, nil
}

// prepare finds or makes the statement, and sets its arguments. One that is not
// kept is to be closed after its use.
func (c *sqliteConn) prepare(text string, args []any) (s sqliteStatement, kept bool, err error) {
	c.count.Add(1)
	c.args = c.args[:0]
	for i, arg := range args {
		v, err := sqliteValue(arg)
		if err != nil {
			return s, false, err
		}
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	if s, kept = c.statements[text]; kept {
		return s, true, nil
	}
	stmt, err := c.conn.Prepare(text)
	if err != nil {
		return s, false, err
	}
	s = sqliteStatement{stmt, stmt.(driver.StmtExecContext), stmt.(driver.StmtQueryContext)}
	if kept = len(c.statements) < maxPrepared; kept {
		c.statements[text] = s
	}
	return s, kept, nil
}

// sqliteValue is an argument as the driver takes it.
func sqliteValue(arg any) (driver.Value, error) {
	switch arg := arg.(type) {
	case nil, string, int64, bool, []byte:
		return arg, nil
	case int:
		return int64(arg), nil
	case driver.Valuer:
		return arg.Value()
	}
	return nil, fmt.Errorf("an argument of type %T", arg)
}

// sqliteRows are the rows of a query.
type sqliteRows struct {
	conn   *sqliteConn
	rows   driver.Rows
	values []driver.Value
	err    error
	once   driver.Stmt // to be closed with the rows; nil: it is kept
}

// Next goes to the next row.
func (r *sqliteRows) Next() bool {
	err := r.rows.Next(r.values)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return err == nil
}

// Err is what ended the rows early.
func (r *sqliteRows) Err() error { return r.err }

// Close gives the connection back. After it the rows touch nothing of it.
func (r *sqliteRows) Close() {
	if r.rows == nil {
		return
	}
	if err := r.rows.Close(); err != nil && r.err == nil {
		r.err = err
	}
	r.rows = nil
	if r.once != nil {
		_ = r.once.Close() // it ran
	}
	if r.conn.release != nil {
		r.conn.release()
	}
}

// Scan copies the row's columns.
func (r *sqliteRows) Scan(fields ...any) error {
	if len(fields) != len(r.values) {
		return fmt.Errorf("%d columns for %d fields", len(r.values), len(fields))
	}
	for i, field := range fields {
		if err := assign(field, r.values[i]); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

// assign stores a column's value in one of the types of field that this package
// uses.
func assign(field any, v driver.Value) error {
	ok := false
	switch field := field.(type) {
	case sql.Scanner:
		return field.Scan(v)
	case *string:
		*field, ok = v.(string)
	case *int64:
		*field, ok = v.(int64)
	case *int:
		var n int64
		n, ok = v.(int64)
		*field = int(n)
	case *bool: // SQLite has no boolean of its own
		var n int64
		n, ok = v.(int64)
		*field = n != 0
	case *[]byte:
		*field, ok = v.([]byte)
		ok = ok || v == nil
	}
	if !ok {
		return fmt.Errorf("a %T for a field of type %T", v, field)
	}
	return nil
}
