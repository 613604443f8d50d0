package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
)

// sqliteFile is the database's name in the data directory.
const sqliteFile = "faxgate.db"

// The pragmas. A caller waits 5 s for another process to finish its write.
// synchronous=FULL makes each commit wait for the disk. A log of 16 MB lets pages
// that change often be written back seldom.
var (
	sqlitePragmas = []string{"busy_timeout(5000)", "foreign_keys(1)"}
	writerPragmas = []string{
		"journal_mode(WAL)", "synchronous(FULL)", "cache_size(-4000)",
		"wal_autocheckpoint(4000)", "journal_size_limit(33554432)",
	}
	readerPragmas = []string{"query_only(1)", "cache_size(-4000)"}
)

func (db *DB) openSQLite(ctx context.Context, c Config) error {
	if c.URL != "" {
		return fmt.Errorf("database URL: %q is not postgres://…", schemeOf(c.URL))
	}
	path, err := sqlitePath(c.DataDir)
	if err != nil {
		return err
	}
	conn, err := openSQLiteConn(path, false, writerPragmas, &db.statements)
	if err != nil {
		return err
	}
	if err := migrate(ctx, sqliteSchema(conn, path)); err != nil {
		return errors.Join(err, conn.close())
	}
	readers := newSQLiteReaders(path, max(2, runtime.GOMAXPROCS(0)), &db.statements)
	w := &sqliteWriter{db: db, conn: conn}
	w.group = newGroup(w.commit)
	db.writes, db.reads = w, readers
	db.close = func() error {
		w.group.close()
		return errors.Join(readers.close(), conn.close())
	}
	return nil
}

// schemeOf is the part of a URL that holds no password.
func schemeOf(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" {
		return "…"
	}
	return u.Scheme + "://…"
}

// sqlitePath makes the directory and the file, for the server's user alone.
func sqlitePath(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path, err := filepath.Abs(filepath.Join(dir, sqliteFile))
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	return path, f.Close()
}

func sqliteDSN(path, mode string, pragmas []string) string {
	q := url.Values{"mode": {mode}, "_txlock": {"immediate"}}
	q["_pragma"] = append(q["_pragma"], sqlitePragmas...)
	q["_pragma"] = append(q["_pragma"], pragmas...)
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}
