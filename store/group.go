package store

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
)

// maxGroup bounds how many writes share a commit.
const maxGroup = 128

var errClosed = errors.New("the database is closed")

// group collects writes that wait and has them committed together: one wait for
// the disk serves all that came during the last one. Nobody waits for company.
type group struct {
	queue  chan *member
	commit func([]*member) // sets err of each

	mu     sync.RWMutex // held while something is put into the queue
	closed bool
	ended  sync.WaitGroup
}

// member is one write of a group.
type member struct {
	ctx        context.Context
	decide     func(*tx) error // nil: statements
	statements []statement
	rows       []int64 // affected by each statement
	err        error
	panicked   any // what decide panicked with, for the caller's own goroutine
	state      atomic.Int32
	done       chan struct{}
}

// A member is dropped only while it waits; once begun, its write counts.
const (
	waiting int32 = iota
	begun
	dropped
)

// newGroup starts a group.
func newGroup(commit func([]*member)) *group {
	g := &group{queue: make(chan *member, maxGroup), commit: commit}
	g.ended.Go(g.run)
	return g
}

// do waits until the member is committed or has failed. A context that ends before
// the write began drops it.
func (g *group) do(m *member) error {
	m.done = make(chan struct{})
	if err := g.enqueue(m); err != nil {
		return err
	}
	select {
	case <-m.done:
	case <-m.ctx.Done():
		if m.state.CompareAndSwap(waiting, dropped) {
			return m.ctx.Err()
		}
		<-m.done
	}
	if m.panicked != nil {
		panic(m.panicked)
	}
	return m.err
}

func (g *group) enqueue(m *member) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return errClosed
	}
	select {
	case g.queue <- m:
		return nil
	case <-m.ctx.Done():
		return m.ctx.Err()
	}
}

func (g *group) run() {
	members := make([]*member, 0, maxGroup)
	for first := range g.queue {
		members = g.collect(members[:0], first)
		if len(members) > 0 {
			g.commit(members)
		}
		for i, m := range members {
			close(m.done)
			members[i] = nil
		}
	}
}

// collect takes what is in the queue. It lets those who have just been answered put
// their next write there first, which makes groups half as large again.
func (g *group) collect(members []*member, first *member) []*member {
	runtime.Gosched()
	members = begin(members, first)
	for len(members) < maxGroup {
		select {
		case m, open := <-g.queue:
			if !open {
				return members
			}
			members = begin(members, m)
		default:
			return members
		}
	}
	return members
}

// begin adds a member whose caller still waits.
func begin(members []*member, m *member) []*member {
	if m.ctx.Err() == nil && m.state.CompareAndSwap(waiting, begun) {
		return append(members, m)
	}
	return members
}

// close ends the group after the writes that are in the queue.
func (g *group) close() {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.queue)
	}
	g.mu.Unlock()
	g.ended.Wait()
}
