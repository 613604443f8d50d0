package store

import (
	"database/sql"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/faxgate/faxgate/auth"
)

// sqliteRows are the rows of a query.
type sqliteRows struct {
	conn      *sqliteConn // nil: closed
	statement sqliteStatement
	kept      bool
	err       error
}

// Next goes to the next row.
func (r *sqliteRows) Next() bool {
	if r.conn == nil || r.err != nil {
		return false
	}
	code := sqlite3.Xsqlite3_step(r.conn.tls, r.statement.stmt)
	r.err = r.conn.failure(code)
	return code == sqlite3.SQLITE_ROW
}

// Err is what ended the rows early.
func (r *sqliteRows) Err() error { return r.err }

// Close gives the connection back. After it the rows touch nothing of it.
func (r *sqliteRows) Close() {
	if r.conn == nil {
		return
	}
	conn := r.conn
	r.conn = nil
	conn.done(r.statement, r.kept)
	if conn.release != nil {
		conn.release()
	}
}

// Scan copies the row's columns.
func (r *sqliteRows) Scan(fields ...any) error {
	if len(fields) != r.statement.columns {
		return fmt.Errorf("%d columns for %d fields", r.statement.columns, len(fields))
	}
	for i, field := range fields {
		if err := r.assign(int32(i), field); err != nil {
			return fmt.Errorf("column %d: %w", i+1, err)
		}
	}
	return nil
}

// assign stores a column in one of the types of field that this package uses. Those
// that are read most do without their Scan, which would take their value in a box.
func (r *sqliteRows) assign(column int32, field any) error {
	kind := sqlite3.Xsqlite3_column_type(r.conn.tls, r.statement.stmt, column)
	isInteger, isText, isBlob := kind == sqlite3.SQLITE_INTEGER, kind == sqlite3.SQLITE_TEXT, kind == sqlite3.SQLITE_BLOB
	isNull := kind == sqlite3.SQLITE_NULL
	switch field := field.(type) {
	case *string:
		if isText {
			*field = string(r.bytes(column))
			return nil
		}
	case *optional:
		if isText || isNull {
			*field = optional(r.bytes(column))
			return nil
		}
	case *int64:
		if isInteger {
			*field = r.integer(column)
			return nil
		}
	case *int:
		if isInteger {
			*field = int(r.integer(column))
			return nil
		}
	case *millis:
		if isInteger {
			*field = millisOf(r.integer(column))
			return nil
		}
	case *bool: // SQLite has no boolean of its own
		if isInteger {
			*field = r.integer(column) != 0
			return nil
		}
	case *auth.Hash:
		if b := r.bytes(column); isBlob && len(b) == len(field) {
			copy(field[:], b)
			return nil
		}
	case *[]byte:
		if isBlob || isNull {
			*field = append([]byte(nil), r.bytes(column)...)
			return nil
		}
	case sql.Scanner:
		return field.Scan(r.value(column, kind))
	}
	return fmt.Errorf("a value of SQLite's type %d for a field of type %T", kind, field)
}

func (r *sqliteRows) integer(column int32) int64 {
	return sqlite3.Xsqlite3_column_int64(r.conn.tls, r.statement.stmt, column)
}

// bytes are those of a text or a blob, until the next row.
func (r *sqliteRows) bytes(column int32) []byte {
	address := sqlite3.Xsqlite3_column_blob(r.conn.tls, r.statement.stmt, column)
	return cBytes(address, int(sqlite3.Xsqlite3_column_bytes(r.conn.tls, r.statement.stmt, column)))
}

// value is a column for a Scan method.
func (r *sqliteRows) value(column, kind int32) any {
	switch kind {
	case sqlite3.SQLITE_INTEGER:
		return r.integer(column)
	case sqlite3.SQLITE_TEXT:
		return string(r.bytes(column))
	case sqlite3.SQLITE_BLOB:
		return append([]byte{}, r.bytes(column)...)
	}
	return nil
}
