package main

import (
	"context"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

// adminClient is `faxgate admin client …`.
type adminClient struct {
	Create clientCreateCommand `cmd:""`
	List   clientListCommand   `cmd:""`
	Delete clientDeleteCommand `cmd:""`
}

// shownClient is an OAuth client in JSON, without its secret.
type shownClient struct {
	ID           string     `json:"client_id"`
	Name         string     `json:"name"`
	RegisteredBy string     `json:"registered_by"`
	Public       bool       `json:"public"`
	PKCERequired bool       `json:"pkce_required"`
	RedirectURIs []string   `json:"redirect_uris"`
	CreatedAt    *time.Time `json:"created_at"`
	LastUsedAt   *time.Time `json:"last_used_at"`
}

func showClient(c oauth.Client) shownClient {
	uris := append([]string{}, c.RedirectURIs...) // never null
	return shownClient{c.ID, c.Name, c.RegisteredBy, c.Public, c.PKCERequired, uris, stamp(c.CreatedAt), stamp(c.LastUsedAt)}
}

type clientCreateCommand struct {
	Email       string   `required:"" placeholder:"ADDRESS"`
	Name        string   `required:"" placeholder:"NAME"`
	RedirectURI []string `required:"" name:"redirect-uri" sep:"none" placeholder:"URI"`
	Public      bool
	PKCE        bool `name:"pkce"`
	AllowHTTP   bool `name:"allow-http"`
}

func (c *clientCreateCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		acc, by, err := a.account(ctx, c.Email)
		if err != nil {
			return err
		}
		client, secret, err := a.Clients.Register(ctx, onBehalf(acc, by), oauth.Registration{
			Name: c.Name, RedirectURIs: c.RedirectURI, Public: c.Public, PKCERequired: c.PKCE, AllowHTTP: c.AllowHTTP,
		})
		if err != nil {
			return err
		}
		id := "cli.client_created"
		if client.Public {
			id = "cli.client_created_public"
		}
		return a.print(struct {
			shownClient
			Secret string `json:"client_secret,omitempty"` // public clients have none
		}{showClient(client), secret}, id, map[string]any{"client_id": client.ID, "client_secret": secret, "name": client.Name})
	})
}

// onBehalf is the operator with the account's name and role: the client is registered
// in that name and within that role, and the audit says that it was at the command line.
func onBehalf(acc auth.Account, by auth.Caller) auth.Caller {
	by.Account = acc
	return by
}

type clientListCommand struct{ organizationFlag }

func (c *clientListCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		org, err := a.organization(ctx, c.organizationFlag)
		if err != nil {
			return err
		}
		all, err := a.Clients.List(ctx, auth.Operator(org))
		if err != nil {
			return err
		}
		shown := make([]shownClient, 0, len(all))
		t := a.heading("cli.column.client_id", "cli.column.name", "cli.column.registered_by", "cli.column.last_used", "cli.column.redirect_uris")
		for _, client := range all {
			shown = append(shown, showClient(client))
			t.row(client.ID, client.Name, client.RegisteredBy, a.when(client.LastUsedAt), strings.Join(client.RedirectURIs, " "))
		}
		return a.list("clients", shown, t)
	})
}

type clientDeleteCommand struct {
	ClientID string `required:"" name:"client-id" placeholder:"ID"`
}

func (c *clientDeleteCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		client, err := a.Clients.Known(ctx, c.ClientID)
		if err != nil {
			return err
		}
		org, err := a.Organizations.Organization(ctx, client.OrganizationID)
		if err != nil {
			return err
		}
		if err := a.Clients.Delete(ctx, auth.Operator(org), client.ID); err != nil {
			return err
		}
		return a.print(showClient(client), "cli.client_deleted", map[string]any{"name": client.Name, "client_id": client.ID})
	})
}
