package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
)

// tx is one transaction, or on SQLite one member of a group of them.
type tx struct {
	ctx     context.Context
	db      *DB
	conn    executor
	changes []auth.Change
}

// exec runs a statement and gives the number of rows that it affected.
func (t *tx) exec(text string, args ...any) (int64, error) {
	n, err := t.conn.exec(t.ctx, text, args...)
	return n, failed(text, err)
}

// run runs a statement of which the number of rows does not matter.
func (t *tx) run(text string, args ...any) error {
	_, err := t.exec(text, args...)
	return err
}

// get reads one row, or sql.ErrNoRows.
func (t *tx) get(text string, args []any, fields ...any) error {
	return one(t.ctx, t.conn, text, args, fields)
}

// texts reads the rows of a statement with one column.
func (t *tx) texts(text string, args ...any) ([]string, error) {
	return list(t.ctx, t.conn, func(s *string) []any { return []any{s} }, text, args...)
}

// changed notes what the transaction makes stale.
func (t *tx) changed(kind auth.ChangeKind, subject string) {
	t.changes = append(t.changes, auth.Change{Kind: kind, Subject: subject})
}

// changesPerInsert keeps a statement within the parameters that SQLite allows.
const changesPerInsert = 1000

// recordChanges numbers the changes. It comes last in a transaction, because it
// holds up everybody else who changes something.
func (t *tx) recordChanges(at time.Time) error {
	if len(t.changes) == 0 {
		return nil
	}
	var head int64
	err := t.get("UPDATE feed SET seq = seq + $1 WHERE name = 'changes' RETURNING seq", []any{len(t.changes)}, &head)
	if err != nil {
		return fmt.Errorf("number the changes: %w", err)
	}
	for i := range t.changes {
		t.changes[i].Seq = head - int64(len(t.changes)-1-i)
	}
	for rest := t.changes; len(rest) > 0; {
		n := min(len(rest), changesPerInsert)
		if err := t.insertChanges(rest[:n], at); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

func (t *tx) insertChanges(changes []auth.Change, at time.Time) error {
	args := make([]any, 0, 4*len(changes))
	for _, c := range changes {
		args = append(args, c.Seq, string(c.Kind), c.Subject, ms(at))
	}
	return t.run("INSERT INTO changes (seq, kind, subject, at) VALUES "+rowsOf(len(changes), 4), args...)
}

// rowsOf is the text ($1, $2), ($3, $4), … of an insert.
func rowsOf(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", i+1)
	}
	b.WriteByte(')')
	return b.String()
}
