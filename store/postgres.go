package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

const (
	postgresConns   = 20
	postgresBatches = 2                // groups of writes on their way at once
	writeTimeout    = 15 * time.Second // of a write that has begun, whose caller may be gone
	writeAttempts   = 10
)

// The classes of PostgreSQL's errors that are told apart (appendix A of its manual).
const (
	postgresDuplicate     = "23505"
	postgresSerialization = "40001"
	postgresDeadlock      = "40P01"
)

func (db *DB) openPostgres(ctx context.Context, c Config) error {
	config, err := pgx.ParseConfig(c.URL)
	if err != nil {
		return errors.New("database URL: it cannot be read") // the error may have the password in it
	}
	conns := c.MaxConns
	if conns <= 0 {
		conns = postgresConns
	}
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	if err := migrate(ctx, postgresSchema(pool)); err != nil {
		return errors.Join(err, pool.Close())
	}
	w := &postgresWriter{db: db, pool: pool}
	w.group = newGroup(postgresBatches, w.commit)
	db.writes, db.reads = w, pool
	db.lock, db.skipLocked = " FOR NO KEY UPDATE", " FOR UPDATE SKIP LOCKED"
	db.ping = pool.PingContext
	if !c.PollOnly {
		db.listener = &listener{config: config, pool: pool, log: db.log}
	}
	db.close = func() error {
		w.group.close()
		return pool.Close()
	}
	return nil
}

// postgresWriter gives each decision its own transaction, and sends lists of
// statements in groups.
type postgresWriter struct {
	db    *DB
	pool  *sql.DB
	group *group
}

// transact runs decide until it is not disturbed by others. Once the transaction
// has begun, the end of the caller's context does not undo it.
func (w *postgresWriter) transact(ctx context.Context, decide func(*tx) error) error {
	return w.retry(ctx, func() error { return w.once(ctx, decide) })
}

func (w *postgresWriter) once(ctx context.Context, decide func(*tx) error) error {
	conn, err := w.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	sqlTx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = sqlTx.Rollback() }() // does nothing after the commit
	if err := decide(&tx{ctx: ctx, db: w.db, conn: sqlTx}); err != nil {
		return err
	}
	return sqlTx.Commit()
}

// retry repeats what another transaction was in the way of.
func (w *postgresWriter) retry(ctx context.Context, f func() error) error {
	for attempt := 1; ; attempt++ {
		err := f()
		if err == nil || attempt == writeAttempts || !isDisturbed(err) {
			return err
		}
		if err := pause(ctx, time.Duration(attempt)*time.Millisecond); err != nil {
			return err
		}
	}
}

// pause waits, or gives the context's error when that ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *postgresWriter) batch(ctx context.Context, statements []statement) ([]int64, error) {
	m := &member{ctx: ctx, statements: statements}
	err := w.group.do(m)
	return m.rows, err
}

// commit sends all members' statements as one pipeline, which is one transaction.
// When it fails each member goes by itself, so that the fault of one is not the
// others'.
func (w *postgresWriter) commit(members []*member) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	if w.send(ctx, members) == nil {
		return
	}
	for _, m := range members {
		m.err = w.retry(ctx, func() error { return w.send(ctx, []*member{m}) })
	}
}

func (w *postgresWriter) send(ctx context.Context, members []*member) error {
	var batch pgx.Batch
	for _, m := range members {
		for _, s := range m.statements {
			batch.Queue(s.query, s.args...)
		}
	}
	w.db.statements.Add(int64(batch.Len()))
	conn, err := w.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("a connection of pgx expected, got %T", driver)
		}
		results := c.Conn().SendBatch(ctx, &batch)
		err := readResults(results, members)
		return errors.Join(err, results.Close()) // the commit's own error comes with Close
	})
}

func readResults(results pgx.BatchResults, members []*member) error {
	for _, m := range members {
		m.rows = make([]int64, len(m.statements))
		for i := range m.rows {
			tag, err := results.Exec()
			if err != nil {
				return err
			}
			m.rows[i] = tag.RowsAffected()
		}
	}
	return nil
}

// isDisturbed reports whether a transaction failed because of another one.
func isDisturbed(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == postgresSerialization || e.Code == postgresDeadlock)
}

// isDuplicate reports whether a row was refused because there is one like it.
func isDuplicate(err error) bool {
	var p *pgconn.PgError
	if errors.As(err, &p) {
		return p.Code == postgresDuplicate
	}
	var s *sqlite.Error
	return errors.As(err, &s) && (s.Code() == sqliteUniqueConstraint || s.Code() == sqlitePrimaryKey)
}
