package api

import (
	"net/http"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/notify"
)

// listHooks answers with the caller's webhooks, of one event or of all.
func (s *Server) listHooks(w http.ResponseWriter, r *http.Request, c auth.Caller) error {
	values, err := readQuery(r)
	if err != nil {
		return err
	}
	hooks, err := s.Hooks.List(r.Context(), ownerOf(c), notify.EventKind(values.Get("event")))
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, func(e *encoder) {
		e.open("")
		list(e, "data", hooks, (*encoder).hook)
		e.close()
	})
	return nil
}

// createHook makes a webhook. Its secret is told here and never again.
func (s *Server) createHook(w http.ResponseWriter, r *http.Request, c auth.Caller) error {
	var in struct {
		Target  string           `json:"target"`
		Event   notify.EventKind `json:"event"`
		Numbers []string         `json:"numbers"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	hook, secret, err := s.Hooks.Create(r.Context(), ownerOf(c), notify.Actor(c.Actor()), notify.NewHook(in))
	if err != nil {
		return err
	}
	noStore(w.Header())
	answer(w, http.StatusCreated, func(e *encoder) {
		e.open("")
		e.text("id", hook.ID)
		e.text("secret", secret)
		e.close()
	})
	return nil
}

func (s *Server) deleteHook(w http.ResponseWriter, r *http.Request, c auth.Caller) error {
	if _, err := s.Hooks.Delete(r.Context(), ownerOf(c), notify.Actor(c.Actor()), r.PathValue("hook_id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func ownerOf(c auth.Caller) notify.Owner {
	return notify.Owner{OrganizationID: c.Organization.ID, AccountID: c.Account.ID}
}

func (e *encoder) hook(h notify.Hook) {
	e.open("")
	e.text("id", h.ID)
	e.text("target", h.Target)
	e.text("event", string(h.Event))
	if len(h.Numbers) > 0 {
		e.texts("numbers", h.Numbers)
	}
	e.flag("is_disabled", !h.DisabledAt.IsZero())
	e.close()
}
