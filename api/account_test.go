package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
)

func TestAnAccountReadsItself(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.UserRead)
		for _, id := range []string{"self", g.member.ID, dashed(g.member.ID), strings.ToUpper(g.member.ID), strings.ToUpper(dashed(g.member.ID))} {
			a := g.get(t, token, "/v3/accounts/"+id).is(200, "")
			for key, want := range map[string]any{
				"uid": g.member.ID, "email": "member@clinic.example", "account_type": "corporate_member", "status": "active",
				"creation_date": "2026-11-23 07:05:00", "last_password_modification_date": "2026-11-23 07:05:00",
			} {
				if got := a.json()[key]; got != want {
					t.Errorf("%s: %s = %v, want %v", id, key, got, want)
				}
			}
		}
		a := g.get(t, g.token(t, g.owner, auth.UserRead), "/v3/accounts/self")
		if got := a.json()["account_type"]; got != "corporate_admin" {
			t.Errorf("an owner is a %v", got)
		}
	})
}

// dashed is a uid as a UUID with dashes.
func dashed(uid string) string {
	return fmt.Sprintf("%s-%s-%s-%s-%s", uid[:8], uid[8:12], uid[12:16], uid[16:20], uid[20:])
}

// Owners and admins read everybody, a manager those below at any depth, everybody
// else themselves.
func TestWhoReadsWhom(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		people := map[string]auth.Account{
			"owner": g.owner, "admin": g.admin, "manager": g.manager, "lead": g.lead, "member": g.member, "remote": g.remote,
		}
		reads := map[string]string{
			"owner":   "owner admin manager lead member remote",
			"admin":   "owner admin manager lead member remote",
			"manager": "manager lead member",
			"lead":    "lead",
			"member":  "member",
			"remote":  "remote",
		}
		for who, allowed := range reads {
			token := g.token(t, people[who], auth.MemberRead)
			for whom, acc := range people {
				status, code := 403, "role_required"
				if strings.Contains(" "+allowed+" ", " "+whom+" ") {
					status, code = 200, ""
				}
				t.Run(who+" reads "+whom, func(t *testing.T) {
					a := g.get(t, token, "/v3/accounts/"+acc.ID).is(status, code)
					if status == 200 && a.json()["uid"] != acc.ID {
						t.Errorf("it is %v", a.json()["uid"])
					}
					g.get(t, token, "/v3/accounts/self/member-details/"+acc.ID).is(status, code)
				})
			}
		}
	})
}

func TestAnotherOrganizationDoesNotExist(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		_, stranger := g.organization(t, "Rival")
		for _, acc := range []auth.Account{g.owner, g.admin, g.manager, g.member} {
			token := g.token(t, acc, auth.All)
			for _, id := range []string{stranger.ID, dashed(stranger.ID), auth.NewID()} {
				missing := []answer{
					g.get(t, token, "/v3/accounts/"+id),
					g.get(t, token, "/v3/accounts/self/member-details/"+id),
				}
				if acc.Role.Administers() {
					missing = append(missing,
						g.put(t, token, "/v3/accounts/"+id, `{"name":"x"}`),
						g.put(t, token, "/v3/accounts/"+id, `{"email":"x@y.example"}`),
						g.put(t, token, "/v3/accounts/self/member-details/"+id, `{"quota":1}`))
				}
				for _, a := range missing {
					a.is(404, "account_unknown")
				}
			}
		}
		a := g.get(t, g.token(t, stranger, auth.All), "/v3/accounts").is(200, "")
		if members := a.json()["members"].([]any); len(members) != 0 {
			t.Errorf("the rival sees %v", members)
		}
	})
}

func TestWhatIsNoUIDNeverReachesTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.owner, auth.All)
		g.get(t, token, "/v3/accounts/self") // now the token is remembered
		before := g.db.Statements()
		for _, id := range []string{
			"Self", "me", "0", strings.Repeat("0", 31), strings.Repeat("0", 33), strings.Repeat("g", 32), "5f3b2c1a9d8e7f6a5b4c3d2e",
			strings.Repeat("%00", 32), strings.Repeat("%ff", 32), "%27%20OR%201%3D1--", strings.Repeat("%E7%8A%B6", 11), "-" + strings.Repeat("-", 40),
		} {
			g.get(t, token, "/v3/accounts/"+id).is(404, "account_unknown")
			g.get(t, token, "/v3/accounts/self/member-details/"+id).is(404, "account_unknown")
			g.put(t, token, "/v3/accounts/"+id, `{"name":"x"}`).is(404, "account_unknown")
		}
		if n := g.db.Statements() - before; n != 0 {
			t.Errorf("the database was asked %d times", n)
		}
	})
}

