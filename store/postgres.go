package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	postgresConns = 20
	writeTimeout  = 15 * time.Second // of a write that has begun, whose caller may be gone
	writeAttempts = 10
)

// The classes of PostgreSQL's errors that are told apart (appendix A of its manual).
const (
	postgresDuplicate     = "23505"
	postgresSerialization = "40001"
	postgresDeadlock      = "40P01"
)

func (db *DB) openPostgres(ctx context.Context, c Config) error {
	config, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return errors.New("database URL: it cannot be read") // the error may have the password in it
	}
	config.MaxConns = int32(c.MaxConns)
	if c.MaxConns <= 0 {
		config.MaxConns = postgresConns
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	conn := pgxConn{pool, &db.statements}
	if err := migrate(ctx, postgresSchema(conn, pool)); err != nil {
		pool.Close()
		return err
	}
	w := &postgresWriter{db: db, pool: pool}
	w.group = newGroup(w.commit)
	db.writes, db.reads = w, conn
	db.lock, db.share, db.skipLocked = " FOR NO KEY UPDATE", " FOR SHARE", " FOR UPDATE SKIP LOCKED"
	db.listener = &listener{config: config.ConnConfig, pool: pool, log: db.log}
	db.close = func() error {
		w.group.close()
		pool.Close()
		return nil
	}
	return nil
}

// pgxConn is a pool or a transaction of pgx, which prepares each statement once a
// connection.
type pgxConn struct {
	pgx interface {
		Exec(ctx context.Context, text string, args ...any) (pgconn.CommandTag, error)
		Query(ctx context.Context, text string, args ...any) (pgx.Rows, error)
	}
	count *atomic.Int64
}

func (c pgxConn) exec(ctx context.Context, text string, args ...any) (int64, error) {
	c.count.Add(1)
	tag, err := c.pgx.Exec(ctx, text, args...)
	return tag.RowsAffected(), err
}

func (c pgxConn) query(ctx context.Context, text string, args ...any) (rows, error) {
	c.count.Add(1)
	return c.pgx.Query(ctx, text, args...) //nolint:sqlclosecheck // whoever reads the rows closes them
}

// postgresWriter gives each decision its own transaction, and sends lists of
// statements in groups, one at a time: the larger the group, the fewer commits.
type postgresWriter struct {
	db    *DB
	pool  *pgxpool.Pool
	group *group
}

// transact runs decide until it is not disturbed by others. Once the transaction
// has begun, the end of the caller's context does not undo it.
func (w *postgresWriter) transact(ctx context.Context, decide func(*tx) error) error {
	return w.retry(ctx, func() error { return w.once(ctx, decide) })
}

func (w *postgresWriter) once(ctx context.Context, decide func(*tx) error) error {
	conn, err := w.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("a connection for a transaction: %w", err)
	}
	defer conn.Release()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	return pgx.BeginFunc(ctx, conn, func(pgTx pgx.Tx) error {
		return decide(&tx{ctx: ctx, db: w.db, conn: pgxConn{pgTx, &w.db.statements}})
	})
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

func (w *postgresWriter) batch(ctx context.Context, statements []statement) ([]int64, error) {
	m := &member{ctx: ctx, statements: statements}
	err := w.group.do(m)
	return m.rows, err
}

// commit sends all members' statements as one pipeline, which is one transaction.
// When the database refuses it each member goes by itself, so that the fault of one
// is not the others'. Where it is not known whether the commit arrived, nothing is
// sent again.
func (w *postgresWriter) commit(members []*member) {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	err := w.send(ctx, members)
	if again := isRefused(err); err != nil && !again {
		for _, m := range members {
			m.err = err
		}
	} else if again {
		for _, m := range members {
			m.err = w.retry(ctx, func() error { return w.send(ctx, []*member{m}) })
		}
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
	results := w.pool.SendBatch(ctx, &batch)
	err := readResults(results, members)
	return errors.Join(err, results.Close()) // the commit's own error comes with Close
}

func readResults(results pgx.BatchResults, members []*member) error {
	for _, m := range members {
		m.rows = make([]int64, len(m.statements))
		for i := range m.rows {
			tag, err := results.Exec()
			if err != nil {
				return failed(m.statements[i].query, err)
			}
			m.rows[i] = tag.RowsAffected()
		}
	}
	return nil
}

// isRefused reports whether the database itself said no, or heard nothing: then no
// part of the transaction stayed.
func isRefused(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) || pgconn.SafeToRetry(err)
}

// isDisturbed reports whether a transaction failed because of another one.
func isDisturbed(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == postgresSerialization || e.Code == postgresDeadlock)
}
