package dashboard

import (
	"bytes"
	"encoding/json"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/notify"
)

// exampleTarget stands where nobody has a webhook yet.
const exampleTarget = "https://example.com/faxgate"

// hookPayload is what a webhook is told of a fax.
type hookPayload struct {
	ID     string // of the element on the page, and the name of the event
	Event  string // in words
	Body   string // JSON, on several lines
	Target string // where it is posted; empty: nobody wants to hear of it
	Path   string // of that webhook's page
	Status badge  // of the delivery; no text: there is none yet
}

// hookPayload shows what was posted to the first webhook that hears of such faxes, or
// what would be.
func (s *Server) hookPayload(v *visit, c auth.Caller, f fax.Fax) (hookPayload, error) {
	e := s.HookEvent(fax.EventOf(f))
	p := hookPayload{ID: string(e.Kind), Event: v.t("hook_event."+string(e.Kind), nil)}
	hook, found, err := s.hookFor(v, c, e)
	if err != nil {
		return p, err
	}
	if !found {
		p.Body = readable(notify.Payload(notify.Hook{Target: exampleTarget}, e))
		return p, nil
	}
	p.Target, p.Path, p.Body = hook.Target, hookPath(hook.ID), readable(notify.Payload(hook, e))
	deliveries, err := s.Hooks.Deliveries(v.r.Context(), hookOwner(c), hook.ID, hookDeliveries)
	for _, d := range deliveries {
		if d.FaxID == f.ID {
			p.Status, p.Body = v.hookDelivery(d).Status, readable(d.Body)
		}
	}
	return p, err
}

// hookFor is the caller's first live webhook that hears of an event.
func (s *Server) hookFor(v *visit, c auth.Caller, e notify.Event) (notify.Hook, bool, error) {
	hooks, err := s.Hooks.List(v.r.Context(), hookOwner(c), e.Kind)
	for _, h := range hooks {
		if h.Live() && h.Wants(e) {
			return h, true, nil
		}
	}
	return notify.Hook{}, false, err
}

// readable breaks JSON into lines, and changes nothing else.
func readable(body string) string {
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(body), "", "  "); err != nil {
		return body
	}
	return out.String()
}
