package store

import (
	"context"
	"errors"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/faxgate/faxgate/fault"
)

// sqliteWriter is the one connection that writes.
type sqliteWriter struct {
	db    *DB
	conn  *sqliteConn
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
		w.db.log.Debug("rollback", "error", err)
	}
}

// run runs one member. Its own failure stands in the member; an error says that
// the transaction is lost.
func (w *sqliteWriter) run(t *tx, m *member) error {
	m.err, m.rows, m.panicked = nil, nil, nil
	if len(m.statements) == 1 { // a single statement undoes itself
		m.err = m.runStatements(t)
		return orBroken(m.err)
	}
	if err := t.run("SAVEPOINT member"); err != nil {
		return errors.Join(errBroken, err)
	}
	m.run(&tx{ctx: t.ctx, db: t.db, conn: t.conn})
	if err := orBroken(m.err); err != nil {
		return err
	}
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

// orBroken tells the errors after which SQLite may have rolled back everything, such
// as a full disk, from those that undo one statement (sqlite.org/lang_transaction.html).
func orBroken(err error) error {
	var e *sqliteFailure
	if !errors.As(err, &e) {
		return nil
	}
	if e.kind() == sqlite3.SQLITE_ERROR || e.kind() == sqlite3.SQLITE_CONSTRAINT {
		return nil
	}
	return errors.Join(errBroken, err)
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
	var e *sqliteFailure
	if errors.As(err, &e) && e.kind() == sqlite3.SQLITE_BUSY {
		return fault.New(fault.Unavailable, "busy").After(time.Second).Because(err)
	}
	return err
}
