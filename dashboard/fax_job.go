package dashboard

import (
	"github.com/faxgate/faxgate/fault"
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

func (s *Server) showJob(v *visit, m mailbox, j fax.Job, p *problem) error {
	page, err := v.jobPage(m, j)
	if err != nil {
		return err
	}
	page.with(p)
	return v.show("fax_job", page)
}

func (v *visit) jobPage(m mailbox, j fax.Job) (*jobPage, error) {
	recorded, err := v.server.callsOf(v.r.Context(), m, j.ID, j.Attempts, fax.Outgoing)
	if err != nil {
		return nil, err
	}
	page := &jobPage{
		frame: v.page(v.t("fax_title.outgoing", map[string]any{"party": v.number(j.To)}), faxesPath),
		Path:  m.fax(j.ID), Folder: folderPath(m.path(), "outbox", 0), Owner: m.owner(), Status: v.jobBadge(j), Steps: v.steps(j), Attempts: v.attempts(recorded),
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
	return page, nil
}

// followJob keeps the page of a fax on its way up to date until the fax is over.
func (s *Server) followJob(v *visit, m mailbox) error {
	id := v.r.PathValue("id")
	changed, stop := s.Board.Watch(id)
	defer stop()
	return v.follow("fax_job", changed, func() (framed, error) {
		m, err := s.mailboxOf(v, *v.caller, m.AccountID) // which may be closed to the person meanwhile
		if err == nil {
			err = m.Whole()
		}
		if err != nil {
			return nil, err
		}
		job, err := s.Outbox.Job(v.r.Context(), m.Actor, id)
		if err == nil {
			return v.jobPage(m, job)
		}
		if fault.HasCode(err, "fax_unknown") { // it is over
			_, err = s.Faxes.Fax(v.r.Context(), m.Actor, id)
		}
		return nil, err
	})
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
