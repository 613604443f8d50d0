package dashboard

import (
	"github.com/faxgate/faxgate/auth"
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
func (s *Server) markFax(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	mark, known := marks[form.Get("mark")]
	if !known {
		return fault.New(fault.Invalid, "form_malformed")
	}
	id := v.r.PathValue("id")
	if err := s.Faxes.Update(v.r.Context(), mailbox(c), id, mark.change); err != nil {
		return err
	}
	return v.done(faxPath(id), mark.notice)
}

// commentFax replaces the comment of a fax.
func (s *Server) commentFax(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	by, id, text := mailbox(c), v.r.PathValue("id"), form.Get("comment")
	err = s.Faxes.Update(v.r.Context(), by, id, fax.Change{Comment: &text})
	if err == nil {
		return v.done(faxPath(id), "fax_commented")
	}
	return v.showAgain(err, func(p *problem) error {
		f, err := s.Faxes.Fax(v.r.Context(), by, id)
		if err != nil {
			return err
		}
		return s.showFax(v, f, p)
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

func (s *Server) deleteFaxPage(v *visit, c auth.Caller) error {
	f, err := s.Faxes.Fax(v.r.Context(), mailbox(c), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	return v.show("fax_delete", &deleteFaxForm{
		frame: v.page(v.t("fax_delete.title", nil), faxesPath), Path: faxPath(f.ID), Party: v.party(f),
		Pages: v.pageCount(f), Started: v.moment(f.Started),
	})
}

// deleteFax removes a fax and its pages.
func (s *Server) deleteFax(v *visit, c auth.Caller) error {
	if _, err := v.read(); err != nil {
		return err
	}
	by, id := mailbox(c), v.r.PathValue("id")
	f, err := s.Faxes.Fax(v.r.Context(), by, id)
	if err != nil {
		return err
	}
	if err := s.Faxes.Delete(v.r.Context(), by, id); err != nil {
		return err
	}
	return v.done(v.folderOf(f).Path, "fax_deleted")
}
