package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"modernc.org/sqlite"

	"github.com/faxgate/faxgate/fault"
)

// sqliteFile is the database's name in the data directory.
const sqliteFile = "faxgate.db"

// The codes of SQLite's errors that are told apart (sqlite.org/rescode.html).
const (
	sqliteBusy             = 5
	sqliteUniqueConstraint = 2067
	sqlitePrimaryKey       = 1555
)

// The pragmas. A caller waits 5 s for another process to finish its write.
// synchronous=FULL makes each commit wait for the disk. A log of 16 MB lets pages
// that change often be written back seldom.
var (
	sqlitePragmas = []string{"busy_timeout(5000)", "foreign_keys(1)"}
	writerPragmas = []string{
		"journal_mode(WAL)", "synchronous(FULL)", "cache_size(-4000)",
		"wal_autocheckpoint(4000)", "journal_size_limit(33554432)",
	}
	readerPragmas = []string{"query_only(1)", "cache_size(-2000)"}
)

func (db *DB) openSQLite(ctx context.Context, c Config) error {
	if c.URL != "" {
		return fmt.Errorf("database URL: %q is not postgres://…", schemeOf(c.URL))
	}
	path, err := sqlitePath(c.DataDir)
	if err != nil {
		return err
	}
	writerDB, err := sql.Open("sqlite", sqliteDSN(path, "rw", writerPragmas))
	if err != nil {
		return err
	}
	if err := migrate(ctx, sqliteSchema(writerDB, path)); err != nil {
		return errors.Join(err, writerDB.Close())
	}
	writerDB.SetMaxOpenConns(1)
	conn, err := writerDB.Conn(ctx)
	if err != nil {
		return errors.Join(err, writerDB.Close())
	}
	readerDB, err := openReaders(path)
	if err != nil {
		return errors.Join(err, conn.Close(), writerDB.Close())
	}
	w := &sqliteWriter{db: db, conn: &prepared{conn: conn, prepare: conn.PrepareContext}}
	w.group = newGroup(1, w.commit)
	readers := &prepared{conn: readerDB, prepare: readerDB.PrepareContext}
	db.writes, db.reads = w, readers
	db.ping = readerDB.PingContext
	db.close = func() error {
		w.group.close()
		return errors.Join(readers.close(), readerDB.Close(), w.conn.close(), conn.Close(), writerDB.Close())
	}
	return nil
}

func openReaders(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", sqliteDSN(path, "ro", readerPragmas))
	if err != nil {
		return nil, err
	}
	readers := max(4, runtime.GOMAXPROCS(0))
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	return db, nil
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

// sqliteWriter is the one connection that writes.
type sqliteWriter struct {
	db    *DB
	conn  *prepared
	group *group
}

func (w *sqliteWriter) transact(ctx context.Context, decide func(*tx) error) error {
	return w.group.do(&member{ctx: ctx, decide: decide})
}

func (w *sqliteWriter) batch(ctx context.Context, statements []statement) ([]int64, error) {
	m := &member{ctx: ctx, statements: statements}
	err := w.group.do(m)
	return m.rows, err
}

// errBroken is a transaction that SQLite rolled back by itself, with the good
// members in it.
var errBroken = errors.New("the transaction of the group was rolled back")

// commit runs each member under a savepoint and commits once. A member that fails
// is rolled back alone; where that cannot be done, each runs again by itself.
func (w *sqliteWriter) commit(members []*member) {
	err := w.together(members)
	if errors.Is(err, errBroken) && len(members) > 1 {
		for i := range members {
			w.commit(members[i : i+1])
		}
		return
	}
	if err == nil {
		return
	}
	for _, m := range members {
		if m.err == nil {
			m.err = err
		}
	}
}

func (w *sqliteWriter) together(members []*member) error {
	t := &tx{ctx: context.Background(), db: w.db, conn: w.conn}
	if err := t.run("BEGIN IMMEDIATE"); err != nil {
		return orBusy(err)
	}
	for _, m := range members {
		if err := w.run(t, m); err != nil {
			w.rollback(t)
			return err
		}
	}
	if err := t.run("COMMIT"); err != nil {
		w.rollback(t)
		return orBusy(err)
	}
	return nil
}

func (w *sqliteWriter) rollback(t *tx) {
	// After most errors SQLite has rolled back by itself, and says so here.
	if err := t.run("ROLLBACK"); err != nil {
		w.db.log.Debug("rollback", "err", err)
	}
}

// run runs one member. Its own failure stands in the member; an error says that
// the transaction is lost.
func (w *sqliteWriter) run(t *tx, m *member) error {
	m.err, m.rows, m.panicked = nil, nil, nil
	if len(m.statements) == 1 { // a single statement undoes itself
		m.err = m.runStatements(t)
		return nil
	}
	if err := t.run("SAVEPOINT member"); err != nil {
		return errors.Join(errBroken, err)
	}
	m.run(&tx{ctx: t.ctx, db: t.db, conn: t.conn})
	if m.err != nil || m.panicked != nil {
		if err := t.run("ROLLBACK TO member"); err != nil {
			return errors.Join(errBroken, m.err, err)
		}
	}
	if err := t.run("RELEASE member"); err != nil {
		return errors.Join(errBroken, m.err, err)
	}
	return nil
}

// run runs the member in a transaction. A panic is kept for the caller.
func (m *member) run(t *tx) {
	if m.decide == nil {
		m.err = m.runStatements(t)
		return
	}
	defer func() { m.panicked = recover() }()
	m.err = m.decide(t)
}

func (m *member) runStatements(t *tx) error {
	m.rows = make([]int64, len(m.statements))
	for i, s := range m.statements {
		n, err := t.exec(s.query, s.args...)
		if err != nil {
			return err
		}
		m.rows[i] = n
	}
	return nil
}

// orBusy says that another process holds the database.
func orBusy(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code()&0xff == sqliteBusy {
		return fault.New(fault.Unavailable, "busy").After(time.Second).Because(err)
	}
	return err
}

// maxPrepared bounds the statements that are kept. Texts that are made at run time
// (an insert of many rows) must not fill the memory.
const maxPrepared = 200

// prepared runs each statement prepared, on one connection or on a pool. A query's
// context is not handed down: to watch it costs more than most queries take.
type prepared struct {
	conn    executor
	prepare func(context.Context, string) (*sql.Stmt, error)

	mu         sync.RWMutex
	statements map[string]*sql.Stmt
}

// ExecContext runs a statement.
func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := p.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return p.conn.ExecContext(context.WithoutCancel(ctx), query, args...)
	}
	return s.ExecContext(context.WithoutCancel(ctx), args...)
}

// QueryContext runs a query.
func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return p.conn.QueryContext(context.WithoutCancel(ctx), query, args...)
	}
	return s.QueryContext(context.WithoutCancel(ctx), args...)
}

// statement finds the prepared statement, or nil when there are too many already.
func (p *prepared) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.mu.RLock()
	s, full := p.statements[query], len(p.statements) >= maxPrepared
	p.mu.RUnlock()
	if s != nil || full {
		return s, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.statements[query]; s != nil {
		return s, nil
	}
	s, err := p.prepare(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil, err
	}
	if p.statements == nil {
		p.statements = make(map[string]*sql.Stmt)
	}
	p.statements[query] = s
	return s, nil
}

func (p *prepared) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	for _, s := range p.statements {
		err = errors.Join(err, s.Close())
	}
	p.statements = nil
	return err
}
