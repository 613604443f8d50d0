package dashboard

import (
	"strconv"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/notify"
)

// hookDeliveries is how many deliveries the page of a webhook shows.
const hookDeliveries = 50

// hookPage is one webhook with what it was told.
type hookPage struct {
	frame
	Hook       hookRow
	Reason     string // why it was disabled; empty: it is not
	Deliveries []hookDelivery
	Limit      int
}

// hookDelivery is one event on its way to the webhook.
type hookDelivery struct {
	ID       string
	At       moment
	Status   badge
	Fax      string // the path of the fax
	Next     string // when it is tried again; empty: it is not
	Replay   bool   // it can be delivered once more
	Body     string
	Attempts []hookAttempt
}

// hookAttempt is one attempt to post.
type hookAttempt struct {
	Number int
	At     moment
	Result string // the status, or why there was none
	Detail string // in the words of the system; empty: none
	Answer string // the beginning of the answer's body
	Good   bool
}

func (s *Server) hook(v *visit, c auth.Caller) error {
	return s.showHook(v, c, nil)
}

func (s *Server) showHook(v *visit, c auth.Caller, p *problem) error {
	hook, err := s.Hooks.Hook(v.r.Context(), hookOwner(c), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	deliveries, err := s.Hooks.Deliveries(v.r.Context(), hookOwner(c), hook.ID, hookDeliveries)
	if err != nil {
		return err
	}
	page := &hookPage{frame: v.page(hook.Host(), hooksPath), Hook: v.hookRow(hook), Reason: hook.DisabledReason, Limit: hookDeliveries}
	for _, d := range deliveries {
		page.Deliveries = append(page.Deliveries, v.hookDelivery(d))
	}
	page.with(p)
	return v.show("hook", page)
}

func (v *visit) hookDelivery(d notify.HookDelivery) hookDelivery {
	tones := map[notify.DeliveryState]string{notify.Delivered: "good", notify.Failed: "danger"}
	out := hookDelivery{
		ID: d.ID, At: v.moment(d.CreatedAt), Status: badge{v.t("hook_state."+string(d.State), nil), tones[d.State]},
		Fax: faxPath(d.FaxID), Replay: d.State != notify.Pending, Body: d.Body,
	}
	if d.State == notify.Pending && d.NextAt.After(v.now) {
		out.Next = v.t("hook.next", map[string]any{"at": d.NextAt.In(v.zone)})
	}
	for _, a := range d.Log {
		out.Attempts = append(out.Attempts, v.hookAttempt(a))
	}
	return out
}

func (v *visit) hookAttempt(a notify.HookAttempt) hookAttempt {
	out := hookAttempt{
		Number: a.Number, At: v.moment(a.At), Result: "HTTP " + strconv.Itoa(a.Status), Detail: a.Error, Answer: a.Body, Good: a.Succeeded(),
	}
	if a.Failure != "" {
		out.Result = v.t("hook_failure."+string(a.Failure), nil)
	}
	return out
}

// enableHook makes a disabled webhook live again.
func (s *Server) enableHook(v *visit, c auth.Caller) error {
	if _, err := v.read(); err != nil {
		return err
	}
	id := v.r.PathValue("id")
	if _, err := s.Hooks.Enable(v.r.Context(), hookOwner(c), notify.Actor(c.Actor()), id); err != nil {
		return err
	}
	return v.done(hookPath(id), "hook_enabled")
}

// replayHook delivers an event once more.
func (s *Server) replayHook(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	id := v.r.PathValue("id")
	if form.Get("delivery") == "" {
		return s.showHook(v, c, nil)
	}
	_, err = s.Hooks.Replay(v.r.Context(), hookOwner(c), notify.Actor(c.Actor()), id, notify.Replay{DeliveryID: form.Get("delivery")})
	if err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showHook(v, c, p) })
	}
	return v.done(hookPath(id), "hook_replayed")
}

// deleteHookForm asks once more before a webhook is gone.
type deleteHookForm struct {
	frame
	Hook hookRow
}

func (s *Server) deleteHookPage(v *visit, c auth.Caller) error {
	hook, err := s.Hooks.Hook(v.r.Context(), hookOwner(c), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	return v.show("hook_delete", &deleteHookForm{v.page(v.t("hook_delete.title", map[string]any{"host": hook.Host()}), hooksPath), v.hookRow(hook)})
}

func (s *Server) deleteHook(v *visit, c auth.Caller) error {
	if _, err := v.read(); err != nil {
		return err
	}
	if _, err := s.Hooks.Delete(v.r.Context(), hookOwner(c), notify.Actor(c.Actor()), v.r.PathValue("id")); err != nil {
		return err
	}
	return v.done(hooksPath, "hook_deleted")
}
