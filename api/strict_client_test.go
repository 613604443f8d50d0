package api_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// The official Python SDK (3.0.4) reads strictly: a required key that is missing or
// null, a value outside an enum or a time in another form raises, and one such record
// ends a whole list. strict is its reading, held to every answer of the tests.

var (
	sdkTime  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$`)
	sdkEmail = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
	sdkPhone = regexp.MustCompile(`^\+?\d{8,}$`)
	sdkUID   = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// isReadByStrictClients reads every object in an answer as the SDK does, whatever
// generation of the wire it was asked on.
func (a answer) isReadByStrictClients() {
	a.t.Helper()
	path := newestPath(a.Request.URL.Path)
	if a.StatusCode/100 != 2 || len(a.body) == 0 || a.Request.Method == http.MethodHead || !strings.HasPrefix(path, "/v3/") {
		return
	}
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		a.isSavedByStrictClients()
		return
	}
	s := &strict{}
	switch rest, _ := strings.CutPrefix(path, "/v3/"); {
	case rest == "hooks":
		s.hooks(a.Request.Method, a.json())
	case strings.HasPrefix(rest, "accounts"):
		s.belowAccounts(a.Request.Method, strings.Split(rest, "/")[1:], a.json())
	}
	for _, mistake := range s.mistakes {
		a.t.Errorf("%s %s: a strict client raises: %s\n%.600s", a.Request.Method, path, mistake, a.body)
	}
}

// belowAccounts reads what stands below /accounts: segments begins with the uid.
func (s *strict) belowAccounts(method string, segments []string, o map[string]any) {
	kind, one := "", len(segments) > 2
	if len(segments) > 1 {
		kind = segments[1]
	}
	switch {
	case len(segments) == 0:
		s.each(o, "members", (*strict).account)
	case kind == "":
		s.account(o)
	case kind == "member-details":
		s.whole(o, "quota")
		s.text(o, "role")
	case method == http.MethodPut || method == http.MethodDelete:
		s.each(o, "results", (*strict).result)
	case kind == "faxes" && !one:
		s.each(s.object(o, "data"), "records", (*strict).fax)
	case kind == "faxes":
		s.fax(o)
	case kind == "numbers" && !one:
		s.each(o, "numbers", (*strict).phoneNumber)
	case kind == "numbers":
		s.phoneNumber(o)
	case kind == "files":
		s.text(o, "path")
	case kind == "outbox" && method == http.MethodPost:
		s.ids(o)
	case kind == "outbox" && !one:
		s.each(o, "records", (*strict).outbox)
	case kind == "outbox":
		s.outbox(o)
	}
}

func (s *strict) account(acc map[string]any) {
	s.noNull("", acc)
	s.matches(acc, "uid", sdkUID)
	s.matches(acc, "email", sdkEmail)
	s.matches(acc, "creation_date", sdkTime)
	s.oneOf(acc, "account_type", "corporate_admin", "individual", "corporate_member")
	s.oneOf(acc, "status", "active", "unverified_phone", "suspended", "disabled", "inactive", "deleted", "corporate_deleted", "waiting_for_signup")
	if _, found := acc["last_password_modification_date"]; found {
		s.matches(acc, "last_password_modification_date", sdkTime)
	}
	if acc["phone"] != "" {
		s.matches(acc, "phone", sdkPhone)
	}
	s.accountData(s.object(acc, "account_data"))
	s.notifications(s.object(acc, "notifications"))
	s.settings(s.object(acc, "settings"))
}

type strict struct{ mistakes []string }

func (s *strict) raise(format string, args ...any) {
	s.mistakes = append(s.mistakes, fmt.Sprintf(format, args...))
}

func (s *strict) noNull(path string, v any) {
	switch v := v.(type) {
	case nil:
		s.raise("%s is null", path)
	case map[string]any:
		for key, inner := range v {
			s.noNull(path+"."+key, inner)
		}
	case []any:
		for i, inner := range v {
			s.noNull(fmt.Sprintf("%s[%d]", path, i), inner)
		}
	}
}

func (s *strict) matches(o map[string]any, key string, form *regexp.Regexp) {
	if text, ok := o[key].(string); !ok || !form.MatchString(text) {
		s.raise("%s is %v", key, o[key])
	}
}

func (s *strict) oneOf(o map[string]any, key string, allowed ...string) {
	if text, ok := o[key].(string); !ok || !slices.Contains(allowed, text) {
		s.raise("%s is %v", key, o[key])
	}
}

func (s *strict) object(o map[string]any, key string) map[string]any {
	v, ok := o[key].(map[string]any)
	if !ok {
		s.raise("%s is %v", key, o[key])
	}
	return v
}

func (s *strict) flags(o map[string]any, keys ...string) {
	for _, key := range keys {
		if _, ok := o[key].(bool); !ok {
			s.raise("%s is %v", key, o[key])
		}
	}
}

func (s *strict) list(o map[string]any, key string) {
	if _, ok := o[key].([]any); !ok {
		s.raise("%s is %v", key, o[key])
	}
}

func (s *strict) accountData(o map[string]any) {
	s.oneOf(o, "default_file_type", "tiff", "pdf")
	s.flags(o, "save_history")
}

func (s *strict) notifications(o map[string]any) {
	s.list(s.object(o, "black_list"), "uids")
	settings := s.object(o, "settings")
	email, sms := s.object(settings, "email"), s.object(settings, "sms")
	for _, channel := range []map[string]any{email, sms, s.object(settings, "push_notifications")} {
		s.flags(channel, "low_credit", "new_feature", "receive_fax", "send_fax", "voicemail")
	}
	s.list(email, "addresses")
	s.list(sms, "numbers")
	s.flags(s.object(email, "attachments"), "receive_fax", "send_fax")
	if _, found := settings["slack"]; found {
		slack := s.object(settings, "slack")
		s.oneOf(slack, "receive_fax", "with_attachment", "no_attachment", "off")
		s.oneOf(slack, "send_fax", "with_attachment", "no_attachment", "off")
		if _, ok := slack["target_channel"].(string); !ok {
			s.raise("target_channel is %v", slack["target_channel"])
		}
	}
	if _, found := settings["language"]; found {
		s.oneOf(settings, "language", "en")
	}
}

func (s *strict) settings(o map[string]any) {
	s.retry(s.object(s.object(o, "send_fax"), "retry"))
	s.flags(o, "should_enhance")
}
