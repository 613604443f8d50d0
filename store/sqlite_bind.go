package store

import (
	"database/sql/driver"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteStatic says that a text or a blob stays where it is until the statement is
// done (SQLITE_STATIC).
const sqliteStatic = 0

// bind sets the arguments of a statement. Their texts and blobs stand one after the
// other in the connection's buffer.
func (c *sqliteConn) bind(s sqliteStatement, args []any) error {
	size, err := settle(args)
	if err != nil {
		return err
	}
	room := c.bound.bytes(c.tls, size)
	at := c.bound.address
	for i, number := range s.parameters {
		if number >= len(args) {
			return fmt.Errorf("no argument $%d", number+1)
		}
		n, code := c.bindOne(s.stmt, int32(i+1), args[number], room, at)
		if err := c.failure(code); err != nil {
			return err
		}
		room, at = room[n:], at+uintptr(n)
	}
	return nil
}

// settle brings the arguments into the types that SQLite knows, and gives the room
// that their texts and blobs take.
func settle(args []any) (size int, err error) {
	for i, arg := range args {
		if v, ok := arg.(driver.Valuer); ok {
			if arg, err = v.Value(); err != nil {
				return 0, err
			}
			args[i] = arg
		}
		switch arg := arg.(type) {
		case string:
			size += len(arg)
		case []byte:
			size += len(arg)
		case nil, int64, int, bool:
		default:
			return 0, fmt.Errorf("argument $%d of type %T", i+1, arg)
		}
	}
	return size, nil
}

// bindOne sets one parameter, and gives how much of the room it took.
func (c *sqliteConn) bindOne(stmt uintptr, parameter int32, arg any, room []byte, at uintptr) (n int, code int32) {
	switch arg := arg.(type) {
	case string:
		n = copy(room, arg)
		return n, sqlite3.Xsqlite3_bind_text(c.tls, stmt, parameter, at, int32(n), sqliteStatic)
	case []byte:
		if arg != nil {
			n = copy(room, arg)
			return n, sqlite3.Xsqlite3_bind_blob(c.tls, stmt, parameter, at, int32(n), sqliteStatic)
		}
	case int64:
		return 0, sqlite3.Xsqlite3_bind_int64(c.tls, stmt, parameter, arg)
	case int:
		return 0, sqlite3.Xsqlite3_bind_int64(c.tls, stmt, parameter, int64(arg))
	case bool: // SQLite has no boolean of its own
		return 0, sqlite3.Xsqlite3_bind_int64(c.tls, stmt, parameter, truth(arg))
	}
	return 0, sqlite3.Xsqlite3_bind_null(c.tls, stmt, parameter)
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
