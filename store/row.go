package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// rows are the rows of a query, to be closed by whoever asked for them.
type rows interface {
	Next() bool
	Scan(fields ...any) error
	Err() error
	Close()
}

// querier reads: a pool of connections, or a transaction.
type querier interface {
	query(ctx context.Context, text string, args ...any) (rows, error)
}

// executor is where a transaction's statements go.
type executor interface {
	querier
	exec(ctx context.Context, text string, args ...any) (affected int64, err error)
}

// one reads the row that a query has at most, or sql.ErrNoRows.
func one(ctx context.Context, q querier, text string, args, fields []any) error {
	found, err := q.query(ctx, text, args...)
	if err != nil {
		return failed(text, err)
	}
	defer found.Close()
	if !found.Next() {
		if err := found.Err(); err != nil {
			return failed(text, err)
		}
		return sql.ErrNoRows
	}
	if err := found.Scan(fields...); err != nil {
		return failed(text, err)
	}
	found.Close()
	return failed(text, found.Err())
}

// list reads all rows of a query. fields gives the places for one row's columns.
func list[T any](ctx context.Context, q querier, fields func(*T) []any, text string, args ...any) ([]T, error) {
	found, err := q.query(ctx, text, args...)
	if err != nil {
		return nil, failed(text, err)
	}
	defer found.Close()
	var all []T
	for found.Next() {
		var v T
		if err := found.Scan(fields(&v)...); err != nil {
			return nil, failed(text, err)
		}
		all = append(all, v)
	}
	found.Close()
	return all, failed(text, found.Err())
}

// orNotFound turns the lack of a row into fault.NotFound.
func orNotFound(err error, code string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, code)
	}
	return err
}

// ms is a time as the database has it.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// millis reads a time.
type millis time.Time

// Scan reads Unix milliseconds; 0 is the zero time.
func (m *millis) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("milliseconds expected, got %T", src)
	}
	*m = millisOf(n)
	return nil
}

// millisOf is the time of Unix milliseconds; of 0 it is the zero time.
func millisOf(n int64) millis {
	if n == 0 {
		return millis{}
	}
	return millis(time.UnixMilli(n).UTC())
}

// null is a text as the database has it where a reference may be missing.
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// optional reads a text that may be NULL, as the empty text.
type optional string

// Scan reads NULL or a text.
func (o *optional) Scan(src any) error {
	switch src := src.(type) {
	case nil:
		*o = ""
	case string:
		*o = optional(src)
	case []byte:
		*o = optional(src)
	default:
		return fmt.Errorf("text expected, got %T", src)
	}
	return nil
}

// scopeNames reads scopes, which are stored by name.
type scopeNames auth.Scopes

// Scan reads names separated by spaces.
func (s *scopeNames) Scan(src any) error {
	var names optional
	if err := names.Scan(src); err != nil {
		return err
	}
	scopes, err := auth.ParseScopes(string(names))
	*s = scopeNames(scopes)
	return err
}

// preferences are stored as JSON.
type preferences auth.Preferences

// Value is the JSON text.
func (p preferences) Value() (driver.Value, error) {
	b, err := json.Marshal(auth.Preferences(p))
	return string(b), err
}

// Scan reads the JSON text. What it lacks is as for a new account.
func (p *preferences) Scan(src any) error {
	var text optional
	if err := text.Scan(src); err != nil {
		return err
	}
	*p = preferences(auth.DefaultPreferences())
	return json.Unmarshal([]byte(text), (*auth.Preferences)(p))
}