func TestTheMembersAreListedForThoseWhoAdminister(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		for _, acc := range []auth.Account{g.owner, g.admin} {
			a := g.get(t, g.token(t, acc, auth.MemberRead), "/v3/accounts").is(200, "")
			var got []string
			for _, m := range a.json()["members"].([]any) {
				got = append(got, m.(map[string]any)["uid"].(string))
			}
			for _, want := range []auth.Account{g.manager, g.lead, g.member, g.remote} {
				if !strings.Contains(strings.Join(got, " "), want.ID) {
					t.Errorf("%s misses %s", acc.Email, want.Email)
				}
			}
			if len(got) != 4 {
				t.Errorf("%s sees %d members", acc.Email, len(got))
			}
		}
		for _, acc := range []auth.Account{g.manager, g.member} {
			g.get(t, g.token(t, acc, auth.All), "/v3/accounts").is(403, "role_required")
		}
	})
}

func TestEachScopeOpensWhatItSays(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		const self, other, details = "/v3/accounts/self", "/v3/accounts/", "/v3/accounts/self/member-details/"
		for _, tt := range []struct {
			scopes       auth.Scopes
			method, path string
			missing      string // "" allowed
		}{
			{auth.UserRead, "GET", self, ""},
			{auth.UserEdit, "GET", self, ""}, // edit includes read
			{auth.MemberRead, "GET", self, ""},
			{auth.FaxAllRead, "GET", self, ""},
			{auth.All, "GET", self, ""},
			{auth.FaxRead, "GET", self, "fax:user:read"},
			{auth.FileEdit | auth.WebhookEdit | auth.NumbersEdit | auth.FaxEdit, "GET", self, "fax:user:read"},
			{auth.UserRead, "GET", other + g.member.ID, "fax:member:read"},
			{auth.UserEdit, "GET", other + g.member.ID, "fax:member:read"},
			{auth.MemberEdit, "GET", other + g.member.ID, ""},
			{auth.UserRead, "GET", "/v3/accounts", "fax:member:read"},
			{auth.FaxAllEdit, "GET", "/v3/accounts", ""},
			{auth.UserRead, "PUT", self, "fax:user:edit"},
			{auth.FaxAllRead, "PUT", self, "fax:user:edit"},
			{auth.UserEdit, "PUT", self, ""},
			{auth.UserEdit, "PUT", other + g.member.ID, "fax:member:edit"},
			{auth.MemberRead, "PUT", other + g.member.ID, "fax:user:edit"},
			{auth.MemberEdit, "PUT", other + g.member.ID, ""},
			{auth.UserEdit, "GET", details + "self", "fax:member:read"},
			{auth.MemberRead, "GET", details + "self", ""},
			{auth.MemberRead, "PUT", details + "self", "fax:member:edit"},
			{auth.FaxAllEdit, "PUT", details + "self", ""},
		} {
			token := g.token(t, g.owner, tt.scopes)
			a := g.call(t, tt.method, tt.path, strings.NewReader("{}"), "Authorization", "Bearer "+token)
			if tt.missing == "" {
				if a.StatusCode >= 300 {
					t.Errorf("%s: %s %s is refused: %s", tt.scopes, tt.method, tt.path, a.body)
				}
				continue
			}
			a.is(403, "insufficient_scope").says("missing_scope", tt.missing)
			a.has("Www-Authenticate", `Bearer realm="faxgate", error="insufficient_scope", scope="`+tt.missing+`"`)
		}
	})
}

