package main

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/auth"
)

// adminAccount is `faxgate admin account …`.
type adminAccount struct {
	Create        accountCreateCommand  `cmd:""`
	List          accountListCommand    `cmd:""`
	Disable       accountDisableCommand `cmd:""`
	Enable        accountEnableCommand  `cmd:""`
	Role          accountRoleCommand    `cmd:""`
	ResetPassword accountResetCommand   `cmd:""`
}

// shownAccount is an account in JSON.
type shownAccount struct {
	ID             string      `json:"account_id"`
	OrganizationID string      `json:"organization_id"`
	Email          string      `json:"email"`
	Role           auth.Role   `json:"role"`
	Status         auth.Status `json:"status"`
	ManagerID      string      `json:"manager_id,omitempty"`
	CreatedAt      *time.Time  `json:"created_at"`
	LastSeenAt     *time.Time  `json:"last_seen_at"`
}

func showAccount(acc auth.Account) shownAccount {
	return shownAccount{
		acc.ID, acc.OrganizationID, acc.Email, acc.Role, acc.Status, acc.ManagerID, stamp(acc.CreatedAt), stamp(acc.LastSeenAt),
	}
}

type accountCreateCommand struct {
	organizationFlag
	Email        string `required:"" placeholder:"ADDRESS"`
	Role         string `required:"" placeholder:"ROLE"`
	PasswordFile string `required:"" placeholder:"FILE"`
	Manager      string `placeholder:"ADDRESS"`
}

func (c *accountCreateCommand) run(ctx context.Context, in *invocation) error {
	password, err := in.password(c.PasswordFile)
	if err != nil {
		return err
	}
	return in.withData(ctx, false, func(a *admin) error {
		org, err := a.organization(ctx, c.organizationFlag)
		if err != nil {
			return err
		}
		managerID, err := a.manager(ctx, c.Manager)
		if err != nil {
			return err
		}
		acc, err := a.Accounts.Create(ctx, auth.Operator(org), c.Email, auth.Role(c.Role), password, managerID)
		if err != nil {
			return err
		}
		return a.printAccount(acc, "cli.account_created")
	})
}

// manager finds the account above by its address; no address is nobody.
func (a *admin) manager(ctx context.Context, email string) (id string, err error) {
	if email == "" {
		return "", nil
	}
	acc, _, err := a.account(ctx, email)
	return acc.ID, err
}

func (a *admin) printAccount(acc auth.Account, id string) error {
	return a.print(showAccount(acc), id, map[string]any{"email": acc.Email, "role": string(acc.Role)})
}

type accountListCommand struct{ organizationFlag }

func (c *accountListCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		org, err := a.organization(ctx, c.organizationFlag)
		if err != nil {
			return err
		}
		all, err := a.Accounts.List(ctx, auth.Operator(org))
		if err != nil {
			return err
		}
		shown := make([]shownAccount, 0, len(all))
		t := a.heading("cli.column.email", "cli.column.role", "cli.column.status", "cli.column.last_seen", "cli.column.id")
		for _, acc := range all {
			shown = append(shown, showAccount(acc))
			t.row(acc.Email, string(acc.Role), string(acc.Status), a.when(acc.LastSeenAt), acc.ID)
		}
		return a.list("accounts", shown, t)
	})
}

type accountDisableCommand struct {
	Email string `required:"" placeholder:"ADDRESS"`
}

func (c *accountDisableCommand) run(ctx context.Context, in *invocation) error {
	return in.changeAccount(ctx, c.Email, "cli.account_disabled", func(a *admin, by auth.Caller, acc auth.Account) error {
		return a.Accounts.Disable(ctx, by, acc.ID)
	})
}

type accountEnableCommand struct {
	Email string `required:"" placeholder:"ADDRESS"`
}

func (c *accountEnableCommand) run(ctx context.Context, in *invocation) error {
	return in.changeAccount(ctx, c.Email, "cli.account_enabled", func(a *admin, by auth.Caller, acc auth.Account) error {
		return a.Accounts.Enable(ctx, by, acc.ID)
	})
}

type accountRoleCommand struct {
	Email   string  `required:"" placeholder:"ADDRESS"`
	Role    string  `required:"" placeholder:"ROLE"`
	Manager *string `placeholder:"ADDRESS"` // nil: stays; empty: nobody
}

func (c *accountRoleCommand) run(ctx context.Context, in *invocation) error {
	return in.changeAccount(ctx, c.Email, "cli.account_role", func(a *admin, by auth.Caller, acc auth.Account) error {
		managerID := acc.ManagerID
		if c.Manager != nil {
			var err error
			if managerID, err = a.manager(ctx, *c.Manager); err != nil {
				return err
			}
		}
		return a.Accounts.SetRole(ctx, by, acc.ID, auth.Role(c.Role), managerID)
	})
}

// changeAccount changes an account and prints what became of it.
func (in *invocation) changeAccount(ctx context.Context, email, id string, change func(*admin, auth.Caller, auth.Account) error) error {
	return in.withData(ctx, false, func(a *admin) error {
		acc, by, err := a.account(ctx, email)
		if err != nil {
			return err
		}
		if err := change(a, by, acc); err != nil {
			return err
		}
		if acc, err = a.Accounts.Account(ctx, by, acc.ID); err != nil {
			return err
		}
		return a.printAccount(acc, id)
	})
}

type accountResetCommand struct {
	Email        string `required:"" placeholder:"ADDRESS"`
	PasswordFile string `placeholder:"FILE"` // empty: print a link
}

func (c *accountResetCommand) run(ctx context.Context, in *invocation) error {
	if c.PasswordFile == "" {
		return c.link(ctx, in)
	}
	password, err := in.password(c.PasswordFile)
	if err != nil {
		return err
	}
	return in.changeAccount(ctx, c.Email, "cli.password_set", func(a *admin, by auth.Caller, acc auth.Account) error {
		return a.Accounts.SetPassword(ctx, by, acc.ID, password)
	})
}

func (c *accountResetCommand) link(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		acc, by, err := a.account(ctx, c.Email)
		if err != nil {
			return err
		}
		link, err := a.Accounts.ResetLink(ctx, by, acc.ID)
		if err != nil {
			return err
		}
		return a.print(struct {
			shownAccount
			Link      string `json:"link"`
			ExpiresIn int64  `json:"expires_in"` // seconds
		}{showAccount(acc), link, int64(auth.PasswordResetAge / time.Second)}, "cli.password_link", map[string]any{
			"email": acc.Email, "link": link, "age": auth.PasswordResetAge,
		})
	})
}
