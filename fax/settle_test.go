package fax_test

import (
	"testing"
	"time"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
)

func TestSettle(t *testing.T) {
	t.Parallel()
	busy := fax.Attempt{ID: "first", Outcome: "busy"}
	partial := fax.Attempt{ID: "first", Outcome: "partial", Pages: 2}
	crash := fax.Attempt{ID: "first", Outcome: "engine_crashed", Free: true}
	pages := make([]line.Page, 1)
	wide, tooWide := line.Result{Outcome: line.Incompatible, T30: line.T30NoSize}, fax.Attempt{ID: "first", Outcome: "incompatible", T30: int(line.T30NoSize), Free: true}
	for _, tt := range []struct {
		name    string
		before  []fax.Attempt
		retries int
		of      int  // pages of the document; zero: more than arrived
		left    bool // by a node that died
		trained bool
		result  line.Result
		status  fax.Status    // of the fax that it becomes; empty: it is tried again
		after   time.Duration // when
	}{
		{name: "all pages arrived", result: line.Result{Outcome: line.OK, Pages: pages}, status: fax.Success},
		{name: "busy, and nobody asked for more", result: line.Result{Outcome: line.Busy}, status: fax.FailedUserBusy},
		{name: "busy once", retries: 1, result: line.Result{Outcome: line.Busy}, after: 15 * time.Second},
		{name: "busy too often", before: []fax.Attempt{busy}, retries: 1, result: line.Result{Outcome: line.Busy}, status: fax.FailedUserBusy},
		{name: "busy, then arrived", before: []fax.Attempt{busy}, retries: 1, result: line.Result{Outcome: line.OK, Pages: pages}, status: fax.Success},
		{name: "busy, then nobody", before: []fax.Attempt{busy}, retries: 1, result: line.Result{Outcome: line.NoAnswer}, status: fax.FailedNoAnswer},
		{name: "a number that does not exist is not called twice", retries: 3, result: line.Result{Outcome: line.InvalidNumber}, status: fax.FailedUnallocatedNumber},
		{name: "nor one that refuses", retries: 3, result: line.Result{Outcome: line.Rejected}, status: fax.FailedNormalClearing},
		{name: "nor a machine that cannot", retries: 3, result: line.Result{Outcome: line.Incompatible}, status: fax.FailedToSend},
		{name: "pages too wide are made narrower, at no cost", result: wide, after: 15 * time.Second},
		{name: "too wide also then", before: []fax.Attempt{tooWide}, retries: 3, result: wide, status: fax.FailedToSend},
		{name: "too wide after the first page", result: line.Result{Outcome: line.Partial, T30: line.T30NoSize, Pages: pages}, status: fax.PartiallySent},
		{name: "a document that is none", retries: 3, result: line.Result{Outcome: line.BadDocument}, status: fax.FailedImagePreparation},
		{name: "a voice", result: line.Result{Outcome: line.NoFax}, status: fax.FailedNoFax},
		{name: "hung up", result: line.Result{Outcome: line.Dropped}, status: fax.FailedHungUp},
		{name: "no trunk, and again", retries: 2, result: line.Result{Outcome: line.TrunkUnavailable}, after: 15 * time.Second},
		{name: "some pages", result: line.Result{Outcome: line.Partial, Pages: pages}, status: fax.PartiallySent},
		{name: "some pages, and all once more as was asked", retries: 1, result: line.Result{Outcome: line.Partial, Pages: pages}, after: 15 * time.Second},
		{name: "pages that arrived are not forgotten", before: []fax.Attempt{partial}, retries: 1, result: line.Result{Outcome: line.Busy}, status: fax.PartiallySent},
		{name: "the engine crashed, at no cost", result: line.Result{Outcome: line.EngineCrashed}, after: 15 * time.Second},
		{name: "crashed again and again", before: []fax.Attempt{crash, crash, crash}, result: line.Result{Outcome: line.EngineCrashed}, status: fax.FailedInternal},
		{name: "crashed, then busy: the first that counts", before: []fax.Attempt{crash}, retries: 1, result: line.Result{Outcome: line.Busy}, after: 15 * time.Second},
		{name: "crashed when the last page was confirmed", before: []fax.Attempt{busy}, of: 1, retries: 3, result: line.Result{Outcome: line.EngineCrashed, Pages: pages}, status: fax.Success},
		{name: "crashed when a page was left", of: 2, result: line.Result{Outcome: line.EngineCrashed, Pages: pages}, status: fax.PartiallySent},
		{name: "crashed after a page: that one counts", result: line.Result{Outcome: line.EngineCrashed, Pages: pages}, status: fax.PartiallySent},
		{name: "the server stopped, and hung up before a page", trained: true, result: line.Result{Outcome: line.Interrupted}, after: 15 * time.Second},
		{name: "the node died while it dialled", left: true, result: line.Result{Outcome: line.Interrupted}, after: 15 * time.Second},
		{name: "the node died when pages may have arrived", left: true, trained: true, result: line.Result{Outcome: line.Interrupted}, status: fax.FailedInternal},
		{name: "the same, and the sender wants more", retries: 1, left: true, trained: true, result: line.Result{Outcome: line.Interrupted}, after: 15 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := fax.Delivery{
				Job:     fax.Job{ID: "job", Attempts: tt.before, Retry: fax.Retry{Count: tt.retries, Delay: 15 * time.Second}, Document: fax.Document{Pages: tt.of}},
				Started: noon.Add(-time.Minute), Left: tt.left, Trained: tt.trained,
			}
			got := fax.Settle(d, tt.result, noon, "next")
			if got.Over != (tt.status != "") || got.Over && got.Status != tt.status {
				t.Errorf("over: %t, %s; want %q", got.Over, got.Status, tt.status)
			}
			if !got.Over && got.NextAt.Sub(noon) != tt.after {
				t.Errorf("again after %s, want %s", got.NextAt.Sub(noon), tt.after)
			}
			if len(got.Attempts) != len(tt.before)+1 {
				t.Fatalf("%d attempts, want one more than %d", len(got.Attempts), len(tt.before))
			}
			want := map[bool]string{true: "job", false: "next"}[len(tt.before) == 0]
			if a := got.Attempts[len(tt.before)]; a.ID != want || a.Outcome != string(tt.result.Outcome) || !a.EndedAt.Equal(noon) {
				t.Errorf("the attempt is %+v", a)
			}
		})
	}
}

