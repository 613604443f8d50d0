package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

// encoder writes JSON without reflection, for the answers that are asked for most.
// A test holds what it writes against encoding/json.
type encoder []byte

var encoders = sync.Pool{New: func() any { e := make(encoder, 0, 2048); return &e }}

// maxPooled is the largest buffer that is kept for the next answer.
const maxPooled = 64 << 10

// answer writes what write encodes.
func answer(w http.ResponseWriter, status int, write func(e *encoder)) {
	e := encoders.Get().(*encoder)
	*e = (*e)[:0]
	write(e)
	writeBody(w, status, *e)
	if cap(*e) <= maxPooled {
		encoders.Put(e)
	}
}

func (e *encoder) open(key string) {
	e.key(key)
	*e = append(*e, '{')
}

func (e *encoder) close() { *e = append(*e, '}') }

// key begins a member. An empty key begins the outermost value.
func (e *encoder) key(key string) {
	if n := len(*e); n > 0 && (*e)[n-1] != '{' && (*e)[n-1] != '[' {
		*e = append(*e, ',')
	}
	if key != "" {
		*e = append(append(append(*e, '"'), key...), '"', ':')
	}
}

// quotedKey begins a member whose name somebody else chose.
func (e *encoder) quotedKey(key string) {
	e.key("")
	e.quote(key)
	*e = append(*e, ':')
}

func (e *encoder) text(key, value string) {
	e.key(key)
	e.quote(value)
}

func (e *encoder) flag(key string, value bool) {
	e.key(key)
	*e = strconv.AppendBool(*e, value)
}

func (e *encoder) number(key string, value int) {
	e.key(key)
	*e = strconv.AppendInt(*e, int64(value), 10)
}

func (e *encoder) texts(key string, values []string) {
	e.key(key)
	if values == nil {
		*e = append(*e, "null"...)
		return
	}
	*e = append(*e, '[')
	for _, v := range values {
		e.text("", v)
	}
	*e = append(*e, ']')
}

// value writes what has no method of its own.
func (e *encoder) value(key string, v any) {
	e.key(key)
	text, err := json.Marshal(v)
	if err != nil { // what is encoded here was decoded from JSON
		text = []byte("null")
	}
	*e = append(*e, text...)
}

// quote writes plain ASCII as it is, and leaves the rest to encoding/json.
func (e *encoder) quote(s string) {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(s) // a string always encodes
			*e = append(*e, text...)
			return
		}
	}
	*e = append(append(append(*e, '"'), s...), '"')
}

// some writes a text that is left out when it is empty.
func (e *encoder) some(key, value string) {
	if value != "" {
		e.text(key, value)
	}
}

// positive writes a number that is left out when it is zero.
func (e *encoder) positive(key string, value int64) {
	if value != 0 {
		e.key(key)
		*e = strconv.AppendInt(*e, value, 10)
	}
}

// tokenResponse writes what oauth.TokenResponse says of itself.
func (e *encoder) tokenResponse(t oauth.TokenResponse) {
	e.open("")
	e.text("access_token", t.AccessToken)
	e.text("token_type", t.TokenType)
	e.number("expires_in", int(t.ExpiresIn))
	e.some("refresh_token", t.RefreshToken)
	e.positive("refresh_token_expires_in", t.RefreshTokenExpiresIn)
	e.some("scope", t.Scope)
	e.close()
}

// introspection writes what oauth.Introspection says of itself.
func (e *encoder) introspection(in oauth.Introspection) {
	e.open("")
	e.flag("active", in.Active)
	e.some("scope", in.Scope)
	e.some("client_id", in.ClientID)
	e.some("username", in.Username)
	e.some("token_type", in.TokenType)
	e.positive("exp", in.ExpiresAt)
	e.positive("iat", in.IssuedAt)
	e.some("sub", in.Subject)
	e.some("iss", in.Issuer)
	e.close()
}

// account writes an account as clients of the wire read it.
func (e *encoder) account(a account) {
	e.open("")
	e.text("uid", a.UID)
	e.text("account_type", a.AccountType)
	e.text("status", a.Status)
	e.text("email", a.Email)
	e.text("name", a.Name)
	e.text("lastname", a.LastName)
	e.text("phone", a.Phone)
	e.text("profile_image", a.ProfileImage)
	e.text("creation_date", a.CreationDate)
	if a.PasswordDate != "" {
		e.text("last_password_modification_date", a.PasswordDate)
	}
	e.texts("member_of", a.MemberOf)
	e.accountData(a.AccountData)
	e.notifications(a.Notifications)
	e.settings(a.Settings)
	e.close()
}

func (e *encoder) accountData(d auth.AccountData) {
	e.open("account_data")
	e.text("company_logo", d.CompanyLogo)
	e.text("company_name", d.CompanyName)
	e.text("default_file_type", d.DefaultFileType)
	e.text("role", d.Role)
	e.flag("save_history", d.SaveHistory)
	e.close()
}

func (e *encoder) notifications(n auth.Notifications) {
	e.open("notifications")
	e.open("black_list")
	e.texts("uids", n.BlackList.UIDs)
	e.close()
	e.open("settings")
	e.open("email")
	e.texts("addresses", n.Settings.Email.Addresses)
	e.open("attachments")
	e.flag("receive_fax", n.Settings.Email.Attachments.ReceiveFax)
	e.flag("send_fax", n.Settings.Email.Attachments.SendFax)
	e.flag("confirmation_page", n.Settings.Email.Attachments.ConfirmationPage)
	e.close()
	e.events(n.Settings.Email.PushNotifications)
	e.close()
	e.open("push_notifications")
	e.events(n.Settings.PushNotifications)
	e.close()
	e.open("sms")
	e.texts("numbers", n.Settings.SMS.Numbers)
	e.events(n.Settings.SMS.PushNotifications)
	e.close()
	if n.Settings.Slack != nil {
		e.value("slack", n.Settings.Slack)
	}
	if n.Settings.Language != "" {
		e.text("language", n.Settings.Language)
	}
	e.close()
	e.close()
}

func (e *encoder) events(n auth.PushNotifications) {
	e.flag("low_credit", n.LowCredit)
	e.flag("new_feature", n.NewFeature)
	e.flag("receive_fax", n.ReceiveFax)
	e.flag("send_fax", n.SendFax)
	e.flag("voicemail", n.Voicemail)
}

func (e *encoder) settings(s auth.FaxSettings) {
	e.open("settings")
	e.text("caller_id_name", s.CallerIDName)
	e.open("send_fax")
	e.open("retry")
	e.number("count", s.SendFax.Retry.Count)
	e.number("delay", s.SendFax.Retry.Delay)
	e.close()
	e.close()
	e.flag("should_enhance", s.ShouldEnhance)
	if len(s.Options) == 0 && s.Options != nil {
		e.open("options")
		e.close()
	} else {
		e.value("options", s.Options)
	}
	e.close()
}
