package dashboard

import (
	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/notify"
)

const hooksPath = "/profile/integrations/webhooks"

func hookPath(id string) string { return hooksPath + "/" + id }

// hookOwner says whose webhooks these pages are about: one's own.
func hookOwner(c auth.Caller) notify.Owner {
	return notify.Owner{OrganizationID: c.Organization.ID, AccountID: c.Account.ID}
}

// hooksPage lists the person's webhooks and adds further ones.
type hooksPage struct {
	frame
	API    bool
	Plan   string
	People string
	Hooks  []hookRow
	Events []option
}

// hookRow is one webhook.
type hookRow struct {
	ID, Path  string
	Target    string
	Event     string
	Numbers   []string // those that it is limited to; empty: none
	Status    badge
	Created   moment
	LastTried moment
}

func (s *Server) hooks(v *visit, c auth.Caller) error { return s.showHooks(v, c, nil) }

func (s *Server) showHooks(v *visit, c auth.Caller, p *problem) error {
	hooks, err := s.Hooks.List(v.r.Context(), hookOwner(c), "")
	if err != nil {
		return err
	}
	page := &hooksPage{
		frame: v.page(v.t("hooks.title", nil), hooksPath), API: c.Organization.APIAccess(),
		Plan: v.t("plan."+string(c.Organization.Plan), nil),
	}
	for _, h := range hooks {
		page.Hooks = append(page.Hooks, v.hookRow(h))
	}
	for _, e := range notify.EventKinds() {
		page.Events = append(page.Events, option{string(e), v.t("hook_event."+string(e), nil), e == notify.FaxReceived})
	}
	if !page.API {
		page.People = v.administrators()
	}
	page.with(p)
	return v.show("hooks", page)
}

func (v *visit) hookRow(h notify.Hook) hookRow {
	row := hookRow{
		ID: h.ID, Path: hookPath(h.ID), Target: h.Target, Event: v.t("hook_event."+string(h.Event), nil),
		Status: v.hookBadge(h), Created: v.moment(h.CreatedAt), LastTried: v.moment(h.TriedAt),
	}
	for _, n := range h.Numbers {
		row.Numbers = append(row.Numbers, v.number(n))
	}
	return row
}

func (v *visit) hookBadge(h notify.Hook) badge {
	switch {
	case !h.DisabledAt.IsZero():
		return badge{v.t("hooks.disabled", nil), "danger"}
	case h.Suspended:
		return badge{v.t("hooks.suspended", nil), "warn"}
	case !h.FailingSince.IsZero():
		return badge{v.t("hooks.failing", nil), "warn"}
	}
	return badge{v.t("hooks.live", nil), "good"}
}

// shownHook is the only page that ever has the secret of a webhook.
type shownHook struct {
	frame
	Hook   hookRow
	Secret string
}

// createHook makes a webhook, and shows its secret in the answer to the POST.
func (s *Server) createHook(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	if err := c.Organization.RequireAPI(); err != nil {
		return err
	}
	hook, secret, err := s.Hooks.Create(v.r.Context(), hookOwner(c), notify.Actor(c.Actor()), notify.NewHook{
		Target: form.Get("target"), Event: notify.EventKind(form.Get("event")),
	})
	if err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showHooks(v, c, p) })
	}
	page := &shownHook{frame: v.page(hook.Host(), hooksPath), Hook: v.hookRow(hook), Secret: secret}
	page.Closed, page.referrer = true, noReferrer
	return v.show("hook_shown", page)
}
