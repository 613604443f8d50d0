package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/dashboard"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
)

// prepareOwner sees to it that a server without an owner gets one: the one whom the
// settings name, or whoever opens the setup link with the code. Where there is an
// owner it does nothing, and code is empty.
func (c *serveCommand) prepareOwner(ctx context.Context, in *invocation, data data, config *server.Config) (code string, err error) {
	owned, err := data.db.HasOwner(ctx)
	if err != nil || owned {
		return "", err
	}
	if c.OwnerEmail != "" || c.OwnerPasswordFile != "" {
		return "", c.createOwner(ctx, in, data, *config)
	}
	code, config.Setup = dashboard.NewSetupCode(time.Now())
	return code, nil
}

// createOwner makes the owner of the settings. Of two nodes that start at the same
// time one is too late, which is no failure.
func (c *serveCommand) createOwner(ctx context.Context, in *invocation, data data, config server.Config) error {
	if c.OwnerEmail == "" || c.OwnerPasswordFile == "" {
		return fault.New(fault.Invalid, "owner_settings_pair")
	}
	password, err := readSecret(c.OwnerPasswordFile)
	if err != nil {
		return unreadable(c.OwnerPasswordFile, err).At(in.settings.name("owner-password-file"))
	}
	accounts := server.NewRules(data.db, config.Base).Accounts
	_, _, err = accounts.CreateOrganization(ctx, auth.NewOwner{
		Email: c.OwnerEmail, Password: password, TimeZone: c.Timezone, Country: c.Country,
	}, true, auth.Actor{Name: "settings"})
	if e := fault.Of(err); e != nil && e.Code == "already_set_up" {
		return nil
	}
	return err
}

// where names the place of the data, without a password.
func (s *storageSettings) where() string {
	if s.DatabaseURL != "" {
		return masked(s.DatabaseURL)
	}
	if path, err := filepath.Abs(s.Data); err == nil {
		return path
	}
	return s.Data
}

// welcome tells on the standard output that the server runs. With a code it is the
// box of the first start.
func (in *invocation) welcome(publicURL, where, code string) {
	l := in.language()
	params := map[string]any{"url": publicURL, "data": where, "version": version}
	if code == "" {
		fmt.Fprintln(in.stdout, locale.Text(l, "cli.running", params))
		return
	}
	params["link"] = publicURL + "/setup?code=" + code
	params["age"] = dashboard.SetupAge
	fmt.Fprintln(in.stdout, box(locale.Text(l, "cli.setup", params)))
}

// box draws lines above, below and beside a text. Its right side stays open, so that
// a link can be copied whole and the width of characters does not matter.
func box(text string) string {
	line := strings.Repeat("─", 76)
	var b strings.Builder
	b.WriteString("┌" + line + "\n")
	for row := range strings.SplitSeq(text, "\n") {
		b.WriteString(strings.TrimRight("│ "+row, " ") + "\n")
	}
	b.WriteString("└" + line)
	return b.String()
}
