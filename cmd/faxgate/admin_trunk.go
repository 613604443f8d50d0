package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line/engine"
	"github.com/faxgate/faxgate/locale"
)

// adminTrunk is `faxgate admin trunk …`.
type adminTrunk struct {
	Add    trunkAddCommand    `cmd:""`
	List   trunkListCommand   `cmd:""`
	Test   trunkTestCommand   `cmd:""`
	Remove trunkRemoveCommand `cmd:""`
}

// shownTrunk is a trunk in JSON, without its password.
type shownTrunk struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Host      string     `json:"host"`
	Transport string     `json:"transport"`
	User      string     `json:"user"` // empty: known by address
	Numbers   []string   `json:"numbers"`
	T38       string     `json:"t38"`
	Allow     []string   `json:"allow"`
	Priority  int        `json:"priority"`
	MaxCalls  int        `json:"max_calls"`
	Digits    bool       `json:"digits"`
	Prefix    string     `json:"prefix"`
	CreatedAt *time.Time `json:"created_at"`
}

func showTrunk(t fax.Trunk) shownTrunk {
	allow := make([]string, len(t.Allow))
	for i, p := range t.Allow {
		allow[i] = p.String()
	}
	return shownTrunk{
		t.ID, t.Name, t.Host, t.Transport, t.User, append([]string{}, t.Numbers...), t.T38, allow, t.Priority, t.MaxCalls,
		t.Digits, t.Prefix, stamp(t.CreatedAt),
	}
}

// operator is the command line as whoever acts on faxes and trunks.
func operator(org auth.Organization) fax.Actor {
	return fax.Actor{OrganizationID: org.ID, Name: auth.Operator(org).Actor().Name, Country: org.Country, Administers: true}
}

type trunkAddCommand struct {
	organizationFlag
	Name         string   `required:"" placeholder:"NAME"`
	Host         string   `required:"" placeholder:"HOST"`
	Transport    string   `default:"udp" enum:"udp,tcp,tls" placeholder:"udp|tcp|tls"`
	User         string   `placeholder:"USER"` // empty: the trunk knows this server by its address
	PasswordFile string   `placeholder:"FILE"`
	Number       []string `required:"" sep:"none" placeholder:"NUMBER"`
	T38          string   `name:"t38" default:"auto" enum:"auto,we,never" placeholder:"auto|we|never"`
	Allow        []string `sep:"none" placeholder:"ADDRESS"`
	Priority     int      `default:"10" placeholder:"N"`
	MaxCalls     int      `default:"10" placeholder:"N"`
	Digits       bool
	Prefix       string `placeholder:"DIGITS"`
}

func (c *trunkAddCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		org, err := a.organization(ctx, c.organizationFlag)
		if err != nil {
			return err
		}
		t, err := c.trunk()
		if err != nil {
			return err
		}
		if t, err = a.Trunks.Add(ctx, operator(org), t); err != nil {
			return err
		}
		return a.print(showTrunk(t), "cli.trunk_added", map[string]any{"name": t.Name, "host": t.Host, "numbers": strings.Join(t.Numbers, ", ")})
	})
}

// trunk is what the flags say.
func (c *trunkAddCommand) trunk() (fax.Trunk, error) {
	t := fax.Trunk{
		Name: c.Name, Host: c.Host, Transport: c.Transport, User: c.User, Numbers: c.Number, T38: c.T38,
		Priority: c.Priority, MaxCalls: c.MaxCalls, Digits: c.Digits, Prefix: c.Prefix,
	}
	var err error
	if c.PasswordFile != "" {
		if t.Password, err = readSecret(c.PasswordFile); err != nil {
			return t, unreadable(c.PasswordFile, err).At("--password-file")
		}
	}
	for _, text := range c.Allow {
		var some []netip.Prefix
		if some, err = fax.ParseAllow(text); err != nil {
			return t, err
		}
		t.Allow = append(t.Allow, some...)
	}
	return t, nil
}

type trunkListCommand struct{ organizationFlag }

func (c *trunkListCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		org, err := a.organization(ctx, c.organizationFlag)
		if err != nil {
			return err
		}
		all, err := a.Trunks.List(ctx, operator(org))
		if err != nil {
			return err
		}
		shown := make([]shownTrunk, 0, len(all))
		table := a.heading("cli.column.name", "cli.column.host", "cli.column.user", "cli.column.t38", "cli.column.numbers")
		for _, t := range all {
			shown = append(shown, showTrunk(t))
			table.row(t.Name, t.Transport+"://"+t.Host, orDash(t.User), t.T38, strings.Join(t.Numbers, " "))
		}
		return a.list("trunks", shown, table)
	})
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// trunkName chooses a trunk, by its name or its id.
type trunkName struct {
	organizationFlag
	Trunk string `arg:"" name:"trunk"`
}

