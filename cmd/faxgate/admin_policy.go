package main

import (
	"context"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/locale"
)

// adminPlanCommand is `faxgate admin plan`.
type adminPlanCommand struct {
	organizationFlag
	Plan string `arg:""`
}

func (c *adminPlanCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		org, err := a.organization(ctx, c.organizationFlag)
		if err != nil {
			return err
		}
		if err := a.Organizations.SetPlan(ctx, auth.Operator(org), auth.Plan(c.Plan)); err != nil {
			return err
		}
		org.Plan = auth.Plan(c.Plan)
		return a.print(showOrganization(org), "cli.plan_set", map[string]any{"name": org.Name, "plan": c.Plan})
	})
}

// adminSecurityCommand is `faxgate admin security`.
type adminSecurityCommand struct {
	organizationFlag
	Advanced        string `required:"" xor:"control" enum:"on,off" placeholder:"on|off"`
	QueryParameters string `required:"" xor:"control" enum:"on,off" placeholder:"on|off"`
}

func (c *adminSecurityCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		org, err := a.organization(ctx, c.organizationFlag)
		if err != nil {
			return err
		}
		if c.QueryParameters != "" {
			return a.switchQueryParameters(ctx, org, c.QueryParameters == "on")
		}
		caller := auth.Operator(org)
		impact, err := a.Organizations.Preview(ctx, caller)
		if err != nil {
			return err
		}
		on := c.Advanced == "on"
		if err := a.Organizations.SwitchAdvancedSecurity(ctx, caller, on); err != nil {
			return err
		}
		org.AdvancedSecurity = on
		id := "cli.security_off"
		if on {
			id = "cli.security_on"
		}
		return a.print(struct {
			shownOrganization
			Grants int `json:"grants"`
			Ended  int `json:"ended"`
		}{showOrganization(org), impact.Grants, impact.Ending}, id, map[string]any{
			"name": org.Name, "grants": impact.Grants, "ended": impact.Ending,
		})
	})
}

// switchQueryParameters allows or forbids parameters in the URL of the token endpoint.
func (a *admin) switchQueryParameters(ctx context.Context, org auth.Organization, allowed bool) error {
	caller := auth.Operator(org)
	clients, err := a.Organizations.QueryClients(ctx, caller)
	if err != nil {
		return err
	}
	if err := a.Organizations.SwitchQueryParameters(ctx, caller, allowed); err != nil {
		return err
	}
	org.BodyOnly = !allowed
	id := "cli.query_parameters_off"
	if allowed {
		id = "cli.query_parameters_on"
	}
	return a.print(struct {
		shownOrganization
		QueryClients int `json:"query_clients"`
	}{showOrganization(org), clients}, id, map[string]any{"name": org.Name, "clients": clients})
}

// adminRetention is `faxgate admin retention`.
type adminRetention struct {
	organizationFlag
	Days int `arg:""`
}

func (c *adminRetention) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		org, err := a.organization(ctx, c.organizationFlag)
		if err != nil {
			return err
		}
		if err := a.Organizations.SetRetention(ctx, auth.Operator(org), c.Days); err != nil {
			return err
		}
		org.RetentionDays = c.Days
		id := "cli.retention_set"
		if c.Days == 0 {
			id = "cli.retention_kept"
		}
		return a.print(showOrganization(org), id, map[string]any{"name": org.Name, "count": c.Days})
	})
}

// onOff writes a switch for people.
func (a *admin) onOff(on bool) string {
	if on {
		return locale.Text(a.language, "cli.on", nil)
	}
	return locale.Text(a.language, "cli.off", nil)
}
