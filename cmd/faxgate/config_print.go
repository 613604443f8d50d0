package main

import (
	"context"
	"net/url"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/faxgate/faxgate/locale"
)

// configCommand is `faxgate config …`.
type configCommand struct {
	Print configPrintCommand `cmd:""`
}

// configPrintCommand is `faxgate config print`: the settings as serve would use
// them.
type configPrintCommand struct {
	allSettings `embed:"" group:"settings"`
	JSON        bool `name:"json"`
}

// allSettings are the settings of serve.
type allSettings struct {
	fileSettings
	storageSettings
	addressSettings
	regionSettings
	mailSettings
	hookSettings
	lineSettings
	serverSettings
}

// groups are the parts of the settings that have something to check.
func (s *allSettings) groups() []group {
	return []group{&s.storageSettings, &s.addressSettings, &s.regionSettings, &s.mailSettings, &s.hookSettings, &s.lineSettings, &s.serverSettings}
}

// shownSetting is a setting as config print shows it.
type shownSetting struct {
	Name     string `json:"name"`
	Variable string `json:"variable"`
	Value    string `json:"value"` // secrets are masked
	Source   string `json:"source"`
	From     string `json:"from,omitempty"` // the flag, variable or file; empty for a default
}

func (c *configPrintCommand) run(_ context.Context, in *invocation) error {
	if err := in.settings.check(c.groups()...); err != nil {
		return err
	}
	c.PublicURL = c.publicURL(nil)
	shown := in.settings.show(in.selected.Flags)
	if c.JSON {
		return in.printJSON(map[string]any{"settings": shown})
	}
	l := in.language()
	var t table
	t.row(locale.Text(l, "cli.column.setting", nil), locale.Text(l, "cli.column.value", nil), locale.Text(l, "cli.column.source", nil))
	for _, s := range shown {
		from := s.From
		if from == "" {
			from = locale.Text(l, "cli.source.default", nil)
		}
		t.row(s.Name, s.Value, from)
	}
	return t.write(in.stdout)
}

// show lists the settings among the flags of a command.
func (s *sources) show(flags []*kong.Flag) (shown []shownSetting) {
	for _, flag := range flags {
		if !isSetting(flag) {
			continue
		}
		o := s.origins[flag.Name]
		if o.Source == "" { // a secret may have come from a file of its own
			o = s.origins[flag.Name+"-file"]
		}
		if o.Source == "" {
			o.Source = "default"
		}
		value := flag.Target.String()
		if flag.Tag.Has("secret") {
			value = masked(value)
		}
		shown = append(shown, shownSetting{flag.Name, environmentName(flag.Name), value, o.Source, o.Name})
	}
	return shown
}

const mask = "••••••"

// masked hides a secret. Of a URL it hides the password alone, also one among the
// parameters, so that one still sees where it leads.
func masked(value string) string {
	u, err := url.Parse(value)
	if value == "" || err != nil {
		return strings.Repeat(mask, min(len(value), 1))
	}
	if !strings.Contains(value, "://") {
		return mask
	}
	credentials := ""
	if u.User != nil {
		credentials = u.User.Username()
		if _, set := u.User.Password(); set {
			credentials += ":" + mask
		}
		credentials += "@"
	}
	parameters := u.Query()
	for name := range parameters {
		if strings.Contains(name, "password") || strings.Contains(name, "passphrase") {
			parameters.Set(name, mask)
		}
	}
	u.User = nil
	query := ""
	if len(parameters) > 0 {
		query, _ = url.QueryUnescape("?" + parameters.Encode())
	}
	return u.Scheme + "://" + credentials + u.Host + u.EscapedPath() + query
}
