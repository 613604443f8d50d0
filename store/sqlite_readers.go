package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// sqliteReaders are the connections that read. They are opened when they are first
// needed, and the one that came back last goes out first: what it remembers of the
// file is the freshest.
type sqliteReaders struct {
	path  string
	count *atomic.Int64
	slots chan struct{} // one element for each connection in use

	mu     sync.Mutex
	idle   []*sqliteConn
	closed bool
}

func newSQLiteReaders(path string, conns int, count *atomic.Int64) *sqliteReaders {
	return &sqliteReaders{path: path, count: count, slots: make(chan struct{}, conns)}
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
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := r.take()
	if err != nil {
		<-r.slots
	}
	return c, err
}

// take gives an idle connection, or a new one.
func (r *sqliteReaders) take() (*sqliteConn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errClosed
	}
	if last := len(r.idle) - 1; last >= 0 {
		c := r.idle[last]
		r.idle = r.idle[:last]
		return c, nil
	}
	c, err := openSQLiteConn(r.path, true, readerPragmas, r.count)
	if err != nil {
		return nil, err
	}
	c.release = func() { r.put(c) }
	return c, nil
}

// put takes a connection back.
func (r *sqliteReaders) put(c *sqliteConn) {
	r.mu.Lock()
	r.idle = append(r.idle, c)
	r.mu.Unlock()
	<-r.slots
}

// close closes the connections, each when its query has ended.
func (r *sqliteReaders) close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	for range cap(r.slots) { // nobody gets one any more, and all come back
		r.slots <- struct{}{}
	}
	var err error
	for _, c := range r.idle {
		err = errors.Join(err, c.close())
	}
	return err
}