// find gives the trunk and who acts on it.
func (c trunkName) find(ctx context.Context, a *admin) (t fax.Trunk, by fax.Actor, err error) {
	org, err := a.organizationOf(ctx, c.organizationFlag, func(o auth.Organization) error {
		_, err := a.Trunks.Trunk(ctx, operator(o), c.Trunk)
		return err
	})
	if err != nil {
		return t, by, err
	}
	by = operator(org)
	t, err = a.Trunks.Trunk(ctx, by, c.Trunk)
	return t, by, err
}

type trunkRemoveCommand struct{ trunkName }

func (c *trunkRemoveCommand) run(ctx context.Context, in *invocation) error {
	return in.withData(ctx, false, func(a *admin) error {
		t, by, err := c.find(ctx, a)
		if err != nil {
			return err
		}
		if t, err = a.Trunks.Remove(ctx, by, t.ID); err != nil {
			return err
		}
		return a.print(showTrunk(t), "cli.trunk_removed", map[string]any{"name": t.Name, "host": t.Host})
	})
}

// trunkTestCommand tests a trunk from a process of its own: what the running server has
// registered stays as it is.
type trunkTestCommand struct {
	trunkName
	Call string `placeholder:"NUMBER"` // empty: no call is made
}

// shownCheck is a step of a test in JSON.
type shownCheck struct {
	Step   string `json:"step"`
	State  string `json:"state"`
	Code   int    `json:"sip"` // 0: none
	Detail string `json:"detail"`
	Text   string `json:"text"`
}

// errTrunkTest ends the command with a status of its own, after the steps were shown.
var errTrunkTest = fault.New(fault.Unavailable, "trunk_test_failed")

func (c *trunkTestCommand) run(ctx context.Context, in *invocation) error {
	settings := &in.commands.Admin
	if err := in.settings.check(&settings.lineSettings); err != nil {
		return err
	}
	return in.withData(ctx, false, func(a *admin) error { return c.test(ctx, a, settings) })
}

func (c *trunkTestCommand) test(ctx context.Context, a *admin, settings *adminCommand) error {
	t, by, err := c.find(ctx, a)
	if err != nil {
		return err
	}
	how, err := settings.signallingWith(&settings.addressSettings)
	if err != nil {
		return err
	}
	e, _, err := engine.Open(ctx)
	if err != nil && !errors.Is(err, engine.ErrNoEngine) {
		return err
	}
	found, err := a.Trunks.Check(ctx, by, server.NewTrunkBoard(how, e), t.ID, c.Call)
	if err != nil {
		return err
	}
	return c.show(a, found)
}

// show shows the steps. One that failed makes the command fail.
func (c *trunkTestCommand) show(a *admin, found []fax.TrunkCheck) error {
	shown := make([]shownCheck, 0, len(found))
	table := a.heading("cli.column.step", "cli.column.status", "cli.column.detail")
	failed := false
	for _, s := range found {
		failed = failed || s.State == "failed"
		text := checkText(a.language, s)
		shown = append(shown, shownCheck{s.Step, s.State, s.Code, s.Detail, text})
		table.row(s.Step, s.State, text)
	}
	if err := a.list("steps", shown, table); err != nil {
		return err
	}
	if failed {
		return errTrunkTest
	}
	return nil
}

// checkText is a step in words: what was found, what was answered, and what to do.
func checkText(l locale.Language, s fax.TrunkCheck) string {
	detail := map[string]any{"detail": s.Detail, "code": s.Code}
	said := locale.Text(l, "trunk_check."+s.Step+"."+s.State, detail)
	if s.Detail != "" && s.Step != "nat" {
		said += " (" + s.Detail + ")"
	}
	next := "trunk_check_next." + s.Step + "." + s.State
	if s.State == "failed" && s.Code != 0 {
		id := fmt.Sprintf("sip_code.%d", s.Code)
		if !locale.Has(locale.English, id) {
			id = "sip_code.other"
		}
		said += " " + locale.Text(l, id, detail)
		next = strings.Replace(id, "sip_code.", "sip_code_next.", 1)
	}
	if locale.Has(locale.English, next) {
		said += " " + locale.Text(l, next, detail)
	}
	return said
}
