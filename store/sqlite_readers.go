package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// sqliteReaders are the connections that read. They are opened when they are first
// needed.
type sqliteReaders struct {
	dsn   string
	count *atomic.Int64
	idle  chan *sqliteConn

	mu     sync.Mutex
	open   int
	closed bool
}

func newSQLiteReaders(dsn string, conns int, count *atomic.Int64) *sqliteReaders {
	return &sqliteReaders{dsn: dsn, count: count, idle: make(chan *sqliteConn, conns)}
}

// query runs a query on a connection that is idle, as soon as there is one.
func (r *sqliteReaders) query(ctx context.Context, text string, args ...any) (rows, error) {
	c, err := r.conn(ctx)
	if err != nil {
		return nil, err
	}
	found, err := c.query(ctx, text, args...)
	if err != nil {
		c.release()
	}
	return found, err
}

func (r *sqliteReaders) conn(ctx context.Context) (*sqliteConn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case c := <-r.idle:
		return c, nil
	default:
	}
	if c, err := r.another(); c != nil || err != nil {
		return c, err
	}
	select {
	case c := <-r.idle:
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// another opens a connection, or gives nil when there are enough.
func (r *sqliteReaders) another() (*sqliteConn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errClosed
	}
	if r.open == cap(r.idle) {
		return nil, nil
	}
	c, err := openSQLiteConn(r.dsn, r.count)
	if err != nil {
		return nil, err
	}
	c.release = func() { r.idle <- c }
	r.open++
	return c, nil
}

// close closes the connections, each when its query has ended.
func (r *sqliteReaders) close() error {
	r.mu.Lock()
	r.closed = true
	open := r.open
	r.mu.Unlock()
	var err error
	for range open {
		err = errors.Join(err, (<-r.idle).close())
	}
	return err
}
