package server

import (
	"context"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/notify"
)

// tellHooks hands an event of a fax to the webhooks of its account.
func (r *Rules) tellHooks(ctx context.Context, e fax.Event) error {
	return r.Courier.Notify(ctx, HookEvent(e))
}

// HookEvent is an event of a fax as webhooks hear of it.
func HookEvent(e fax.Event) notify.Event {
	return notify.Event{
		Kind: notify.EventKind(e.Kind), At: e.At, OrganizationID: e.Fax.OrganizationID, AttemptID: e.AttemptID,
		Fax: notify.EventFax{
			ID: e.Fax.ID, AccountID: e.Fax.AccountID, Pages: e.Fax.Pages, From: e.Fax.From, To: e.Fax.To,
			StartTime: e.Fax.Started, File: e.Fax.FileName(), FileName: e.Fax.DisplayName(),
			Status: string(e.Fax.Status), Cost: e.Fax.Pages,
		},
	}
}
