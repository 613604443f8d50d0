package main

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/auth"
)

// adminOrganization is `faxgate admin organization …`.
type adminOrganization struct {
	Create organizationCreateCommand `cmd:""`
	List   organizationListCommand   `cmd:""`
}

type organizationCreateCommand struct {
	Name         string `required:"" placeholder:"NAME"`
	OwnerEmail   string `required:"" placeholder:"ADDRESS"`
	PasswordFile string `required:"" placeholder:"FILE"`
	Plan         string `default:"enterprise" placeholder:"PLAN"`
}

// shownOrganization is an organization in JSON.
type shownOrganization struct {
	ID               string     `json:"organization_id"`
	Name             string     `json:"name"`
	Plan             auth.Plan  `json:"plan"`
	AdvancedSecurity bool       `json:"advanced_security"`
	QueryParameters  bool       `json:"query_parameters"`
	RetentionDays    int        `json:"retention_days"`
	CreatedAt        *time.Time `json:"created_at"`
}

func showOrganization(o auth.Organization) shownOrganization {
	return shownOrganization{o.ID, o.Name, o.Plan, o.AdvancedSecurity, !o.BodyOnly, o.RetentionDays, stamp(o.CreatedAt)}
}

func (c *organizationCreateCommand) run(ctx context.Context, in *invocation) error {
	password, err := in.password(c.PasswordFile)
	if err != nil {
		return err
	}
	return in.withData(ctx, true, func(a *admin) error {
		region := in.commands.Admin.regionSettings
		org, acc, err := a.Accounts.CreateOrganization(ctx, auth.NewOwner{
			Organization: c.Name, Plan: auth.Plan(c.Plan), Email: c.OwnerEmail, Password: password,
			TimeZone: region.TimeZone, Country: region.Country,
		}, false, auth.Operator(auth.Organization{}).Actor())
		if err != nil {
			return err
		}
		return a.print(struct {
			shownOrganization
			AccountID string `json:"account_id"`
			Email     string `json:"email"`
		}{showOrganization(org), acc.ID, acc.Email}, "cli.organization_created", map[string]any{
			"name": org.Name, "id": org.ID, "email": acc.Email, "plan": string(org.Plan),
		})
	})
}

type organizationListCommand struct{}

func (c *organizationListCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		all, err := a.Organizations.All(ctx)
		if err != nil {
			return err
		}
		shown := make([]shownOrganization, 0, len(all))
		t := a.heading("cli.column.id", "cli.column.name", "cli.column.plan", "cli.column.advanced_security", "cli.column.created")
		for _, o := range all {
			shown = append(shown, showOrganization(o))
			t.row(o.ID, o.Name, string(o.Plan), a.onOff(o.AdvancedSecurity), a.when(o.CreatedAt))
		}
		return a.list("organizations", shown, t)
	})
}
