package api

import (
	"net/http"

	"github.com/faxgate/faxgate/auth"
)

// listNumbers answers with the numbers of an account: those that are assigned to it,
// and for who administers the organization all.
func (s *Server) listNumbers(w http.ResponseWriter, r *http.Request, m mailbox) error {
	numbers, err := s.Numbers.List(r.Context(), m.Actor)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, func(e *encoder) {
		e.open("")
		list(e, "numbers", numbers, (*encoder).phoneNumber)
		e.close()
	})
	return nil
}

func (s *Server) getNumber(w http.ResponseWriter, r *http.Request, m mailbox) error {
	n, err := s.Numbers.Number(r.Context(), m.Actor, r.PathValue("number"))
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, func(e *encoder) { e.phoneNumber(n) })
	return nil
}

// assignNumber adds one account to those that have a number. Whose number the path says
// it is does not matter: it is the organization's.
func (s *Server) assignNumber(w http.ResponseWriter, r *http.Request, c auth.Caller) error {
	if _, err := s.administered(r, c, r.PathValue("user_id")); err != nil {
		return err
	}
	var in struct {
		AssignedTo string `json:"assigned_to"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if in.AssignedTo == "" {
		return valueMissing("assigned_to")
	}
	to, err := s.administered(r, c, in.AssignedTo)
	if err != nil {
		return err
	}
	if err := s.Numbers.Assign(r.Context(), actor(c.Account, c), r.PathValue("number"), to.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// revokeNumber takes a number from the account of the path.
func (s *Server) revokeNumber(w http.ResponseWriter, r *http.Request, c auth.Caller) error {
	from, err := s.administered(r, c, r.PathValue("user_id"))
	if err != nil {
		return err
	}
	if err := s.Numbers.Revoke(r.Context(), actor(c.Account, c), r.PathValue("number"), from.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// administered finds an account of the organization for who administers it.
func (s *Server) administered(r *http.Request, c auth.Caller, id string) (auth.Account, error) {
	if !c.Administers() {
		return auth.Account{}, auth.RoleRequired("admin")
	}
	uid, err := uidOf(id, c)
	if err != nil {
		return auth.Account{}, err
	}
	return s.Accounts.Account(r.Context(), c, uid)
}
