package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
)

// namesOwner reports whether the settings name an owner, who counts while there is
// none.
func (c *serveCommand) namesOwner() bool { return c.OwnerEmail != "" || c.OwnerPasswordFile != "" }

// createOwner makes the owner of the settings. Of two nodes that start at the same
// time one is too late, which is not a failure.
func (c *serveCommand) createOwner(ctx context.Context, in *invocation, accounts *auth.Accounts) error {
	if c.OwnerEmail == "" || c.OwnerPasswordFile == "" {
		return fault.New(fault.Invalid, "owner_settings_pair")
	}
	password, err := readSecret(c.OwnerPasswordFile)
	if err != nil {
		return unreadable(c.OwnerPasswordFile, err).At(in.settings.name("owner-password-file"))
	}
	_, _, err = accounts.CreateOrganization(ctx, auth.NewOwner{
		Email: c.OwnerEmail, Password: password, TimeZone: c.TimeZone, Country: c.Country,
	}, true, auth.Actor{Name: "settings"})
	if fault.HasCode(err, "already_set_up") {
		return nil
	}
	return err
}

// welcome tells on the standard output that the server runs. With a code it is the
// box of the first start. simulated says that there is no T.30 engine.
func (in *invocation) welcome(publicURL, where, code string, simulated bool) {
	l := in.language()
	params := map[string]any{"url": publicURL, "data": where, "version": version}
	if code == "" {
		fmt.Fprintln(in.stdout, locale.Text(l, "cli.running", params))
		return
	}
	params["link"] = publicURL + "/setup?code=" + code
	params["age"] = auth.SetupAge
	numbers := locale.Text(l, "cli.test_numbers", nil)
	if simulated {
		numbers += "\n\n" + locale.Text(l, "cli.test_line_simulated", nil)
	}
	params["numbers"] = numbers
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
