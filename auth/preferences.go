package auth

import (
	"encoding/json"
	"slices"

	"github.com/faxgate/faxgate/fault"
)

// maxOptions bounds the JSON text of options that nobody here knows.
const maxOptions = 4096

// Preferences are the parts of an account that its programs and pages may set
// and that change no permission. The JSON names are those of the wire, and the
// same text is stored.
type Preferences struct {
	Data          AccountData   `json:"account_data"`
	Notifications Notifications `json:"notifications"`
	Settings      FaxSettings   `json:"settings"`
}

// AccountData is the company's side of an account.
type AccountData struct {
	CompanyLogo     string `json:"company_logo"`
	CompanyName     string `json:"company_name"`
	DefaultFileType string `json:"default_file_type"` // pdf or tiff
	Role            string `json:"role"`              // job title; it never changes permissions
	SaveHistory     bool   `json:"save_history"`
}

// Notifications say who hears of what, and how.
type Notifications struct {
	BlackList BlackList            `json:"black_list"`
	Settings  NotificationSettings `json:"settings"`
}

// BlackList names accounts whose faxes cause no notification.
type BlackList struct {
	UIDs []string `json:"uids"`
}

// NotificationSettings are the channels.
type NotificationSettings struct {
	Email             EmailNotifications `json:"email"`
	PushNotifications PushNotifications  `json:"push_notifications"`
	SMS               SMSNotifications   `json:"sms"`
	Slack             *SlackSettings     `json:"slack,omitempty"`
	Language          string             `json:"language,omitempty"` // the wire knows only en
}

// EmailNotifications are the events mailed to the addresses. ReceiveFax and SendFax are
// those that there are mails about.
type EmailNotifications struct {
	Addresses   []string         `json:"addresses"` // empty: the account's own
	Attachments EmailAttachments `json:"attachments"`
	PushNotifications
}

// EmailAttachments say which mails carry the fax.
type EmailAttachments struct {
	ReceiveFax       bool `json:"receive_fax"`
	SendFax          bool `json:"send_fax"`
	ConfirmationPage bool `json:"confirmation_page"` // the report on a sent fax
}

// PushNotifications are the five events of every channel.
type PushNotifications struct {
	LowCredit  bool `json:"low_credit"`
	NewFeature bool `json:"new_feature"`
	ReceiveFax bool `json:"receive_fax"`
	SendFax    bool `json:"send_fax"`
	Voicemail  bool `json:"voicemail"`
}

// SMSNotifications are the events sent to telephone numbers.
type SMSNotifications struct {
	Numbers []string `json:"numbers"`
	PushNotifications
}

// SlackSettings are the events posted to a channel: with_attachment,
// no_attachment or off.
type SlackSettings struct {
	ReceiveFax    string `json:"receive_fax"`
	SendFax       string `json:"send_fax"`
	TargetChannel string `json:"target_channel"`
}

// FaxSettings are the defaults for sending.
type FaxSettings struct {
	CallerIDName  string         `json:"caller_id_name"`
	SendFax       SendFax        `json:"send_fax"`
	ShouldEnhance bool           `json:"should_enhance"`
	Options       map[string]any `json:"options"`
}

// SendFax holds the default retries.
type SendFax struct {
	Retry Retry `json:"retry"`
}

// Retry is how often, and after how many seconds, a failed fax is tried again.
type Retry struct {
	Count int `json:"count"` // 0 to 3, after the first attempt
	Delay int `json:"delay"` // seconds, 0 to 30
}

// DefaultPreferences are those of a new account. Mails about what it sends are for those
// who ask for them.
func DefaultPreferences() Preferences {
	return Preferences{
		Data: AccountData{DefaultFileType: "pdf", SaveHistory: true},
		Notifications: Notifications{
			BlackList: BlackList{UIDs: []string{}},
			Settings: NotificationSettings{
				Email: EmailNotifications{Addresses: []string{}, PushNotifications: PushNotifications{ReceiveFax: true}},
				SMS:   SMSNotifications{Numbers: []string{}},
			},
		},
		Settings: FaxSettings{Options: map[string]any{}},
	}
}

// complete makes lists and objects of those that somebody set to null, which
// clients of the wire could not read back.
func (p *Preferences) complete() {
	for _, list := range []*[]string{
		&p.Notifications.BlackList.UIDs, &p.Notifications.Settings.Email.Addresses, &p.Notifications.Settings.SMS.Numbers,
	} {
		if *list == nil {
			*list = []string{}
		}
	}
	if p.Settings.Options == nil {
		p.Settings.Options = map[string]any{}
	}
}

// Check refuses values that clients of the wire could not read back, and more of
// them than anybody needs: preferences are read with each account.
func (p Preferences) Check() error {
	if err := p.checkLengths(); err != nil {
		return err
	}
	for _, address := range p.Notifications.Settings.Email.Addresses {
		if _, err := CheckEmail(address); err != nil {
			return fault.New(fault.Invalid, "email_address_invalid", "address", address).At("notifications.settings.email.addresses")
		}
	}
	if t := p.Data.DefaultFileType; t != "pdf" && t != "tiff" {
		return notOneOf("account_data.default_file_type", "pdf, tiff")
	}
	if l := p.Notifications.Settings.Language; l != "" && l != "en" {
		return notOneOf("notifications.settings.language", "en")
	}
	if s := p.Notifications.Settings.Slack; s != nil {
		modes := []string{"with_attachment", "no_attachment", "off"}
		if !slices.Contains(modes, s.ReceiveFax) {
			return notOneOf("notifications.settings.slack.receive_fax", "with_attachment, no_attachment, off")
		}
		if !slices.Contains(modes, s.SendFax) {
			return notOneOf("notifications.settings.slack.send_fax", "with_attachment, no_attachment, off")
		}
	}
	if r := p.Settings.SendFax.Retry; r.Count < 0 || r.Count > 3 {
		return outOfRange("settings.send_fax.retry.count", 3)
	} else if r.Delay < 0 || r.Delay > 30 {
		return outOfRange("settings.send_fax.retry.delay", 30)
	}
	return nil
}

func (p Preferences) checkLengths() error {
	n := p.Notifications
	for _, l := range []struct {
		field      string
		list       []string
		most, each int
	}{
		{"notifications.black_list.uids", n.BlackList.UIDs, 1000, 100},
		{"notifications.settings.email.addresses", n.Settings.Email.Addresses, 100, 254},
		{"notifications.settings.sms.numbers", n.Settings.SMS.Numbers, 100, 100},
	} {
		if len(l.list) > l.most {
			return fault.New(fault.Invalid, "list_too_long", "field", l.field, "most", l.most).At(l.field)
		}
		for _, text := range l.list {
			if err := checkText(l.field, text, l.each); err != nil {
				return err
			}
		}
	}
	if n.Settings.Slack != nil {
		if err := checkText("notifications.settings.slack.target_channel", n.Settings.Slack.TargetChannel, 200); err != nil {
			return err
		}
	}
	options, err := json.Marshal(p.Settings.Options)
	if err != nil {
		return err
	}
	return checkText("settings.options", string(options), maxOptions)
}

func notOneOf(field, allowed string) error {
	return fault.New(fault.Invalid, "value_not_allowed", "field", field, "allowed", allowed).At(field)
}

func outOfRange(field string, most int) error {
	return fault.New(fault.Invalid, "value_out_of_range", "field", field, "least", 0, "most", most).At(field)
}
