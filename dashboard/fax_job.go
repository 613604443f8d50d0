package dashboard

import (
	"time"

	"github.com/faxgate/faxgate/fax"
)

// jobPage is a fax on its way.
type jobPage struct {
	frame
	Path      string
	Folder    string // the path of the outbox
	Owner     string // whose it is; empty: one's own
	Status    badge
	Steps     []step
	Attempts  []attemptRow
	From, To  string
	Pages     string // empty: they are not counted yet
	Submitted moment
	Next      string // when it is sent, in a sentence; empty: now
	Comment   string
	Cancel    bool // it can still be taken back
}

// step is a part of the way of a fax.
type step struct {
	Text string
	Done bool
	Now  bool
	At   moment // when it began; no time: it has not
}

func (s *Server) showJob(v *visit, m mailbox, j fax.Job, p *problem) error {
	page := &jobPage{
		frame: v.page(v.t("fax_title.outgoing", map[string]any{"party": v.number(j.To)}), faxesPath),
		Path:  m.fax(j.ID), Folder: folderPath(m.path(), "outbox", 0), Owner: m.owner(), Status: v.jobBadge(j), Steps: v.steps(j), Attempts: v.attempts(j.Attempts),
		From: v.number(j.From), To: v.number(j.To), Submitted: v.moment(j.Submitted), Comment: j.Comment.Text,
		Cancel: j.Status != fax.Sending,
	}
	if j.Document.Pages > 0 {
		page.Pages = v.pages(j.Document.Pages)
	}
	if j.Status == fax.Scheduled && j.NextAt.After(v.now) {
		page.Next = v.t("fax.next_at", map[string]any{"at": j.NextAt.In(v.zone)})
	}
	page.Live, page.Wide = true, true
	page.with(p)
	return v.show("fax_job", page)
}

// steps are all steps of a job, with those behind it.
func (v *visit) steps(j fax.Job) []step {
	began := map[fax.OutboxStatus]time.Time{fax.Submitted: j.Submitted}
	for _, c := range j.Changes {
		began[c.Status] = c.At
	}
	var steps []step
	done := true
	for _, s := range []fax.OutboxStatus{fax.Submitted, fax.Converting, fax.Scheduled, fax.Sending} {
		now := s == j.Status
		done = done && !now
		x := step{Text: v.t("outbox_step."+string(s), nil), Done: done, Now: now}
		if at := began[s]; !at.IsZero() && (done || now) {
			x.At = v.moment(at)
		}
		steps = append(steps, x)
	}
	return steps
}

// cancelFax takes a fax back before it is dialled.
func (s *Server) cancelFax(v *visit, m mailbox) error {
	if _, err := v.read(); err != nil {
		return err
	}
	id := v.r.PathValue("id")
	err := s.Outbox.Cancel(v.r.Context(), m.Actor, id)
	if err == nil {
		return v.done(folderPath(m.path(), "outbox", 0), "fax_cancelled")
	}
	return v.showAgain(err, func(p *problem) error {
		job, err := s.Outbox.Job(v.r.Context(), m.Actor, id)
		if err != nil {
			return err
		}
		return s.showJob(v, m, job, p)
	})
}
