package dashboard

import (
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

// firstRun is the way of the first fax, there and back.
type firstRun struct {
	frame
	Path      string
	Steps     []step
	Failure   string // why the fax did not arrive; empty: it did, or may still
	Next      string // what to do about it
	Sent      string // the path of the record; empty: it is on its way
	Answer    string // the path of the fax that came back; empty: none yet
	Picture   picture
	Payloads  []hookPayload // what webhooks are told of both faxes; empty: one is not over
	API       bool          // the plan has API access
	Simulated bool
}

// answerWait is how long the answer is waited for.
const answerWait = 2 * time.Minute

func (s *Server) firstRunPage(v *visit, c auth.Caller) error {
	page, err := s.firstRun(v, c, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	return v.show("first_run", page)
}

// followFirstRun keeps that page up to date until both faxes are over.
func (s *Server) followFirstRun(v *visit, _ auth.Caller) error {
	id := v.r.PathValue("id")
	changed, stop := s.Board.Watch(id)
	defer stop()
	return v.follow("first_run", changed, func() (framed, error) { return s.firstRun(v, *v.caller, id) })
}

// firstRun is the page of a fax to the number that answers.
func (s *Server) firstRun(v *visit, c auth.Caller, id string) (*firstRun, error) {
	by := own(c)
	page := &firstRun{
		frame: v.page(v.t("first_run.title", nil), faxesPath), Path: firstFaxPath + "/" + id,
		API: c.Organization.APIAccess(), Simulated: s.Simulated,
	}
	job, err := s.Outbox.Job(v.r.Context(), by, id)
	if err == nil {
		page.Steps, page.Live = v.steps(job), true
		sent := page.Steps[len(page.Steps)-1].Done
		page.Steps = append(page.Steps, step{Text: v.t("first_run.answer", nil), Now: sent})
		return page, nil
	}
	if !fault.HasCode(err, "fax_unknown") {
		return nil, err
	}
	f, err := s.Faxes.Fax(v.r.Context(), by, id)
	if err != nil {
		return nil, err
	}
	return page, page.over(s, v, c, f)
}

// over tells how the fax ended, and looks for the answer.
func (page *firstRun) over(s *Server, v *visit, c auth.Caller, f fax.Fax) error {
	page.Sent = faxPath(f.ID)
	for _, status := range []fax.OutboxStatus{fax.Submitted, fax.Converting, fax.Scheduled} {
		page.Steps = append(page.Steps, step{Text: v.t("outbox_step."+string(status), nil), Done: true})
	}
	page.Steps[0].At = v.moment(f.Submitted)
	if f.Status != fax.Success {
		page.Failure, page.Next = f.Reason(v.language)
		return page.tell(s, v, c, f)
	}
	page.Simulated = page.Simulated || f.LastAttempt().Simulated
	page.Steps = append(page.Steps, v.callOver(f)...)
	answers, err := s.Faxes.List(v.r.Context(), own(c), fax.Filter{
		Category: fax.Inbox, From: testOK, After: f.Started, Limit: 1, Ascending: true,
	})
	if err != nil {
		return err
	}
	last := step{Text: v.t("first_run.answer", nil), Done: len(answers) > 0, Now: len(answers) == 0}
	if len(answers) > 0 {
		page.Answer = faxPath(answers[0].ID)
		page.Picture = v.picture(page.Answer, answers[0], 1)
	}
	page.Steps = append(page.Steps, last)
	page.Live = len(answers) == 0 && v.now.Sub(f.Updated) < answerWait
	if page.Live {
		return nil
	}
	return page.tell(s, v, c, append([]fax.Fax{f}, answers...)...)
}

// tell shows what webhooks are told of the faxes.
func (page *firstRun) tell(s *Server, v *visit, c auth.Caller, faxes ...fax.Fax) error {
	for _, f := range faxes {
		p, err := s.hookPayload(v, c, f)
		if err != nil {
			return err
		}
		page.Payloads = append(page.Payloads, p)
	}
	return nil
}