func TestAChangeTouchesTheKeysItHas(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.UserEdit)
		g.put(t, token, "/v3/accounts/self", `{
			"name": "花子", "lastname": "山田", "phone": "+81312345678", "profile_image": "https://img.example/1.png",
			"account_data": {"role": "受付", "default_file_type": "tiff", "company_name": "クリニック"},
			"notifications": {"black_list": {"uids": ["a"]}, "settings": {"email": {"addresses": ["x@y.example"], "voicemail": true},
				"slack": {"receive_fax": "off", "send_fax": "with_attachment", "target_channel": "#fax"}, "language": "en"}},
			"settings": {"send_fax": {"retry": {"count": 3}}, "options": {"x": 1}, "caller_id_name": "Clinic"},
			"unknown": [1]}`).is(204, "")
		g.put(t, token, "/v3/accounts/self", `{"name": "はなこ", "account_data": {"save_history": false},
			"notifications": {"settings": {"sms": {"send_fax": true}}}, "settings": {"send_fax": {"retry": {"delay": 30}}}}`).is(204, "")
		acc := g.get(t, token, "/v3/accounts/self").json()
		for path, want := range map[string]any{
			"name": "はなこ", "lastname": "山田", "phone": "+81312345678", "profile_image": "https://img.example/1.png",
			"account_data.role": "受付", "account_data.default_file_type": "tiff", "account_data.save_history": false, "account_data.company_name": "クリニック",
			"notifications.settings.email.voicemail": true, "notifications.settings.email.receive_fax": true, "notifications.settings.sms.send_fax": true,
			"notifications.settings.slack.target_channel": "#fax", "notifications.settings.language": "en",
			"settings.send_fax.retry.count": 3.0, "settings.send_fax.retry.delay": 30.0, "settings.options.x": 1.0, "settings.caller_id_name": "Clinic",
			"account_type": "corporate_member",
		} {
			if got := at(acc, path); got != want {
				t.Errorf("%s = %v, want %v", path, got, want)
			}
		}
	})
}

// at finds a value by its path.
func at(v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		o, _ := v.(map[string]any)
		v = o[key]
	}
	return v
}

func TestAChangeOfNothingIsOne(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.UserEdit)
		before := string(g.get(t, token, "/v3/accounts/self").body)
		for _, body := range []string{ // Python sends an empty body, JavaScript an empty object
			"", "{}", " \r\n", `{"name": null, "account_data": null, "settings": {}}`, before,
		} {
			g.put(t, token, "/v3/accounts/self", body).is(204, "")
		}
		if after := string(g.get(t, token, "/v3/accounts/self").body); after != before {
			t.Errorf("it was\n%s\nand is\n%s", before, after)
		}
	})
}

// What is null would end a strict client.
func TestNothingBecomesNull(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.UserEdit)
		g.put(t, token, "/v3/accounts/self", `{"notifications": {"black_list": {"uids": null}, "settings": {"email": {"addresses": null, "attachments": null},
			"sms": {"numbers": null}, "slack": null, "language": null}}, "settings": {"options": null, "send_fax": null}, "account_data": {"role": null}}`).is(204, "")
		g.get(t, token, "/v3/accounts/self").is(200, "")
	})
}

func TestAChangeOfPermissionsIsNone(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.All)
		g.put(t, token, "/v3/accounts/self", `{"uid": "`+g.owner.ID+`", "account_type": "corporate_admin", "status": "disabled", "role": "owner",
			"account_data": {"role": "owner"}, "member_of": [], "creation_date": "2000-01-01 00:00:00", "password": "x"}`).is(204, "")
		acc := g.get(t, token, "/v3/accounts/self").json()
		for key, want := range map[string]any{"uid": g.member.ID, "account_type": "corporate_member", "status": "active", "creation_date": "2026-11-23 07:05:00"} {
			if acc[key] != want {
				t.Errorf("%s = %v, want %v", key, acc[key], want)
			}
		}
		g.get(t, token, "/v3/accounts").is(403, "role_required")
	})
}

func TestWhoChangesWhom(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		for _, tt := range []struct {
			name      string
			who, whom auth.Account
			code      string // "" allowed
		}{
			{"a member, oneself", g.member, g.member, ""},
			{"a member, the lead", g.member, g.lead, "role_required"},
			{"a manager, those below", g.manager, g.lead, "role_required"}, // managers see, they do not change
			{"an admin, a member", g.admin, g.member, ""},
			{"an admin, oneself", g.admin, g.admin, ""},
			{"an admin, the owner", g.admin, g.owner, "role_required"},
			{"an owner, an admin", g.owner, g.admin, ""},
		} {
			a := g.put(t, g.token(t, tt.who, auth.All), "/v3/accounts/"+tt.whom.ID, `{"name": "by `+tt.name+`"}`)
			if tt.code == "" {
				a.is(204, "")
			} else {
				a.is(403, tt.code)
			}
			name := g.get(t, g.token(t, g.owner, auth.All), "/v3/accounts/"+tt.whom.ID).json()["name"]
			if changed := name == "by "+tt.name; changed != (tt.code == "") {
				t.Errorf("%s: the name is %v", tt.name, name)
			}
		}
	})
}

