package main

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/auth"
)

// adminAuditCommand is `faxgate admin audit`.
type adminAuditCommand struct {
	organizationFlag
	Limit int `default:"50" placeholder:"N"`
}

// shownAudit is a record of the audit in JSON.
type shownAudit struct {
	At       *time.Time `json:"at"`
	Actor    string     `json:"actor"`
	Address  string     `json:"address"`
	TokenID  string     `json:"token_id"`
	ClientID string     `json:"client_id"`
	Action   string     `json:"action"`
	ObjectID string     `json:"object_id"`
	Detail   string     `json:"detail"`
}

func showAudit(r auth.Audit) shownAudit {
	return shownAudit{stamp(r.At), r.Actor.Name, r.Actor.Address, r.Actor.TokenID, r.Actor.ClientID, r.Action, r.ObjectID, r.Detail}
}

func (c *adminAuditCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		org, err := a.organization(ctx, c.organizationFlag)
		if err != nil {
			return err
		}
		all, err := a.Organizations.Audits(ctx, auth.Operator(org), max(c.Limit, 0))
		if err != nil {
			return err
		}
		shown := make([]shownAudit, 0, len(all))
		t := a.heading("cli.column.at", "cli.column.actor", "cli.column.address", "cli.column.action", "cli.column.detail")
		for _, r := range all {
			shown = append(shown, showAudit(r))
			t.row(a.when(r.At), r.Actor.Name, r.Actor.Address, r.Action, r.Detail)
		}
		return a.list("audit", shown, t)
	})
}
