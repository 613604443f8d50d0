package notify_test

import (
	"testing"
	"time"

	"github.com/faxgate/faxgate/notify"
)

func TestSettle(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)
	temporary := notify.Result{Reply: "451 try later"}
	for _, tt := range []struct {
		name     string
		attempts int
		age      time.Duration
		result   notify.Result
		chance   float64
		state    notify.MailState
		wait     time.Duration
	}{
		{"delivered", 0, 0, notify.Result{Delivered: true}, 0.5, notify.Sent, time.Minute},
		{"delivered at last", 12, 23 * time.Hour, notify.Result{Delivered: true}, 0.5, notify.Sent, 4 * time.Hour},
		{"refused for good", 0, 0, notify.Result{Permanent: true, Reply: "550 no such user"}, 0.5, notify.GivenUp, time.Minute},
		{"first failure", 0, 0, temporary, 0.5, notify.Waiting, time.Minute},
		{"second", 1, time.Minute, temporary, 0.5, notify.Waiting, 2 * time.Minute},
		{"eighth", 7, 2 * time.Hour, temporary, 0.5, notify.Waiting, 128 * time.Minute},
		{"the delay grows no more", 9, 5 * time.Hour, temporary, 0.5, notify.Waiting, 4 * time.Hour},
		{"a quarter shorter", 0, 0, temporary, 0, notify.Waiting, 45 * time.Second},
		{"a quarter longer", 0, 0, temporary, 1, notify.Waiting, 75 * time.Second},
		{"a day from its beginning, still", 13, 20 * time.Hour, temporary, 0.5, notify.Waiting, 4 * time.Hour},
		{"past a day", 13, 20*time.Hour + time.Second, temporary, 0.5, notify.GivenUp, 4 * time.Hour},
		{"after an outage of a week", 1, 7 * 24 * time.Hour, temporary, 0.5, notify.GivenUp, 2 * time.Minute},
		{"absurdly many attempts", 1 << 30, time.Hour, temporary, 0.5, notify.Waiting, 4 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now := created.Add(tt.age)
			m := notify.Mail{ID: "m", Attempts: tt.attempts, CreatedAt: created, State: notify.Waiting}
			got := notify.Settle(m, tt.result, now, tt.chance)
			if got.State != tt.state || got.Attempts != tt.attempts+1 || got.LastReply != tt.result.Reply {
				t.Errorf("Settle = %+v, want %s", got, tt.state)
			}
			if wait := got.NextAt.Sub(now); wait != tt.wait {
				t.Errorf("next after %s, want %s", wait, tt.wait)
			}
		})
	}
}

func TestADayHasAboutADozenAttempts(t *testing.T) {
	t.Parallel()
	for _, chance := range []float64{0, 0.5, 1} {
		m := notify.Mail{State: notify.Waiting}
		for m.State == notify.Waiting {
			m = notify.Settle(m, notify.Result{Reply: "451"}, m.NextAt, chance)
		}
		if m.Attempts < 11 || m.Attempts > 16 {
			t.Errorf("chance %g: %d attempts", chance, m.Attempts)
		}
	}
}
