package line_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/faxgate/faxgate/line"
)

// slow is a line on which each call takes a minute.
type slow struct {
	calls, most atomic.Int64
}

func (s *slow) Send(context.Context, line.Outgoing, func(line.Progress)) (line.Result, error) {
	n := s.calls.Add(1)
	for most := s.most.Load(); n > most && !s.most.CompareAndSwap(most, n); most = s.most.Load() {
	}
	time.Sleep(time.Minute)
	s.calls.Add(-1)
	return line.Result{Outcome: line.OK}, nil
}

// minutes is how long the pool takes for calls to these numbers.
func minutes(t *testing.T, p *line.Pool, numbers ...string) int {
	t.Helper()
	began := time.Now()
	done := make(chan line.Result)
	for _, to := range numbers {
		go func() {
			r, err := p.Send(t.Context(), line.Outgoing{To: to}, nil)
			if err != nil {
				t.Error(err)
			}
			done <- r
		}()
	}
	for range numbers {
		<-done
	}
	return int(time.Since(began).Minutes())
}

func TestPoolBoundsCalls(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name             string
		calls, perNumber int
		numbers          []string
		minutes, most    int
	}{
		{"no limits", 0, 0, slices.Repeat([]string{"+15005550001"}, 10), 1, 10},
		{"three at once", 3, 0, slices.Repeat([]string{"+15005550001"}, 10), 4, 3},
		{"one a number", 0, 1, []string{"+1", "+1", "+1", "+2", "+2", "+3"}, 3, 3},
		{"a busy number keeps nobody from another", 2, 1, []string{"+1", "+1", "+1", "+2", "+3"}, 3, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var s slow
				p := &line.Pool{Line: &s, Calls: tt.calls, PerNumber: tt.perNumber}
				if got := minutes(t, p, tt.numbers...); got != tt.minutes || int(s.most.Load()) != tt.most {
					t.Errorf("%d minutes, %d calls at once; want %d, %d", got, s.most.Load(), tt.minutes, tt.most)
				}
			})
		})
	}
}

func TestWaitingForAChannelEndsWithTheContext(t *testing.T) {
	t.Parallel()
	p := &line.Pool{Line: new(slow), Calls: 1}
	release, ok := p.TryReserve("+1")
	if !ok {
		t.Fatal("a free channel is refused")
	}
	if _, ok := p.TryReserve("+2"); ok {
		t.Error("there are two channels of one")
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(nil)
	if _, err := p.Send(ctx, line.Outgoing{To: "+2"}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Send = %v, want Canceled", err)
	}
	release()
	release() // once too often: it counts once
	if _, ok := p.TryReserve("+2"); !ok {
		t.Error("the channel was not given back")
	}
	if _, ok := p.TryReserve("+3"); ok {
		t.Error("a channel was given back twice")
	}
}
