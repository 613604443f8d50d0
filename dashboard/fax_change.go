package dashboard

import (
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

// marks are what a button of the fax's page changes, by its value.
var marks = map[string]struct {
	change fax.Change
	notice string
}{
	"unread":   {fax.Change{IsRead: flag(false)}, "fax_unread"},
	"spam":     {fax.Change{IsSpam: flag(true)}, "fax_spam"},
	"not_spam": {fax.Change{IsSpam: flag(false)}, "fax_not_spam"},
}

func flag(b bool) *bool { return &b }

// markFax changes one of the marks.
func (s *Server) markFax(v *visit, m mailbox) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	mark, known := marks[form.Get("mark")]
	if !known {
		return fault.New(fault.Invalid, "form_malformed")
	}
	id := v.r.PathValue("id")
	if err := s.Faxes.Update(v.r.Context(), m.Actor, id, mark.change); err != nil {
		return err
	}
	return v.done(m.fax(id), mark.notice)
}

// commentFax replaces the comment of a fax.
func (s *Server) commentFax(v *visit, m mailbox) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	id, text := v.r.PathValue("id"), form.Get("comment")
	err = s.Faxes.Update(v.r.Context(), m.Actor, id, fax.Change{Comment: &text})
	if err == nil {
		return v.done(m.fax(id), "fax_commented")
	}
	return v.showAgain(err, func(p *problem) error {
		f, err := s.Faxes.Fax(v.r.Context(), m.Actor, id)
		if err != nil {
			return err
		}
		return s.showFax(v, m, f, p)
	})
}

// deleteFaxForm asks once more before a fax is gone.
type deleteFaxForm struct {
	frame
	Path    string
	Party   string
	Pages   string
	Started moment
}

func (s *Server) deleteFaxPage(v *visit, m mailbox) error {
	f, err := s.Faxes.Fax(v.r.Context(), m.Actor, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	return v.show("fax_delete", &deleteFaxForm{
		frame: v.page(v.t("fax_delete.title", nil), faxesPath), Path: m.fax(f.ID), Party: v.party(f),
		Pages: v.pageCount(f), Started: v.moment(f.Started),
	})
}

// deleteFax removes a fax and its pages.
func (s *Server) deleteFax(v *visit, m mailbox) error {
	if _, err := v.read(); err != nil {
		return err
	}
	id := v.r.PathValue("id")
	f, err := s.Faxes.Fax(v.r.Context(), m.Actor, id)
	if err != nil {
		return err
	}
	if err := s.Faxes.Delete(v.r.Context(), m.Actor, id); err != nil {
		return err
	}
	return v.done(v.folderOf(m, f).Path, "fax_deleted")
}
