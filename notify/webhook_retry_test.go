package notify_test

import (
	"testing"
	"time"

	"github.com/faxgate/faxgate/notify"
)

func TestSettleDelivery(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	const hour = time.Hour
	for _, tt := range []struct {
		name   string
		tries  int
		age    time.Duration
		status int
		chance float64
		state  notify.DeliveryState
		wait   time.Duration
	}{
		{"taken", 0, 0, 200, 0.5, notify.Delivered, 10 * time.Second},
		{"taken without a word", 0, 0, 204, 0.5, notify.Delivered, 10 * time.Second},
		{"taken after the last minute", 9, 25 * hour, 200, 0.5, notify.Delivered, -hour},
		{"moved elsewhere", 0, 0, 301, 0.5, notify.Pending, 10 * time.Second},
		{"no answer", 0, 0, 0, 0.5, notify.Pending, 10 * time.Second},
		{"second failure", 1, time.Minute, 500, 0.5, notify.Pending, time.Minute},
		{"sixth", 5, 3 * hour, 500, 0.5, notify.Pending, 5 * hour},
		{"the pause grows no more", 40, 3 * hour, 500, 0.5, notify.Pending, 8 * hour},
		{"a quarter shorter", 0, 0, 500, 0, notify.Pending, 7500 * time.Millisecond},
		{"a quarter longer", 0, 0, 500, 1, notify.Pending, 12500 * time.Millisecond},
		{"the last try is after a day", 8, 20 * hour, 500, 0.5, notify.Pending, 4 * hour},
		{"and it was the last", 9, 24 * hour, 500, 0.5, notify.Failed, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now := began.Add(tt.age)
			d := notify.HookDelivery{ID: "d", Attempts: 50, Tries: tt.tries, BeganAt: began, State: notify.Pending}
			got := notify.SettleDelivery(d, notify.HookAttempt{At: now.Add(-time.Second), Duration: time.Second, Status: tt.status}, tt.chance)
			if got.State != tt.state || got.Attempts != 51 || got.Tries != tt.tries+1 {
				t.Errorf("SettleDelivery = %+v, want %s", got, tt.state)
			}
			if wait := got.NextAt.Sub(now); wait != tt.wait {
				t.Errorf("next after %s, want %s", wait, tt.wait)
			}
		})
	}
}

func TestSettleHook(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for _, tt := range []struct {
		name     string
		failing  time.Time
		tried    time.Time
		status   int
		since    time.Time
		disabled bool
	}{
		{"success", time.Time{}, ago(day), 200, time.Time{}, false},
		{"first failure", time.Time{}, ago(day), 500, now, false},
		{"a success forgets the failures", ago(9 * day), ago(day), 200, time.Time{}, false},
		{"almost three days", ago(3*day - time.Second), ago(day), 500, ago(3*day - time.Second), false},
		{"three days", ago(3 * day), ago(day), 500, ago(3 * day), true},
		{"a failure of last season", ago(100 * day), ago(99 * day), 500, now, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := notify.SettleHook(notify.Hook{FailingSince: tt.failing, TriedAt: tt.tried}, notify.HookAttempt{At: now, Status: tt.status})
			if !got.FailingSince.Equal(tt.since) || got.DisabledAt.IsZero() == tt.disabled || !got.TriedAt.Equal(now) {
				t.Errorf("SettleHook = %+v", got)
			}
			if tt.disabled && got.DisabledReason != "HTTP 500" {
				t.Errorf("the reason is %q", got.DisabledReason)
			}
		})
	}
}
