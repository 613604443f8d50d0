package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	_ "modernc.org/sqlite" // the driver that goose speaks to
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// schema is a database whose tables may have to be brought up to date.
type schema struct {
	conn    querier
	dialect goose.Dialect
	lock    goose.ProviderOption // keeps two processes from doing it at once
	open    func() (*sql.DB, error)
}

func sqliteSchema(conn querier, path string) schema {
	return schema{
		conn, goose.DialectSQLite3, goose.WithLocker(&fileLock{path: path + ".lock"}),
		func() (*sql.DB, error) { return sql.Open("sqlite", sqliteDSN(path, "rw", writerPragmas)) },
	}
}

func postgresSchema(conn querier, pool *pgxpool.Pool) schema {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 120))
	if err != nil {
		panic(err) // the options are constants
	}
	return schema{
		conn, goose.DialectPostgres, goose.WithSessionLocker(locker),
		func() (*sql.DB, error) { return stdlib.OpenDBFromPool(pool), nil },
	}
}

// migrate brings the schema up to date. A database that is so already costs one
// query.
func migrate(ctx context.Context, s schema) error {
	newest, err := newestVersion()
	if err != nil {
		return err
	}
	switch version := s.version(ctx); {
	case version == newest:
		return nil
	case version > newest:
		return fmt.Errorf("the database has schema %d, of a newer faxgate; this one knows %d", version, newest)
	}
	return s.up(ctx)
}

func (s schema) up(ctx context.Context) error {
	files, err := fs.Sub(schemaFiles, "schema")
	if err != nil {
		return err
	}
	db, err := s.open()
	if err != nil {
		return err
	}
	defer db.Close()
	provider, err := goose.NewProvider(s.dialect, db, files, s.lock, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

// version is the schema's, or 0 where there is none. What keeps the query from
// answering keeps the migration from running too, and that one says what it is.
func (s schema) version(ctx context.Context) int64 {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var version int64
	if err := one(ctx, s.conn, "SELECT MAX(version_id) FROM goose_db_version", nil, []any{&version}); err != nil {
		return 0
	}
	return version
}

// newestVersion is the highest number among the files.
func newestVersion() (newest int64, err error) {
	names, err := fs.Glob(schemaFiles, "schema/*.sql")
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("schema file %s: %w", name, err)
		}
		newest = max(newest, n)
	}
	return newest, nil
}
