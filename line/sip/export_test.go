package sip

import (
	"math/rand/v2"
	"sync"
)

// Lose lets one media packet in so many be lost on its way out, by a chance that begins
// with seed.
func (l *Line) Lose(one int, seed uint64) {
	var mu sync.Mutex
	chance := rand.New(rand.NewPCG(seed, seed))
	l.lose = func() bool {
		mu.Lock()
		defer mu.Unlock()
		return chance.IntN(one) == 0
	}
}

// Hasten lets what signalling waits for in a call, which is half a minute at least, pass so
// many times faster.
func (l *Line) Hasten(times int) { l.hasten = times }
