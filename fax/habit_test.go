package fax_test

import (
	"testing"
	"time"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
)

// What failed on the way to a number is left out for a day, and then tried again.
func TestWhatFailedIsLeftOutForADay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	day, past := now.Add(24*time.Hour), now.Add(-time.Minute)
	page := []line.Page{{}}
	for _, tt := range []struct {
		name   string
		before fax.Habit
		r      line.Result
		want   fax.Habit
	}{
		{"T.38 on which nothing was heard", fax.Habit{}, line.Result{Outcome: line.NoFax, Transport: line.T38, T38: line.SwitchDone}, fax.Habit{WithoutT38Until: day}},
		{"T.38 that broke off after a page", fax.Habit{}, line.Result{Outcome: line.Partial, Transport: line.T38, T38: line.SwitchDone, Pages: page}, fax.Habit{}},
		{"G.711 that fails as well: it was not T.38", fax.Habit{WithoutT38Until: day}, line.Result{Outcome: line.NoFax, Transport: line.ULaw}, fax.Habit{}},
		{"G.711 that works instead", fax.Habit{WithoutT38Until: day}, line.Result{Outcome: line.OK, Transport: line.ULaw}, fax.Habit{WithoutT38Until: day}},
		{"no speed would do", fax.Habit{}, line.Result{Outcome: line.BadLine, Transport: line.ULaw, T30: line.T30CannotTrain}, fax.Habit{MaxRate: 9600, MaxRateUntil: day}},
		{"nor a slower one", fax.Habit{MaxRate: 9600, MaxRateUntil: day}, line.Result{Outcome: line.BadLine, Transport: line.ULaw, T30: line.T30CannotTrain}, fax.Habit{MaxRate: 4800, MaxRateUntil: day}},
		{"nor the slowest", fax.Habit{MaxRate: 4800, MaxRateUntil: day}, line.Result{Outcome: line.BadLine, Transport: line.ULaw, T30: line.T30CannotTrain}, fax.Habit{MaxRate: 4800, MaxRateUntil: day}},
		{"error correction that got stuck", fax.Habit{}, line.Result{Outcome: line.Partial, Transport: line.ULaw, ECM: true, T30: line.T30TxECMPhaseD, Pages: page}, fax.Habit{WithoutECMUntil: day}},
		{"busy says nothing of the machines", fax.Habit{MaxRate: 9600, MaxRateUntil: day}, line.Result{Outcome: line.Busy}, fax.Habit{MaxRate: 9600, MaxRateUntil: day}},
		{"what has run out is tried again", fax.Habit{WithoutT38Until: past, WithoutECMUntil: past, MaxRate: 4800, MaxRateUntil: past}, line.Result{Outcome: line.OK, Transport: line.T38}, fax.Habit{}},
	} {
		if got := fax.Learn(tt.before, tt.r, now); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestAttemptAfterWhichAPageMayHaveArrivedIsNotFree(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	for _, unsure := range []bool{false, true} {
		d := fax.Settle(fax.Delivery{Job: fax.Job{ID: "fax"}}, line.Result{Outcome: line.EngineCrashed, Unsure: unsure}, now, "next")
		if d.Over != unsure || d.Attempts[0].Free == unsure {
			t.Errorf("unsure %v: over %v, free %v", unsure, d.Over, d.Attempts[0].Free)
		}
	}
}
