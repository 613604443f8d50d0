package store

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// isDuplicate reports whether a row was refused because there is one like it.
func isDuplicate(err error) bool {
	var p *pgconn.PgError
	if errors.As(err, &p) {
		return p.Code == postgresDuplicate
	}
	var s *sqlite.Error
	return errors.As(err, &s) && (s.Code() == sqliteUniqueConstraint || s.Code() == sqlitePrimaryKey)
}
