package line

import (
	"context"
	"fmt"
	"sync"
)

// Pool is a Line that makes only so many calls at a time on another one; the others
// wait for their turn. Its fields do not change while it is used.
type Pool struct {
	Line Line
	// Calls is how many calls there may be at once. Zero: as many as come.
	Calls int
	// PerNumber is how many of them may go to the same number. Most fax machines have
	// one line. Zero: as many as come.
	PerNumber int

	mu      sync.Mutex
	total   int
	numbers map[string]int
	freed   chan struct{} // closed when a call ends; nil: nobody waits
}

// Send waits until the line and the number are free, and sends.
func (p *Pool) Send(ctx context.Context, out Outgoing, progress func(Progress)) (Result, error) {
	release, err := p.reserve(ctx, out.To)
	if err != nil {
		return Result{}, err
	}
	defer release()
	return p.Line.Send(ctx, out, progress)
}

// TryReserve takes a channel to number, if one is free. Whoever has it makes the call
// on Line, and calls release once, afterwards. It is for callers who have other things
// to do than to wait, and for calls that come in.
func (p *Pool) TryReserve(number string) (release func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.take(number)
}

// reserve waits for a channel to number. Whoever waits holds nothing, so that a number
// that is busy for long keeps nobody from another one.
func (p *Pool) reserve(ctx context.Context, number string) (release func(), err error) {
	for {
		release, freed := p.takeOrWait(number)
		if release != nil {
			return release, nil
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for a channel to %s: %w", number, ctx.Err())
		}
	}
}

// takeOrWait gives a channel, or what is closed when it is worth asking again.
func (p *Pool) takeOrWait(number string) (release func(), freed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if release, ok := p.take(number); ok {
		return release, nil
	}
	if p.freed == nil {
		p.freed = make(chan struct{})
	}
	return nil, p.freed
}

// take counts a call. The lock is held.
func (p *Pool) take(number string) (release func(), ok bool) {
	if p.Calls > 0 && p.total >= p.Calls || p.PerNumber > 0 && p.numbers[number] >= p.PerNumber {
		return nil, false
	}
	if p.numbers == nil {
		p.numbers = map[string]int{}
	}
	p.total++
	p.numbers[number]++
	return sync.OnceFunc(func() { p.give(number) }), true
}

// give takes back what take counted.
func (p *Pool) give(number string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total--
	if p.numbers[number]--; p.numbers[number] == 0 {
		delete(p.numbers, number)
	}
	if p.freed != nil {
		close(p.freed)
		p.freed = nil
	}
}
