package web

import (
	"net"
	"sync"
	"time"
)

// deadlineStep is how late a read deadline may be noticed.
const deadlineStep = time.Second

// CoarseDeadlines makes the read deadlines of a listener's connections cheap, and late by
// up to a second. net/http sets four for each request that it reads, of half a minute and
// more, nearly all of which are moved on before anything comes of them; the runtime keeps
// a timer for each. Here one goroutine looks at all connections once a second. It ends
// with the last connection after the listener was closed.
func CoarseDeadlines(l net.Listener) net.Listener {
	return &coarseListener{Listener: l, open: make(map[*coarseConn]struct{})}
}

type coarseListener struct {
	net.Listener

	mu      sync.Mutex
	open    map[*coarseConn]struct{}
	walking bool
}

// Accept implements net.Listener. What is not TCP stays as it is.
func (l *coarseListener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	tcp, ok := accepted.(*net.TCPConn)
	if err != nil || !ok {
		return accepted, err
	}
	c := &coarseConn{TCPConn: tcp, of: l, accepted: time.Now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = struct{}{}
	if !l.walking {
		l.walking = true
		go l.walk()
	}
	return c, nil
}

// walk ends the reads that have gone on for too long, until no connection is open.
func (l *coarseListener) walk() {
	ticker := time.NewTicker(deadlineStep)
	defer ticker.Stop()
	for now := range ticker.C {
		if !l.step(now) {
			return
		}
	}
}

func (l *coarseListener) step(now time.Time) (more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		c.expire(now)
	}
	l.walking = len(l.open) > 0
	return l.walking
}

func (l *coarseListener) forget(c *coarseConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
}

// coarseConn is a connection whose read deadline is looked at now and then.
type coarseConn struct {
	*net.TCPConn
	of       *coarseListener
	accepted time.Time

	mu       sync.Mutex
	deadline time.Time // zero: none
	cut      bool      // the connection itself has one, which is over
}

// SetReadDeadline implements net.Conn. A time before the connection takes effect at once:
// net/http ends a read of its own that way.
func (c *coarseConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	switch {
	case !t.IsZero() && t.Before(c.accepted):
		c.cut = true
		return c.TCPConn.SetReadDeadline(t)
	case c.cut:
		c.cut = false
		return c.TCPConn.SetReadDeadline(time.Time{})
	}
	return nil
}

// SetDeadline implements net.Conn.
func (c *coarseConn) SetDeadline(t time.Time) error {
	if err := c.SetWriteDeadline(t); err != nil {
		return err
	}
	return c.SetReadDeadline(t)
}

// expire ends a read whose time is over.
func (c *coarseConn) expire(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.deadline.IsZero() && !c.cut && !now.Before(c.deadline) {
		c.cut = true
		_ = c.TCPConn.SetReadDeadline(c.deadline) // fails on a closed connection, which reads nothing
	}
}

// Close implements net.Conn.
func (c *coarseConn) Close() error {
	c.of.forget(c)
	return c.TCPConn.Close()
}
