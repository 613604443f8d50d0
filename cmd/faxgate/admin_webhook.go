package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/notify"
)

// adminWebhook is `faxgate admin webhook …`.
type adminWebhook struct {
	Create     webhookCreateCommand     `cmd:""`
	List       webhookListCommand       `cmd:""`
	Delete     webhookDeleteCommand     `cmd:""`
	Enable     webhookEnableCommand     `cmd:""`
	Deliveries webhookDeliveriesCommand `cmd:""`
	Replay     webhookReplayCommand     `cmd:""`
}

// shownHook is a webhook in JSON, without its secret.
type shownHook struct {
	ID             string     `json:"id"`
	AccountID      string     `json:"account_id"`
	Event          string     `json:"event"`
	Target         string     `json:"target"`
	Numbers        []string   `json:"numbers"` // empty: all
	Status         string     `json:"status"`
	CreatedAt      *time.Time `json:"created_at"`
	FailingSince   *time.Time `json:"failing_since"`
	DisabledAt     *time.Time `json:"disabled_at"`
	DisabledReason string     `json:"disabled_reason"`
}

func showHook(h notify.Hook) shownHook {
	return shownHook{
		h.ID, h.AccountID, string(h.Event), h.Target, append([]string{}, h.Numbers...), hookStatus(h),
		stamp(h.CreatedAt), stamp(h.FailingSince), stamp(h.DisabledAt), h.DisabledReason,
	}
}

// hookStatus is one word: suspended with its account, disabled, failing or active.
func hookStatus(h notify.Hook) string {
	switch {
	case h.Suspended:
		return "suspended"
	case !h.DisabledAt.IsZero():
		return "disabled"
	case !h.FailingSince.IsZero():
		return "failing"
	}
	return "active"
}

// actor is the operator for the audit of webhooks.
func actor(org auth.Organization) notify.Actor { return notify.Actor(auth.Operator(org).Actor()) }

type webhookCreateCommand struct {
	Email  string   `required:"" placeholder:"ADDRESS"`
	Target string   `required:"" placeholder:"URL"`
	Event  string   `required:"" placeholder:"EVENT"`
	Number []string `sep:"none" placeholder:"NUMBER"` // none: all of the account's
}

func (c *webhookCreateCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		acc, by, err := a.account(ctx, c.Email)
		if err != nil {
			return err
		}
		owner := notify.Owner{OrganizationID: acc.OrganizationID, AccountID: acc.ID}
		h, secret, err := a.Hooks.Create(ctx, owner, actor(by.Organization), notify.NewHook{
			Target: c.Target, Event: notify.EventKind(c.Event), Numbers: c.Number,
		})
		if err != nil {
			return err
		}
		return a.print(struct {
			shownHook
			Secret string `json:"secret"`
		}{showHook(h), secret}, "cli.webhook_created", map[string]any{
			"hook_id": h.ID, "secret": secret, "event": c.Event, "email": acc.Email, "host": h.Host(),
		})
	})
}

type webhookListCommand struct {
	organizationFlag
	Email string `placeholder:"ADDRESS"` // empty: the whole organization
	Event string `placeholder:"EVENT"`   // empty: all
}

func (c *webhookListCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		owner, err := c.owner(ctx, a)
		if err != nil {
			return err
		}
		all, err := a.Hooks.List(ctx, owner, notify.EventKind(c.Event))
		if err != nil {
			return err
		}
		shown := make([]shownHook, 0, len(all))
		t := a.heading("cli.column.id", "cli.column.email", "cli.column.event", "cli.column.status", "cli.column.target", "cli.column.numbers")
		for _, h := range all {
			shown = append(shown, showHook(h))
			t.row(h.ID, h.Email, string(h.Event), hookStatus(h), h.Target, strings.Join(h.Numbers, " "))
		}
		return a.list("webhooks", shown, t)
	})
}

// owner is the account whose webhooks are listed, or the whole organization.
func (c *webhookListCommand) owner(ctx context.Context, a *admin) (notify.Owner, error) {
	if c.Email != "" {
		acc, _, err := a.account(ctx, c.Email)
		return notify.Owner{OrganizationID: acc.OrganizationID, AccountID: acc.ID}, err
	}
	org, err := a.organization(ctx, c.organizationFlag)
	return notify.Owner{OrganizationID: org.ID}, err
}

// hookFlag chooses a webhook.
type hookFlag struct {
	organizationFlag
	HookID string `required:"" name:"hook-id" placeholder:"ID"`
}

// of gives the organization of the webhook, as its owner and as an actor.
func (c hookFlag) of(ctx context.Context, a *admin) (notify.Owner, notify.Actor, error) {
	org, err := a.organizationOf(ctx, c.organizationFlag, func(o auth.Organization) error {
		_, err := a.Hooks.Hook(ctx, notify.Owner{OrganizationID: o.ID}, c.HookID)
		return err
	})
	return notify.Owner{OrganizationID: org.ID}, actor(org), err
}

