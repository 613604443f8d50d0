package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/seal"
)

// adminCommand is `faxgate admin …`. Each command works on the database itself,
// beside a server that may run, and through the same rules as the pages; the server
// hears of it as of another node.
type adminCommand struct {
	fileSettings    `embed:"" group:"settings"`
	storageSettings `embed:"" group:"settings"`
	addressSettings `embed:"" group:"settings"`
	regionSettings  `embed:"" group:"settings"`
	hookSettings    `embed:"" group:"settings"`
	lineSettings    `embed:"" group:"settings"`
	JSON            bool `name:"json"`

	Organization adminOrganization    `cmd:""`
	Account      adminAccount         `cmd:""`
	Token        adminToken           `cmd:""`
	Client       adminClient          `cmd:""`
	Webhook      adminWebhook         `cmd:""`
	Trunk        adminTrunk           `cmd:""`
	Plan         adminPlanCommand     `cmd:""`
	Security     adminSecurityCommand `cmd:""`
	Retention    adminRetention       `cmd:""`
	Audit        adminAuditCommand    `cmd:""`
	Trace        adminTrace           `cmd:""`
}

// admin is one administrative command at work.
type admin struct {
	*invocation
	*server.Rules
	key      *seal.Key
	language locale.Language
	zone     *time.Location // in which people read times
}

// withData opens the data for a command. fresh says that there may be none yet.
func (in *invocation) withData(ctx context.Context, fresh bool, work func(a *admin) error) (err error) {
	c := &in.commands.Admin
	if err := in.settings.check(&c.storageSettings, &c.addressSettings, &c.regionSettings, &c.hookSettings); err != nil {
		return err
	}
	if err := c.exists(); err != nil && !fresh {
		return err
	}
	lines := newBatchWriter(in.stderr)
	defer lines.Close()
	log := newLog(lines, slog.LevelWarn)
	data, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.db.Close()) }()
	rules := server.NewRules(data.db, server.Base{
		PublicURL: c.publicURL(nil), Key: data.key, AllowPrivateTargets: c.allowPrivate, Log: log,
	})
	return work(&admin{invocation: in, Rules: rules, key: data.key, language: in.language(), zone: time.Local})
}

// exists refuses to make an empty database where somebody mistyped its folder.
func (s *storageSettings) exists() error {
	if s.DatabaseURL != "" {
		return nil
	}
	if _, err := os.Stat(s.Data); err != nil {
		return fault.New(fault.NotFound, "data_missing", "path", s.Data)
	}
	return nil
}

// organizationFlag chooses an organization where there are several.
type organizationFlag struct {
	Organization string `placeholder:"ID"`
}

// organization finds the one that is named, or the only one.
func (a *admin) organization(ctx context.Context, f organizationFlag) (auth.Organization, error) {
	all, err := a.Organizations.All(ctx)
	if err != nil {
		return auth.Organization{}, err
	}
	var found []auth.Organization
	for _, o := range all {
		if f.Organization == "" || o.ID == f.Organization || o.Name == f.Organization {
			found = append(found, o)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(all) == 0:
		return auth.Organization{}, fault.New(fault.NotFound, "organization_none")
	case len(found) == 0:
		return auth.Organization{}, fault.New(fault.NotFound, "organization_unknown", "organization", f.Organization)
	}
	return auth.Organization{}, fault.New(fault.Invalid, "organization_which", "names", named(found))
}

// organizationOf finds that of a thing with an id, which says enough where no
// organization is named. find looks for it in one of them; fault.NotFound: it is not there.
func (a *admin) organizationOf(ctx context.Context, f organizationFlag, find func(auth.Organization) error) (auth.Organization, error) {
	if f.Organization != "" {
		return a.organization(ctx, f)
	}
	all, err := a.Organizations.All(ctx)
	if err == nil && len(all) == 0 {
		err = fault.New(fault.NotFound, "organization_none")
	}
	for _, o := range all {
		if err = find(o); !errors.Is(err, fault.NotFound) {
			return o, err
		}
	}
	return auth.Organization{}, err
}

func named(all []auth.Organization) (names []string) {
	for _, o := range all {
		names = append(names, fmt.Sprintf("%s (%s)", o.Name, o.ID))
	}
	return names
}

// account finds an account by its address. It says which organization is meant.
func (a *admin) account(ctx context.Context, email string) (auth.Account, auth.Caller, error) {
	acc, org, err := a.Accounts.ByEmail(ctx, email)
	if errors.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "account_email_unknown", "email", email)
	}
	return acc, auth.Operator(org), err
}

// print shows what a command did: one JSON object, or the sentence for people.
func (a *admin) print(object any, id string, params map[string]any) error {
	if a.commands.Admin.JSON {
		return a.printJSON(object)
	}
	_, err := fmt.Fprintln(a.stdout, locale.Text(a.language, id, params))
	return err
}

// list shows many things: {"name": […]}, or a table.
func (a *admin) list(name string, objects any, t *table) error {
	if a.commands.Admin.JSON {
		return a.printJSON(map[string]any{name: objects})
	}
	return t.write(a.stdout)
}

// warn tells something on the standard error that stops nobody.
func (a *admin) warn(id string, params map[string]any) {
	fmt.Fprintln(a.stderr, "faxgate: "+locale.Text(a.language, id, params))
}

// heading begins a table with the messages as its columns.
func (a *admin) heading(ids ...string) *table {
	t := new(table)
	var cells []string
	for _, id := range ids {
		cells = append(cells, locale.Text(a.language, id, nil))
	}
	t.row(cells...)
	return t
}

// when is a moment for people; never is a dash.
func (a *admin) when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(a.zone).Format("2006-01-02 15:04 MST")
}

// stamp is a moment for programs; never is null.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}
