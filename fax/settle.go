package fax

import (
	"time"

	"github.com/faxgate/faxgate/line"
)

// Delivery is a job in the hands of a node: one attempt to send it.
type Delivery struct {
	Job
	Started time.Time // of this attempt
	// Trained says that the machines had agreed, so that pages may have arrived.
	Trained bool
	// Left says that another node had begun this attempt and is gone: nobody knows how
	// the call ended.
	Left bool
	// OverQuota says that the pages are more than the account may still send.
	OverQuota bool

	// Trunks are the ids of those that carry the sending number, in the order in which they
	// are tried.
	Trunks []string
	// Habit is what is left out on this call, and after it what is to be on the next ones.
	Habit Habit
	// Learned says that Habit has been learned anew.
	Learned bool

	// Trace is what was recorded of this attempt, stored with its end (Trace.Of). Nil:
	// nothing was.
	Trace *Trace

	// What Settle decides.
	Over   bool   // the job becomes a Fax
	Status Status // of that fax

	// ReturnAt is until when the node that settles the job sends the fax back, because a
	// test number has it that does so. Zero: it is not sent back.
	ReturnAt time.Time
}

const (
	// freeAttempts is how often a job is tried again for trouble of our own, whatever
	// its sender asked for.
	freeAttempts = 3
	freeDelay    = 5 * time.Second
)

// Settle is the whole retry policy: the delivery after its attempt, at a time. id is a
// new one, for an attempt that is not the first.
//
// What may go better is tried again as often, and after the pause, that the sender asked
// for. Where it was our own trouble and not a page can have arrived, the attempt does not
// count. Where pages may have arrived, only the sender's wish makes a second fax.
func Settle(d Delivery, r line.Result, now time.Time, id string) Delivery {
	if d.OverQuota {
		d.Over, d.Status = true, InsufficientCredit
		return d
	}
	if len(d.Attempts) == 0 {
		id = d.ID
	}
	a := newAttempt(id, d.Started, now, r)
	a.Free = (free(d, r) || tooWide(d, r)) && len(d.Attempts)-countedAttempts(d) < freeAttempts
	d.Attempts = append(d.Attempts[:len(d.Attempts):len(d.Attempts)], a)
	if r.Outcome == line.OK || everyPage(d, r) {
		d.Over, d.Status = true, Success
		return d
	}
	d.Status = statusOf(r.Outcome, Outgoing)
	if mostPages(d.Attempts) > 0 {
		d.Status = PartiallySent
	}
	switch {
	case a.Free:
		d.NextAt = now.Add(max(freeDelay, d.Retry.Delay))
	case mayGoBetter(r.Outcome) && countedAttempts(d) <= d.Retry.Count:
		d.NextAt = now.Add(d.Retry.Delay)
	default:
		d.Over = true
	}
	return d
}

// free reports whether an attempt costs its sender nothing: it was our own trouble, and
// no page can have arrived.
func free(d Delivery, r line.Result) bool {
	if len(r.Pages) > 0 || r.Unsure {
		return false
	}
	mayHaveArrived := d.Left && d.Trained
	return r.Outcome == line.EngineCrashed || r.Outcome == line.Interrupted && !mayHaveArrived
}

// everyPage reports whether the last page was confirmed too. Then nothing was left to be
// said but goodbye (DCN, T.30 5.3.6.1.8), however the call ended.
func everyPage(d Delivery, r line.Result) bool {
	return len(r.Pages) > 0 && len(r.Pages) == d.Document.Pages
}

// tooWide reports whether the machine has refused the width of the pages for the first
// time. They are made narrower, as fax machines do by themselves, and sent again.
func tooWide(d Delivery, r line.Result) bool {
	return r.T30 == line.T30NoSize && len(r.Pages) == 0 && !wantsNarrow(d.Attempts)
}

// countedAttempts are those that were not free.
func countedAttempts(d Delivery) (counted int) {
	for _, a := range d.Attempts {
		if !a.Free {
			counted++
		}
	}
	return counted
}

// mayGoBetter reports whether another attempt makes sense: nothing is wrong with the
// number or the document.
func mayGoBetter(o line.Outcome) bool {
	switch o {
	case line.InvalidNumber, line.Rejected, line.Incompatible, line.BadDocument, line.TooLong:
		return false
	}
	return true
}

// maxPageFacts is of how many pages an attempt has the facts.
const maxPageFacts = 200

func newAttempt(id string, started, ended time.Time, r line.Result) Attempt {
	a := Attempt{
		ID: id, Outcome: string(r.Outcome), StartedAt: started, EndedAt: ended.Truncate(time.Millisecond),
		Duration: r.Time, Transport: string(r.Transport), SIP: r.SIP, T30: int(r.T30), T30Name: r.T30.String(), Extension: r.Extension,
		Rate: r.Rate, ECM: r.ECM, Pages: len(r.Pages), StationID: r.StationID, Simulated: r.Simulated,
		Total: r.Total, Trunk: r.Trunk, Retrains: r.Retrains, T38: string(r.T38), Traffic: r.Traffic, PageFacts: r.Pages[:min(len(r.Pages), maxPageFacts)],
	}
	for _, p := range r.Pages {
		a.BadRows += p.BadRows
	}
	return a
}

// mostPages is how far an attempt got at best.
func mostPages(attempts []Attempt) (pages int) {
	for _, a := range attempts {
		pages = max(pages, a.Pages)
	}
	return pages
}

// fax is the record of a delivery that is over.
func (d Delivery) fax(now time.Time) Fax {
	f := Fax{
		ID: d.ID, OrganizationID: d.OrganizationID, AccountID: d.AccountID, Direction: Outgoing, Status: d.Status,
		From: d.From, To: d.To, Pages: mostPages(d.Attempts), Document: d.Document, Comment: d.Comment, IsRead: true,
		Retry: d.Retry, Submitted: d.Submitted, Scheduled: d.Scheduled, Started: now, Updated: now, Attempts: d.Attempts,
	}
	if len(d.Attempts) > 0 {
		f.Started = d.Attempts[0].StartedAt
	}
	for _, a := range d.Attempts {
		f.Duration += a.Duration
	}
	return f
}
