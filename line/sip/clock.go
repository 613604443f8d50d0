package sip

import (
	"sync/atomic"
	"time"
)

// Step is the length of one step of the media: what a packet of G.711 holds, and how
// often a T.38 terminal is woken.
const Step = 20 * time.Millisecond

// stepTicks is a Step on the line's clock.
const stepTicks = 160

// Clock paces the media of calls. Signalling has its own time, which is real.
type Clock interface {
	// Ticker begins to tick for a call. It must be stopped.
	Ticker() Ticker
}

// Ticker is the clock of one call. One goroutine uses it.
type Ticker interface {
	// C has a value when a step may be due.
	C() <-chan time.Time
	// Due says how many steps have become due since it was last asked, and by how much
	// the first of them is late.
	Due() (steps int, late time.Duration)
	// Done says that the steps that were due have been taken. waiting says that this call
	// waits for an answer of the other end's signalling, which a clock that runs faster
	// than real time should give the time for.
	Done(waiting bool)
	Stop()
}

// realTime is the clock of telephone calls.
type realTime struct{}

// Ticker implements Clock.
func (realTime) Ticker() Ticker {
	return &realTicker{Ticker: time.NewTicker(Step), began: time.Now()}
}

type realTicker struct {
	*time.Ticker
	began time.Time
	taken int
}

func (t *realTicker) C() <-chan time.Time { return t.Ticker.C }
func (t *realTicker) Done(bool)           {}

// maxCatchUp bounds the steps that are taken together. What is later than that is lost: the
// other end has stopped waiting for it.
const maxCatchUp = 40

// early is by how much a tick may come before its time: it is taken then, rather than
// together with the next one.
const early = Step / 4

func (t *realTicker) Due() (steps int, late time.Duration) {
	elapsed := time.Since(t.began)
	due := int((elapsed+early)/Step) - t.taken
	if due <= 0 {
		return 0, 0
	}
	late = max(elapsed-time.Duration(t.taken+1)*Step, 0)
	t.taken += due
	return min(due, maxCatchUp), late
}

// lateness is how late the steps of all calls are, at worst.
type lateness struct {
	worst atomic.Int64 // nanoseconds, of the present second
	last  atomic.Int64 // of the one before
	at    atomic.Int64 // the present second
}

// note takes the lateness of a step.
func (l *lateness) note(late time.Duration) {
	l.turn()
	for {
		worst := l.worst.Load()
		if int64(late) <= worst || l.worst.CompareAndSwap(worst, int64(late)) {
			return
		}
	}
}

// turn begins a new second when one is over.
func (l *lateness) turn() {
	now, at := time.Now().Unix(), l.at.Load()
	if now == at || !l.at.CompareAndSwap(at, now) {
		return
	}
	last := l.worst.Swap(0)
	if now > at+1 {
		last = 0
	}
	l.last.Store(last)
}

// now is the worst of the last one to two seconds.
func (l *lateness) now() time.Duration {
	l.turn()
	return time.Duration(max(l.worst.Load(), l.last.Load()))
}

// The limits of lateness. A second of it breaks calls.
const (
	lateWarn   = 200 * time.Millisecond // the log warns
	lateRefuse = 500 * time.Millisecond // no call begins
)

// Lateness is how late the media of calls is, at worst within the last seconds. Above 500
// ms no call begins.
func (l *Line) Lateness() time.Duration { return l.late.now() }
