package dashboard

import (
	"time"

	"github.com/faxgate/faxgate/fax"
)

// step is a part of the way of a fax.
type step struct {
	Text string
	Done bool
	Now  bool
	At   moment // when it began; no time: it has not
}

// steps are all steps of a job, with those behind it. The last ones are those of its
// call, as far as this node knows them.
func (v *visit) steps(j fax.Job) []step {
	began := map[fax.OutboxStatus]time.Time{fax.Submitted: j.Submitted}
	for _, c := range j.Changes {
		began[c.Status] = c.At
	}
	var steps []step
	done := true
	for _, s := range []fax.OutboxStatus{fax.Submitted, fax.Converting, fax.Scheduled} {
		now := s == j.Status
		done = done && !now
		x := step{Text: v.t("outbox_step."+string(s), nil), Done: done, Now: now}
		if at := began[s]; !at.IsZero() && (done || now) {
			x.At = v.moment(at)
		}
		steps = append(steps, x)
	}
	if j.Status != fax.Sending {
		return append(steps, v.callAhead()...)
	}
	calling := v.callUnderWay(j.ID)
	calling[0].At = v.moment(began[fax.Sending])
	return append(steps, calling...)
}

// callAhead are the steps of a call that has yet to begin.
func (v *visit) callAhead() []step {
	return []step{{Text: v.t("call_step.answer", nil)}, {Text: v.t("call_step.agree", nil)}, {Text: v.t("call_step.pages", nil)}}
}

// callUnderWay are those of the call for a job. Where another node is making it, nobody
// here knows more than that.
func (v *visit) callUnderWay(jobID string) []step {
	c, found := v.server.Board.Call(jobID)
	if !found {
		return []step{{Text: v.t("outbox_step.sending", nil), Now: true}}
	}
	steps := v.callAhead()
	switch {
	case c.Stage == "":
		steps[0] = step{Text: v.t("call_step.waiting", nil), Now: true}
	case c.Agreed():
		steps[0].Done = true
		steps[1] = step{Text: v.agreed(c.Transport, c.Rate, c.ECM), Done: true}
		steps[2] = v.pagesUnderWay(c)
	case c.Transport != "":
		steps[0].Done = true
		steps[1] = step{Text: v.t("call_step.agreeing", map[string]any{"transport": transports[c.Transport]}), Now: true}
	default:
		steps[0] = step{Text: v.t("call_step.dialling", nil), Now: true}
	}
	return steps
}

// agreed says what the machines agree on.
func (v *visit) agreed(transport string, rate int, ecm bool) string {
	if rate == 0 { // there are no machines
		return v.t("call_step.copied", map[string]any{"transport": transports[transport]})
	}
	return v.t("call_step.agreed", map[string]any{"transport": transports[transport], "rate": rate, "ecm": ecm})
}

// pagesUnderWay says which page is on its way, or that all have arrived.
func (v *visit) pagesUnderWay(c fax.Call) step {
	if c.Confirmed >= c.Pages {
		return step{Text: v.confirmed(v.pages(c.Confirmed)), Done: true}
	}
	return step{Text: v.t("call_step.page", map[string]any{"n": c.Confirmed + 1, "all": c.Pages}), Now: true}
}

func (v *visit) confirmed(pages string) string {
	return v.t("call_step.confirmed", map[string]any{"pages": pages})
}

// callOver are the steps of a call that sent every page.
func (v *visit) callOver(f fax.Fax) []step {
	a := f.LastAttempt()
	return []step{
		{Text: v.t("call_step.answer", nil), Done: true, At: v.moment(a.StartedAt)},
		{Text: v.agreed(a.Transport, a.Rate, a.ECM), Done: true},
		{Text: v.confirmed(v.pageCount(f)), Done: true},
	}
}