func TestMemberDetailsAreForAdministrators(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		admin, path := g.token(t, g.admin, auth.MemberEdit), "/v3/accounts/self/member-details/"+g.member.ID
		a := g.get(t, admin, path).is(200, "")
		if a.json()["quota"] != 0.0 || a.json()["role"] != "" {
			t.Errorf("new details are %s", a.body)
		}
		g.put(t, admin, path, `{"quota": 500, "role": "受付"}`).is(204, "")
		g.put(t, admin, path, `{"quota": 400}`).is(204, "")
		g.put(t, admin, path, ``).is(204, "")
		g.put(t, admin, path, `{"quota": null, "role": null}`).is(204, "")
		for _, acc := range []auth.Account{g.admin, g.manager, g.member} { // and the member's own under self
			for _, id := range []string{g.member.ID, "self"} {
				if id == "self" && acc.ID != g.member.ID {
					continue
				}
				a := g.get(t, g.token(t, acc, auth.MemberRead), "/v3/accounts/self/member-details/"+id).is(200, "")
				if a.json()["quota"] != 400.0 || a.json()["role"] != "受付" {
					t.Errorf("%s reads %s", acc.Email, a.body)
				}
			}
		}
		for _, acc := range []auth.Account{g.manager, g.member} {
			g.put(t, g.token(t, acc, auth.All), path, `{"quota": 1}`).is(403, "role_required")
		}
		g.get(t, g.token(t, g.member, auth.All), "/v3/accounts").is(403, "role_required") // a job title opens nothing
		for body, code := range map[string]string{
			`{"quota": -1}`:         "value_out_of_range",
			`{"quota": 1000000001}`: "value_out_of_range",
			`{"quota": 1.5}`:        "json_wrong_type",
			`{"quota": 1e30}`:       "json_wrong_type",
			`{"quota": "5"}`:        "json_wrong_type",
			`{"role": 5}`:           "json_wrong_type",
			`{"role": "a\u0000b"}`:  "text_characters",
			`{"role": "` + strings.Repeat("役", 201) + `"}`: "text_too_long",
		} {
			a := g.put(t, admin, path, body).is(400, code)
			if field := a.json()["field"]; field != "quota" && field != "role" {
				t.Errorf("%.40s: the field is %v", body, field)
			}
		}
	})
}

func TestANewAddressCountsOnceItAnswers(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		token := g.token(t, g.member, auth.UserEdit)
		g.put(t, token, "/v3/accounts/self", `{"email": "new@clinic.example"}`).is(409, "email_change_needs_mail")
		g.mail.On = true
		g.put(t, token, "/v3/accounts/self", `{"email": "new@clinic.example", "name": "A"}`).is(204, "")
		acc := g.get(t, token, "/v3/accounts/self").json()
		if acc["email"] != "member@clinic.example" || acc["name"] != "A" {
			t.Errorf("now it is %v, %v", acc["email"], acc["name"])
		}
		if got := strings.Join(g.mail.Sent(), ", "); got != "email_change_confirm new@clinic.example, email_changed_notice member@clinic.example" {
			t.Errorf("mailed: %s", got)
		}
		g.put(t, token, "/v3/accounts/self", `{"email": "Member@Clinic.example"}`).is(204, "") // the same as it is
		if len(g.mail.Sent()) != 2 {
			t.Errorf("mailed: %v", g.mail.Sent())
		}
	})
}

// A change is made as a whole or not at all.
func TestAChangeThatIsRefusedChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, g *gate) {
		g.mail.On = true
		token := g.token(t, g.member, auth.UserEdit)
		before := string(g.get(t, token, "/v3/accounts/self").body)
		for _, body := range []string{
			`{"name": "A", "email": "nobody"}`,
			`{"name": "A", "email": "new@clinic.example", "phone": "12"}`,
			`{"name": "A", "settings": {"send_fax": {"retry": {"count": 4}}}}`,
			`{"name": "A", "account_data": {"role": "x"}, "settings": []}`,
		} {
			if a := g.put(t, token, "/v3/accounts/self", body); a.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: %d", body, a.StatusCode)
			}
		}
		g.mail.On = false
		g.put(t, token, "/v3/accounts/self", `{"name": "A", "email": "new@clinic.example"}`).is(409, "email_change_needs_mail")
		if after := string(g.get(t, token, "/v3/accounts/self").body); after != before {
			t.Errorf("it was\n%s\nand is\n%s", before, after)
		}
		if len(g.mail.Sent()) != 0 {
			t.Errorf("mailed: %v", g.mail.Sent())
		}
	})
}
