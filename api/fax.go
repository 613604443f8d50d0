package api

import (
	"net/http"

	"github.com/faxgate/faxgate/fax"
)

// listFaxes answers with the faxes that are over. There is neither a total nor a
// cursor on this wire: clients page by time or by offset.
func (s *Server) listFaxes(w http.ResponseWriter, r *http.Request, m mailbox) error {
	filter, err := faxFilter(r)
	if err != nil {
		return err
	}
	faxes, err := s.Faxes.List(r.Context(), m.Actor, filter)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, func(e *encoder) {
		e.open("")
		e.open("data")
		list(e, "records", faxes, (*encoder).fax)
		e.close()
		e.close()
	})
	return nil
}

func (s *Server) getFax(w http.ResponseWriter, r *http.Request, m mailbox) error {
	f, err := s.Faxes.Fax(r.Context(), m.Actor, r.PathValue("fax_id"))
	if err != nil {
		return err
	}
	recorded, err := s.recordedOf(w, r, f.OrganizationID, f.ID, f.Direction)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, func(e *encoder) { e.wholeFax(f, recorded) })
	return nil
}

// faxChange is what may be changed of a fax that is over. An absent key stays as it is.
type faxChange struct {
	Comment *string `json:"comment"`
	IsRead  *bool   `json:"is_read"`
}

func (s *Server) putFax(w http.ResponseWriter, r *http.Request, m mailbox) error {
	var in faxChange
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := s.Faxes.Update(r.Context(), m.Actor, r.PathValue("fax_id"), fax.Change{Comment: in.Comment, IsRead: in.IsRead}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) deleteFax(w http.ResponseWriter, r *http.Request, m mailbox) error {
	if err := s.Faxes.Delete(r.Context(), m.Actor, r.PathValue("fax_id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// putFaxes changes several faxes alike.
func (s *Server) putFaxes(w http.ResponseWriter, r *http.Request, m mailbox) error {
	var in struct {
		IDs     []string `json:"ids"`
		Comment *string  `json:"comment"`
		IsRead  *bool    `json:"is_read"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	return inBulk(w, r, in.IDs, func(ids []string) ([]fax.Result, error) {
		return s.Faxes.UpdateAll(r.Context(), m.Actor, ids, fax.Change{Comment: in.Comment, IsRead: in.IsRead})
	})
}

func (s *Server) deleteFaxes(w http.ResponseWriter, r *http.Request, m mailbox) error {
	var in bulk
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	return inBulk(w, r, in.IDs, func(ids []string) ([]fax.Result, error) {
		return s.Faxes.DeleteAll(r.Context(), m.Actor, ids)
	})
}