// Every class of a call's end has a status that the wire knows, and ends at last.
func TestSettleKnowsEveryOutcome(t *testing.T) {
	t.Parallel()
	for _, o := range append(line.Outcomes(), "of the future") {
		d := fax.Delivery{Job: fax.Job{ID: "job", Retry: fax.Retry{Count: fax.MaxRetries}}}
		for n := 0; !d.Over; n++ {
			if d = fax.Settle(d, line.Result{Outcome: o}, noon, "next"); n > 10 {
				t.Fatalf("%s is tried for ever", o)
			}
		}
		if !d.Status.Known() || d.Status == fax.Success && o != line.OK {
			t.Errorf("%s: the fax ends as %q", o, d.Status)
		}
	}
	if n := len(fax.Statuses()); n != 23 {
		t.Errorf("%d statuses, want 23", n)
	}
}

func TestSettleOverQuota(t *testing.T) {
	t.Parallel()
	d := fax.Settle(fax.Delivery{OverQuota: true}, line.Result{}, noon, "next")
	if !d.Over || d.Status != fax.InsufficientCredit || len(d.Attempts) != 0 {
		t.Errorf("over: %t, %s, %d attempts; want no call and %s", d.Over, d.Status, len(d.Attempts), fax.InsufficientCredit)
	}
}
