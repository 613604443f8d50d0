package api

import (
	"net/http"

	"github.com/faxgate/faxgate/fax"
)

// listOutbox answers with everything that is on its way. The wire has neither paging
// nor the wrapper that the faxes have.
func (s *Server) listOutbox(w http.ResponseWriter, r *http.Request, m mailbox) error {
	jobs, err := s.Outbox.List(r.Context(), m.Actor)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, func(e *encoder) {
		e.open("")
		list(e, "records", jobs, func(e *encoder, j fax.Job) { e.job(j, s.callOf(j), nil) })
		e.close()
	})
	return nil
}

func (s *Server) getJob(w http.ResponseWriter, r *http.Request, m mailbox) error {
	job, err := s.Outbox.Job(r.Context(), m.Actor, r.PathValue("outbox_id"))
	if err != nil {
		return err
	}
	recorded, err := s.recordedOf(w, r, job.OrganizationID, job.ID, fax.Outgoing)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, func(e *encoder) { e.job(job, s.callOf(job), recorded) })
	return nil
}

// callOf is the call that is going on for a record of the outbox; nil: none is.
func (s *Server) callOf(j fax.Job) *fax.Call {
	call, calling := s.Board.Call(j.ID)
	if !calling {
		return nil
	}
	return &call
}

// putJob changes the comment: a plain text here, where a submission has an object.
func (s *Server) putJob(w http.ResponseWriter, r *http.Request, m mailbox) error {
	var in struct {
		Comment *string `json:"comment"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if in.Comment != nil {
		if err := s.Outbox.Comment(r.Context(), m.Actor, r.PathValue("outbox_id"), *in.Comment); err != nil {
			return err
		}
	} else if _, err := s.Outbox.Job(r.Context(), m.Actor, r.PathValue("outbox_id")); err != nil {
		return err // nothing to change of nothing
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) deleteJob(w http.ResponseWriter, r *http.Request, m mailbox) error {
	if err := s.Outbox.Cancel(r.Context(), m.Actor, r.PathValue("outbox_id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) putJobs(w http.ResponseWriter, r *http.Request, m mailbox) error {
	var in struct {
		IDs     []string `json:"ids"`
		Comment *string  `json:"comment"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if in.Comment == nil {
		return valueMissing("comment")
	}
	return inBulk(w, r, in.IDs, func(ids []string) ([]fax.Result, error) {
		return s.Outbox.CommentAll(r.Context(), m.Actor, ids, *in.Comment)
	})
}

func (s *Server) deleteJobs(w http.ResponseWriter, r *http.Request, m mailbox) error {
	var in bulk
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	return inBulk(w, r, in.IDs, func(ids []string) ([]fax.Result, error) {
		return s.Outbox.CancelAll(r.Context(), m.Actor, ids)
	})
}
