package auth_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

func TestTheDefaultPreferencesAreAllowedAndComplete(t *testing.T) {
	t.Parallel()
	p := auth.DefaultPreferences()
	if err := p.Check(); err != nil {
		t.Error(err)
	}
	b, err := json.Marshal(p)
	if err != nil || strings.Contains(string(b), "null") {
		t.Errorf("they read %s, %v", b, err)
	}
}

func TestPreferencesThatClientsCouldNotReadBackAreRefused(t *testing.T) {
	t.Parallel()
	for field, set := range map[string]func(*auth.Preferences){
		"account_data.default_file_type":           func(p *auth.Preferences) { p.Data.DefaultFileType = "jpeg" },
		"notifications.settings.language":          func(p *auth.Preferences) { p.Notifications.Settings.Language = "fa" },
		"notifications.settings.slack.receive_fax": func(p *auth.Preferences) { p.Notifications.Settings.Slack = slack("on", "off") },
		"notifications.settings.slack.send_fax":    func(p *auth.Preferences) { p.Notifications.Settings.Slack = slack("off", "") },
		"settings.send_fax.retry.count":            func(p *auth.Preferences) { p.Settings.SendFax.Retry.Count = 4 },
		"settings.send_fax.retry.delay":            func(p *auth.Preferences) { p.Settings.SendFax.Retry.Delay = -1 },
		"notifications.black_list.uids":            func(p *auth.Preferences) { p.Notifications.BlackList.UIDs = make([]string, 1001) },
		"notifications.settings.email.addresses": func(p *auth.Preferences) {
			p.Notifications.Settings.Email.Addresses = []string{strings.Repeat("a", 255)}
		},
		"notifications.settings.sms.numbers": func(p *auth.Preferences) { p.Notifications.Settings.SMS.Numbers = []string{"\x00"} },
		"notifications.settings.slack.target_channel": func(p *auth.Preferences) {
			p.Notifications.Settings.Slack = slack("off", "off")
			p.Notifications.Settings.Slack.TargetChannel = strings.Repeat("c", 201)
		},
		"settings.options": func(p *auth.Preferences) { p.Settings.Options = map[string]any{"x": strings.Repeat("y", 5000)} },
	} {
		p := auth.DefaultPreferences()
		set(&p)
		if e := fault.Of(p.Check()); e == nil || e.Kind != fault.Invalid || e.Field != field {
			t.Errorf("%s: %v", field, p.Check())
		}
	}
}

func slack(receive, send string) *auth.SlackSettings {
	return &auth.SlackSettings{ReceiveFax: receive, SendFax: send, TargetChannel: "#fax"}
}

func TestEveryPreferenceOfTheWireIsAllowed(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"with_attachment", "no_attachment", "off"} {
		for _, fileType := range []string{"pdf", "tiff"} {
			p := auth.DefaultPreferences()
			p.Data.DefaultFileType = fileType
			p.Notifications.Settings.Language = "en"
			p.Notifications.Settings.Slack = slack(mode, mode)
			p.Settings.SendFax.Retry = auth.Retry{Count: 3, Delay: 30}
			if err := p.Check(); err != nil {
				t.Errorf("%s, %s: %v", mode, fileType, err)
			}
		}
	}
}
