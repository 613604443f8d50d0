package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// adminToken is `faxgate admin token …`.
type adminToken struct {
	Create tokenCreateCommand `cmd:""`
	List   tokenListCommand   `cmd:""`
	Revoke tokenRevokeCommand `cmd:""`
}

// shownToken is a personal access token in JSON, without its secret.
type shownToken struct {
	ID         string     `json:"id"`
	Hint       string     `json:"hint"`
	Name       string     `json:"name"`
	AccountID  string     `json:"account_id"`
	Scopes     []string   `json:"scopes"`
	CreatedAt  *time.Time `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
	RevokedAt  *time.Time `json:"revoked_at"`
}

func showToken(t auth.Token) shownToken {
	return shownToken{
		t.ID, t.Hint, t.Name, t.AccountID, t.Scopes.Names(),
		stamp(t.CreatedAt), stamp(t.ExpiresAt), stamp(t.LastUsedAt), stamp(t.RevokedAt),
	}
}

type tokenCreateCommand struct {
	Email   string   `required:"" placeholder:"ADDRESS"`
	Name    string   `required:"" placeholder:"NAME"`
	Expires string   `default:"90d" placeholder:"90d"`
	Scope   []string `required:"" sep:"none" placeholder:"SCOPE"`
}

func (c *tokenCreateCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		acc, by, err := a.account(ctx, c.Email)
		if err != nil {
			return err
		}
		order := auth.NewToken{AccountID: acc.ID, Name: c.Name}
		if order.Scopes, err = auth.ParseScopes(strings.Join(c.Scope, " ")); err != nil {
			return err
		}
		if order.ExpiresAt, err = parseExpiry(c.Expires, a.Tokens.Now(), acc.Location(by.Organization)); err != nil {
			return err
		}
		secret, t, err := a.Tokens.Generate(ctx, by, order)
		if err != nil {
			return err
		}
		if excess := acc.Role.Excess(t.Scopes); excess != 0 {
			a.warn("cli.scope_above_role", map[string]any{"scopes": excess.Names(), "role": string(acc.Role)})
		}
		return a.print(struct {
			Secret string `json:"token"`
			shownToken
			Email string `json:"email"`
		}{secret, showToken(t), acc.Email}, "cli.token_created", map[string]any{
			"token": secret, "email": acc.Email, "expires": a.when(t.ExpiresAt),
		})
	})
}

// parseExpiry reads a number of days or hours from now, or a date, which the token
// lives to the end of.
func parseExpiry(text string, now time.Time, zone *time.Location) (time.Time, error) {
	if number, isDays := strings.CutSuffix(text, "d"); isDays {
		if days, err := strconv.ParseUint(number, 10, 16); err == nil {
			return now.Add(time.Duration(days) * 24 * time.Hour), nil
		}
	}
	if span, err := time.ParseDuration(text); err == nil {
		return now.Add(span), nil
	}
	if end, err := auth.EndOfDay(text, zone, now); err == nil {
		return end, nil
	}
	if moment, err := time.Parse(time.RFC3339, text); err == nil {
		return moment, nil
	}
	return time.Time{}, fault.New(fault.Invalid, "expiry_unreadable", "value", text).At("--expires")
}

type tokenListCommand struct {
	organizationFlag
	Email string `placeholder:"ADDRESS"` // empty: the whole organization
}

func (c *tokenListCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		accounts, tokens, err := c.tokens(ctx, a)
		if err != nil {
			return err
		}
		shown := make([]shownToken, 0, len(tokens))
		t := a.heading("cli.column.id", "cli.column.token", "cli.column.name", "cli.column.email", "cli.column.scopes",
			"cli.column.last_used", "cli.column.expires", "cli.column.revoked")
		for _, token := range tokens {
			shown = append(shown, showToken(token))
			t.row(token.ID, token.Hint, token.Name, accounts[token.AccountID], token.Scopes.String(),
				a.when(token.LastUsedAt), a.when(token.ExpiresAt), a.when(token.RevokedAt))
		}
		return a.list("tokens", shown, t)
	})
}

// tokens are those of the account or the organization, with the e-mail address of
// each account.
func (c *tokenListCommand) tokens(ctx context.Context, a *admin) (emails map[string]string, tokens []auth.Token, err error) {
	by, owner, err := c.whose(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	if emails, err = a.emails(ctx, by); err != nil {
		return nil, nil, err
	}
	tokens, err = a.Tokens.List(ctx, owner, c.Email == "")
	return emails, tokens, err
}

// whose gives the operator of the organization, and the caller who lists the tokens:
// the account itself, or the operator for those of everybody.
func (c *tokenListCommand) whose(ctx context.Context, a *admin) (by, owner auth.Caller, err error) {
	if c.Email != "" {
		acc, by, err := a.account(ctx, c.Email)
		return by, onBehalf(acc, by), err
	}
	org, err := a.organization(ctx, c.organizationFlag)
	by = auth.Operator(org)
	return by, by, err
}

// emails gives the address of each account of the organization.
func (a *admin) emails(ctx context.Context, by auth.Caller) (map[string]string, error) {
	accounts, err := a.Accounts.List(ctx, by)
	emails := make(map[string]string, len(accounts))
	for _, acc := range accounts {
		emails[acc.ID] = acc.Email
	}
	return emails, err
}

type tokenRevokeCommand struct {
	organizationFlag
	ID        string `name:"id" xor:"which" required:"" placeholder:"ID"`
	TokenFile string `xor:"which" required:"" placeholder:"FILE"`
}

func (c *tokenRevokeCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		by, id, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		if err := a.Tokens.Revoke(ctx, by, id); err != nil {
			return err
		}
		t, err := a.Tokens.Token(ctx, by, id)
		if err != nil {
			return err
		}
		return a.print(showToken(t), "cli.token_revoked", map[string]any{"name": t.Name, "hint": t.Hint})
	})
}

// find looks a token up by its id, or by itself: whoever found one somewhere need
// not know whose it is.
func (c *tokenRevokeCommand) find(ctx context.Context, a *admin) (by auth.Caller, id string, err error) {
	id = c.ID
	if c.TokenFile != "" {
		text, err := a.password(c.TokenFile)
		if err != nil {
			return auth.Caller{}, "", err
		}
		t, err := a.Check.Find(ctx, strings.TrimSpace(text))
		if err != nil {
			return auth.Caller{}, "", err
		}
		id = t.ID
	}
	org, err := a.organizationOf(ctx, c.organizationFlag, func(o auth.Organization) error {
		_, err := a.Tokens.Token(ctx, auth.Operator(o), id)
		return err
	})
	return auth.Operator(org), id, err
}
