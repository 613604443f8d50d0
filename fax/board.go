package fax

import (
	"cmp"
	"slices"
	"sync"

	"github.com/faxgate/faxgate/line"
)

// Call is a call that is going on, as far as is known of it.
type Call struct {
	// Stage is the last line.Stage. Empty: the number is not dialled yet, for want of a
	// free channel perhaps.
	Stage     string
	Transport string // t38, pcmu, pcma; empty: it is not answered
	Rate      int    // bit/s; zero: none is agreed, or there is no T.30 engine
	ECM       bool   // error correction (T.30 Annex A)
	Confirmed int    // how many pages the receiver has confirmed
	Pages     int    // of the document
}

// Agreed reports whether the machines agree, so that pages are being sent.
func (c Call) Agreed() bool {
	return c.Stage == string(line.Trained) || c.Stage == string(line.Confirmed)
}

// after is the call with one more step.
func (c Call) after(p line.Progress) Call {
	c.Stage = string(p.Stage)
	c.Transport = cmp.Or(string(p.Transport), c.Transport)
	c.Rate, c.ECM = p.Rate, p.ECM // another transport begins T.30 anew
	c.Confirmed = max(c.Confirmed, p.Page)
	return c
}

// Board has the calls that this node is making, for whoever looks on. It is memory and
// nothing else: each call is one Call, which is gone when its end is stored, and no step
// costs a write. A job that another node is calling for is not on it; all that is known
// of that one is its OutboxStatus.
//
// The zero value is empty and ready; nil stays empty. It is safe for concurrent use.
type Board struct {
	mu       sync.Mutex
	calls    map[string]Call   // by job; as many as the Dispatcher makes at a time
	watchers map[string][]bell // by job; as many as whoever watches allows itself
}

// Call is the call for a job. Not found: this node is making none.
func (b *Board) Call(jobID string) (c Call, found bool) {
	if b == nil {
		return Call{}, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	c, found = b.calls[jobID]
	return c, found
}

// Watch tells when the call for a job has changed, begun or ended: the channel then has
// a value, however many changes there were. It need not have begun yet. stop must be
// called.
func (b *Board) Watch(jobID string) (changed <-chan struct{}, stop func()) {
	w := make(bell, 1)
	if b == nil {
		return w, func() {}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.watchers == nil {
		b.watchers = make(map[string][]bell)
	}
	b.watchers[jobID] = append(b.watchers[jobID], w)
	return w, func() { b.unwatch(jobID, w) }
}

func (b *Board) unwatch(jobID string, w bell) {
	b.mu.Lock()
	defer b.mu.Unlock()
	left := slices.DeleteFunc(b.watchers[jobID], func(x bell) bool { return x == w })
	if len(left) > 0 {
		b.watchers[jobID] = left
	} else {
		delete(b.watchers, jobID)
	}
}

// put notes how a call stands.
func (b *Board) put(jobID string, c Call) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.calls == nil {
		b.calls = make(map[string]Call)
	}
	b.calls[jobID] = c
	b.tell(jobID)
}

// end forgets a call.
func (b *Board) end(jobID string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.calls, jobID)
	b.tell(jobID)
}

func (b *Board) tell(jobID string) {
	for _, w := range b.watchers[jobID] {
		w.ring()
	}
}
