package dashboard

import (
	"strconv"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

// faxPath is the page of one's own fax.
func faxPath(id string) string { return faxesPath + "/" + id }

// faxPage is one fax that is over.
type faxPage struct {
	frame
	Fax       fax.Fax
	Path      string
	Folder    link // where it stands in the list
	Incoming  bool
	Status    badge
	Sentence  string // how it ended
	Next      string // what to do; empty: nothing
	From, To  string
	Pages     string
	Started   moment
	Submitted moment
	Scheduled moment
	Duration  string // of all calls; empty: there was none
	Pictures  []picture
	Attempts  []attemptRow
	Simulated bool
	Reports   bool   // a report can be drawn
	Again     string // sends it once more; empty: there are no pages
	Owner     string // whose it is; empty: one's own
	Whole     bool   // it may be changed
}

// picture is a page of the fax to look at.
type picture struct {
	Path, Text string
}

// faxPageOf shows a fax or, while it is not over, its job. It has the same address all
// the time.
func (s *Server) faxPageOf(v *visit, m mailbox) error {
	id := v.r.PathValue("id")
	f, err := s.Faxes.Fax(v.r.Context(), m.Actor, id)
	if fault.HasCode(err, "fax_unknown") && m.Whole() == nil {
		var job fax.Job
		if job, err = s.Outbox.Job(v.r.Context(), m.Actor, id); err == nil {
			return s.showJob(v, m, job, nil)
		}
		if fault.HasCode(err, "fax_unknown") { // it may have become a fax in between
			f, err = s.Faxes.Fax(v.r.Context(), m.Actor, id)
		}
	}
	if err != nil {
		return err
	}
	if m.own && !f.IsRead && v.markRead() {
		read := true
		if err := s.Faxes.Update(v.r.Context(), m.Actor, f.ID, fax.Change{IsRead: &read}); err != nil {
			return err
		}
	}
	return s.showFax(v, m, f, nil)
}

// markRead reports whether looking at a fax makes it read: not when its mark has just
// been taken away.
func (v *visit) markRead() bool { return v.cookie(noticeCookie) != "fax_unread" }

func (s *Server) showFax(v *visit, m mailbox, f fax.Fax, p *problem) error {
	recorded, err := s.callsOf(v.r.Context(), m, f.ID, f.Attempts, f.Direction)
	if err != nil {
		return err
	}
	sentence, next := f.Reason(v.language)
	page := &faxPage{
		frame: v.page(v.t("fax_title."+string(f.Direction), map[string]any{"party": v.party(f)}), faxesPath),
		Fax:   f, Path: m.fax(f.ID), Folder: v.folderOf(m, f), Incoming: f.Direction == fax.Incoming,
		Status: v.faxBadge(f), Sentence: sentence, Next: next,
		From: v.number(f.From), To: v.number(f.To), Pages: v.pageCount(f), Started: v.moment(f.Started),
		Submitted: v.moment(f.Submitted), Scheduled: v.moment(f.Scheduled), Attempts: v.attempts(recorded),
		Simulated: f.LastAttempt().Simulated, Reports: s.Reports != nil && f.Direction == fax.Outgoing,
		Owner: m.owner(), Whole: m.Whole() == nil,
	}
	page.Wide = true
	if f.Duration > 0 {
		page.Duration = v.seconds(f.Duration)
	}
	if f.Document.Blob != "" {
		page.Again = sendAgainPath(m, f.ID)
		for n := range f.Document.Pages {
			page.Pictures = append(page.Pictures, v.picture(page.Path, f, n+1))
		}
	}
	page.with(p)
	return v.show("fax", page)
}

// picture is page n, from 1, of a fax with a path.
func (v *visit) picture(path string, f fax.Fax, n int) picture {
	return picture{
		Path: path + "/pages/" + strconv.Itoa(n),
		Text: v.t("fax.page_of", map[string]any{"n": n, "all": f.Document.Pages}),
	}
}

// pageCount tells the confirmed pages from those that there are.
func (v *visit) pageCount(f fax.Fax) string {
	if f.Document.Pages > f.Pages {
		return v.t("fax.pages_of", map[string]any{"n": f.Pages, "all": f.Document.Pages})
	}
	return v.pages(f.Pages)
}

// folderOf is where a fax stands in the list.
func (v *visit) folderOf(m mailbox, f fax.Fax) link {
	name := "inbox"
	switch {
	case f.IsSpam:
		name = "spam"
	case f.Direction == fax.Outgoing && f.Status != fax.Success:
		name = "failed"
	case f.Direction == fax.Outgoing:
		name = "sent"
	}
	return link{Path: folderPath(m.path(), name, 0), Text: v.t("folder."+name, nil)}
}
