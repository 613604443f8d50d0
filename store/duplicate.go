package store

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite/lib"
)

// isDuplicate reports whether a row was refused because there is one like it.
func isDuplicate(err error) bool {
	var p *pgconn.PgError
	if errors.As(err, &p) {
		return p.Code == postgresDuplicate
	}
	var s *sqliteFailure
	return errors.As(err, &s) && (s.code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || s.code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
