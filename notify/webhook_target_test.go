package notify_test

import (
	"strings"
	"testing"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/notify"
)

// create makes a hook without storing it.
func create(t *testing.T, x *notify.Hooks, in notify.NewHook) string {
	t.Helper()
	_, _, err := x.Create(t.Context(), notify.Owner{OrganizationID: "o", AccountID: "a"}, notify.Actor{}, in)
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}

func TestTargets(t *testing.T) {
	t.Parallel()
	const public = ""
	for target, want := range map[string]string{
		"https://app.example.com/fax?key=1":                public,
		"http://app.example.com:8080":                      public,
		"https://203.0.114.1/":                             public,
		"https://[2606:4700::1111]/":                       public,
		"https://[64:ff9b::808:808]/":                      public, // 8.8.8.8 through NAT64
		"":                                                 "hook_target",
		"app.example.com/fax":                              "hook_target",
		"ftp://app.example.com/fax":                        "hook_target",
		"https:///fax":                                     "hook_target",
		"https://app.example.com/#fax":                     "hook_target",
		"https://app.example.com:99999/":                   "hook_target",
		"https://app.example.com:0/":                       "hook_target",
		"http://app.example.com/\r\nX: y":                  "hook_target",
		"javascript:alert(1)":                              "hook_target",
		"https://user:secret@example.com/":                 "hook_target_credentials",
		"https://example.com/" + strings.Repeat("x", 2048): "hook_target_long",
		// What is not on the public Internet (RFC 6890), plainly and in disguise.
		"http://localhost/":                    "hook_target_private",
		"http://LOCALHOST.:80/":                "hook_target_private",
		"http://db.localhost/":                 "hook_target_private",
		"http://127.0.0.1:5432/":               "hook_target_private",
		"http://127.8.9.1/":                    "hook_target_private",
		"http://0.0.0.0/":                      "hook_target_private",
		"http://10.1.2.3/":                     "hook_target_private",
		"http://172.31.255.255/":               "hook_target_private",
		"http://192.168.0.1/":                  "hook_target_private",
		"http://100.64.0.1/":                   "hook_target_private",
		"http://169.254.169.254/":              "hook_target_private", // the clouds' metadata
		"http://168.63.129.16/":                "hook_target_private",
		"http://192.0.0.192/":                  "hook_target_private",
		"http://192.0.2.1/":                    "hook_target_private",
		"http://198.18.0.1/":                   "hook_target_private",
		"http://198.51.100.1/":                 "hook_target_private",
		"http://203.0.113.1/":                  "hook_target_private",
		"http://224.0.0.1/":                    "hook_target_private",
		"http://255.255.255.255/":              "hook_target_private",
		"http://[::1]/":                        "hook_target_private",
		"http://[::]/":                         "hook_target_private",
		"http://[::ffff:10.0.0.1]/":            "hook_target_private",
		"http://[::ffff:7f00:1]/":              "hook_target_private",
		"http://[::127.0.0.1]/":                "hook_target_private",
		"http://[64:ff9b::7f00:1]/":            "hook_target_private",
		"http://[64:ff9b::a9fe:a9fe]/":         "hook_target_private",
		"http://[64:ff9b:1::808:808]/":         "hook_target_private",
		"http://[fe80::1]/":                    "hook_target_private",
		"http://[fe80::1%25eth0]/":             "hook_target_private",
		"http://[2606:4700::1111%25eth0]/":     "hook_target_private",
		"http://[fec0::1]/":                    "hook_target_private",
		"http://[fd00:ec2::254]/":              "hook_target_private",
		"http://[ff02::1]/":                    "hook_target_private",
		"http://[100::1]/":                     "hook_target_private",
		"http://[2001:db8::1]/":                "hook_target_private",
		"http://[2001:0:7f00:1::]/":            "hook_target_private", // Teredo
		"http://[2002:7f00:1::]/":              "hook_target_private", // 6to4
		"http://[5f00::1]/":                    "hook_target_private",
		"http://[3fff::1]/":                    "hook_target_private",
		"http://[::ffff:0:127.0.0.1]/":         "hook_target_private",
		"http://[0:0:0:0:0:ffff:169.254.1.1]/": "hook_target_private",
	} {
		x := newHookRules(t, nowhere{})
		if got := create(t, x, notify.NewHook{Target: target, Event: notify.FaxSent}); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
		if x.AllowPrivate = true; want == "hook_target_private" {
			if got := create(t, x, notify.NewHook{Target: target, Event: notify.FaxSent}); got != "" {
				t.Errorf("%s, where it is permitted: %q", target, got)
			}
		}
	}
}

func TestHookNeedsAnEventAndSoundNumbers(t *testing.T) {
	t.Parallel()
	many := make([]string, 101)
	for i := range many {
		many[i] = "+81312345678"
	}
	for _, tt := range []struct {
		name    string
		event   notify.EventKind
		numbers []string
		want    string
	}{
		{"all numbers", notify.FaxReceived, nil, ""},
		{"one number", notify.FaxSent, []string{"+81312345678"}, ""},
		{"no number at all", notify.FaxSent, []string{}, "hook_numbers_count"},
		{"too many", notify.FaxSent, many, "hook_numbers_count"},
		{"a national number", notify.FaxSent, []string{"0312345678"}, "hook_number"},
		{"a number with dashes", notify.FaxSent, []string{"+81-3-1234-5678"}, "hook_number"},
		{"pages as they come", "fax_page_received", nil, "hook_event"},
		{"no event", "", nil, "hook_event"},
	} {
		in := notify.NewHook{Target: "https://app.example.com/", Event: tt.event, Numbers: tt.numbers}
		if got := create(t, newHookRules(t, nowhere{}), in); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
