package fax

import (
	"time"

	"github.com/faxgate/faxgate/line"
)

// Habit is what is left out on calls to a number, because it failed there. The zero value
// leaves out nothing.
type Habit struct {
	WithoutT38Until time.Time
	WithoutECMUntil time.Time
	MaxRate         int // bit/s; zero: none
	MaxRateUntil    time.Time
}

// habitFor is how long something is left out. A machine that was replaced, or a route that
// was repaired, is found again after it.
const habitFor = 24 * time.Hour

// Until is when the last of it runs out. Zero: there is nothing.
func (h Habit) Until() (until time.Time) {
	for _, t := range []time.Time{h.WithoutT38Until, h.WithoutECMUntil, h.MaxRateUntil} {
		if t.After(until) {
			until = t
		}
	}
	return until
}

// at is the habit without what has run out.
func (h Habit) at(now time.Time) Habit {
	if !h.WithoutT38Until.After(now) {
		h.WithoutT38Until = time.Time{}
	}
	if !h.WithoutECMUntil.After(now) {
		h.WithoutECMUntil = time.Time{}
	}
	if !h.MaxRateUntil.After(now) {
		h.MaxRate, h.MaxRateUntil = 0, time.Time{}
	}
	return h
}

// Learn is the habit after one more call. Only what the two machines did to each other
// counts, not that nobody answered.
func Learn(h Habit, r line.Result, now time.Time) Habit {
	h = h.at(now)
	if r.Outcome == line.OK || r.Transport == "" {
		return h
	}
	switch {
	case r.Transport == line.T38 && r.T38 == line.SwitchDone && len(r.Pages) == 0 && onTheWay(r):
		h.WithoutT38Until = now.Add(habitFor)
		return h
	case len(r.Pages) == 0 && onTheWay(r) && !h.WithoutT38Until.IsZero():
		h.WithoutT38Until = time.Time{} // it was not T.38
	}
	switch {
	case r.ECM && ecmFailed(r.T30):
		h.WithoutECMUntil = now.Add(habitFor)
	case trainingFailed(r) && slower(h.MaxRate) > 0:
		h.MaxRate, h.MaxRateUntil = slower(h.MaxRate), now.Add(habitFor)
	}
	return h
}

// onTheWay reports whether the machines met and could not agree, or did not hear each
// other.
func onTheWay(r line.Result) bool {
	return r.Outcome == line.NoFax || r.Outcome == line.BadLine || r.Outcome == line.Dropped
}

// trainingFailed reports whether no speed would do.
func trainingFailed(r line.Result) bool {
	return r.T30 == line.T30CannotTrain || r.Outcome == line.BadLine && r.Retrains > 0
}

// ecmFailed reports whether T.30 ended in the middle of error correction.
func ecmFailed(code line.T30Code) bool {
	return code == line.T30TxECMPhaseD || code == line.T30RxECMPhaseD
}

// slower is the next speed below one; zero: there is none.
func slower(rate int) int {
	switch rate {
	case 0, 14400:
		return 9600
	case 9600:
		return 4800
	}
	return 0
}