type webhookDeleteCommand struct{ hookFlag }

func (c *webhookDeleteCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		owner, by, err := c.of(ctx, a)
		if err != nil {
			return err
		}
		h, err := a.Hooks.Delete(ctx, owner, by, c.HookID)
		if err != nil {
			return err
		}
		return a.print(showHook(h), "cli.webhook_deleted", map[string]any{"hook_id": h.ID, "host": h.Host()})
	})
}

type webhookEnableCommand struct{ hookFlag }

func (c *webhookEnableCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		owner, by, err := c.of(ctx, a)
		if err != nil {
			return err
		}
		h, err := a.Hooks.Enable(ctx, owner, by, c.HookID)
		if err != nil {
			return err
		}
		return a.print(showHook(h), "cli.webhook_enabled", map[string]any{"hook_id": h.ID, "host": h.Host()})
	})
}

// shownDelivery is the delivery of an event in JSON.
type shownDelivery struct {
	ID        string         `json:"id"` // webhook-id
	FaxID     string         `json:"fax_id"`
	State     string         `json:"state"`
	CreatedAt *time.Time     `json:"created_at"`
	NextAt    *time.Time     `json:"next_at"` // null: no attempt follows
	Body      string         `json:"body"`
	Attempts  []shownAttempt `json:"attempts"`
}

// shownAttempt is one attempt to deliver, with what was answered.
type shownAttempt struct {
	At       *time.Time `json:"at"`
	Duration int64      `json:"duration_ms"`
	Status   int        `json:"status"`
	Body     string     `json:"body"`
	Failure  string     `json:"failure"`
	Error    string     `json:"error"`
}

func showDelivery(d notify.HookDelivery) shownDelivery {
	shown := shownDelivery{d.ID, d.FaxID, string(d.State), stamp(d.CreatedAt), nil, d.Body, []shownAttempt{}}
	if d.State == notify.Pending {
		shown.NextAt = stamp(d.NextAt)
	}
	for _, t := range d.Log {
		shown.Attempts = append(shown.Attempts,
			shownAttempt{stamp(t.At), t.Duration.Milliseconds(), t.Status, t.Body, string(t.Failure), t.Error})
	}
	return shown
}

type webhookDeliveriesCommand struct {
	hookFlag
	Limit int `default:"50" placeholder:"N"`
}

func (c *webhookDeliveriesCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		owner, _, err := c.of(ctx, a)
		if err != nil {
			return err
		}
		all, err := a.Hooks.Deliveries(ctx, owner, c.HookID, max(c.Limit, 0))
		if err != nil {
			return err
		}
		shown := make([]shownDelivery, 0, len(all))
		t := a.heading("cli.column.delivery_id", "cli.column.at", "cli.column.fax_id", "cli.column.status", "cli.column.attempts", "cli.column.outcome")
		for _, d := range all {
			shown = append(shown, showDelivery(d))
			outcome := "-"
			if n := len(d.Log); n > 0 {
				outcome = d.Log[n-1].String()
			}
			t.row(d.ID, a.when(d.CreatedAt), d.FaxID, string(d.State), strconv.Itoa(d.Attempts), outcome)
		}
		return a.list("deliveries", shown, t)
	})
}

type webhookReplayCommand struct {
	hookFlag
	DeliveryID string `name:"delivery-id" xor:"which" required:"" placeholder:"ID"`
	Since      string `xor:"which" required:"" placeholder:"12h"`
	Failed     bool
}

func (c *webhookReplayCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		owner, by, err := c.of(ctx, a)
		if err != nil {
			return err
		}
		which := notify.Replay{DeliveryID: c.DeliveryID, Failed: c.Failed}
		if c.Since != "" {
			if which.Since, err = parseSince(c.Since, a.Hooks.Now(), a.zone); err != nil {
				return err
			}
		}
		n, err := a.Hooks.Replay(ctx, owner, by, c.HookID, which)
		if err != nil {
			return err
		}
		return a.print(map[string]any{"hook_id": c.HookID, "replayed": n}, "cli.webhook_replayed", map[string]any{"number": n})
	})
}

// parseSince reads a moment in the past: days or hours ago, a date in the zone, or a
// time as RFC 3339 has it.
func parseSince(text string, now time.Time, zone *time.Location) (time.Time, error) {
	if number, isDays := strings.CutSuffix(text, "d"); isDays {
		if days, err := strconv.ParseUint(number, 10, 16); err == nil {
			return now.AddDate(0, 0, -int(days)), nil
		}
	}
	if span, err := time.ParseDuration(text); err == nil && span >= 0 {
		return now.Add(-span), nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return day, nil
	}
	if moment, err := time.Parse(time.RFC3339, text); err == nil {
		return moment, nil
	}
	return time.Time{}, fault.New(fault.Invalid, "since_unreadable", "value", text).At("--since")
}
