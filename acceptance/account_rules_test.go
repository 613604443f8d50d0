package acceptance_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const securityPath = "/profile/security"

// changePassword fills in the form for another password. fields are further ones.
func (v *Visitor) changePassword(t *testing.T, who *Person, replacement string, fields url.Values) Reply {
	t.Helper()
	suite.secrets.add("password of "+who.Email, replacement)
	page := v.Open(t, securityPath)
	form := url.Values{"current_password": {who.Password}, "password": {replacement}}
	for name, values := range fields {
		form[name] = values
	}
	r := v.Press(t, page, page.ButtonOf(t, "current_password"), form)
	if r.Status == http.StatusSeeOther {
		who.Password = replacement
	}
	return r
}

// A password has 15 characters or more, whichever, and is none that attackers try
// first. There are no rules about kinds of characters.
func TestNIST800_63B_3_1_1_2_PasswordHasFifteenCharacters(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	who := s.Owner
	v := s.SignedIn(t, who)
	for name, password := range map[string]string{
		"empty": "", "14 characters": "vq7zJtm!whXkp2", "14 letters of 42 bytes": "鯨硯籠狐琴螺蛍檸檬雲灯袋提細", "common": "password12345678",
		"a line of keys": "qwertyuiopasdfgh", "a run": "abcdefghijklmnopq", "one letter": strings.Repeat("a", 20), "a word again": "faxgatefaxgatefaxgate",
		"the address": who.Email + "1", "common, with capitals": "PassWord-PassWord-1",
	} {
		t.Run(name, func(t *testing.T) {
			if r := v.changePassword(t, &who, password, nil); r.Status != http.StatusBadRequest {
				t.Errorf("%q is taken: %d", password, r.Status)
			}
		})
	}
	for name, password := range map[string]string{
		"15 lower-case letters": "vqzjtmwhxkpbrnd", "words with spaces": "kelp tundra vow mosaic", "15 letters of 45 bytes": "鯨硯籠狐琴螺蛍檸檬雲灯袋提細毛",
		"pictures": "🐳🖷🏮🦊🎻🐚🪲🍋☁️💡👜🪶🧵🎐🪁", "longer than a hash's block": strings.Repeat("velvet otter 93 ", 12),
	} {
		t.Run(name, func(t *testing.T) {
			if r := v.changePassword(t, &who, password, nil); r.Status != http.StatusSeeOther {
				t.Errorf("%q is refused: %d\n%s", password, r.Status, r.Text(t))
				return
			}
			wantStatus(t, s.try(t, who.Email, who.Password), http.StatusSeeOther)
			letters := []rune(who.Password)
			wantStatus(t, s.try(t, who.Email, string(letters[:len(letters)-1])), http.StatusUnauthorized) // the whole of it counts
		})
	}
}

// The same rule holds wherever a password is chosen.
func TestNIST800_63B_3_1_1_2_CommandLineHoldsThePasswordRule(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	weak := s.secretFile(t, "password12345678")
	s.AdminRefuses(t, "account", "create", "--email", "member@clinic.example", "--role", "member", "--password-file", weak)
	s.AdminRefuses(t, "organization", "create", "--name", "Second", "--owner-email", "second@clinic.example", "--password-file", weak)
	s.AdminRefuses(t, "account", "reset-password", "--email", s.Owner.Email, "--password-file", weak)
	wantStatus(t, s.try(t, s.Owner.Email, s.Owner.Password), http.StatusSeeOther)
}

// The same characters are the same password, however a keyboard enters them.
func TestNIST800_63B_3_1_1_2_PasswordIsNormalized(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	who := s.Owner
	v := s.SignedIn(t, who)
	wantStatus(t, v.changePassword(t, &who, "cafe\u0301 tundra が mosaic", nil), http.StatusSeeOther)
	composed := "café tundra が mosaic"
	suite.secrets.add("password", composed)
	wantStatus(t, s.try(t, who.Email, composed), http.StatusSeeOther)
	wide := "café\u3000tundra\u3000が\u3000mosaic"
	wantStatus(t, s.try(t, who.Email, wide), http.StatusSeeOther)
}

// Another password ends the other sessions. Tokens and connected apps go on, unless
// the person says that they shall end too.
func TestNIST800_63B_4_2_ChangedPasswordEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]bool{"tokens stay": false, "tokens end": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, Options{})
			fields := url.Values{}
			if end {
				fields.Set("tokens", "1")
			}
			s.wantOthersEnd(t, end, func(v *Visitor) Reply {
				who := s.Owner
				return v.changePassword(t, &who, "kelp tundra vow mosaic", fields)
			})
			s.wantAudited(t, audited{Action: "password.change", Actor: s.Owner.Email, Address: "127.0.0.1"})
		})
	}
}

// Signing out everywhere does the same without another password.
func TestNIST800_63B_5_1_SignOutEverywhereEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]bool{"tokens stay": false, "tokens end": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, Options{})
			fields := url.Values{}
			if end {
				fields.Set("tokens", "1")
			}
			s.wantOthersEnd(t, end, func(v *Visitor) Reply {
				return v.Press(t, v.Open(t, securityPath), "Sign out everywhere else", fields)
			})
			s.wantAudited(t, audited{Action: "session.end_others", Actor: s.Owner.Email, Address: "127.0.0.1"})
		})
	}
}

// wantOthersEnd holds that a change ends the person's other sessions, keeps this one,
// and ends tokens and grants if that was asked for. Other people are not concerned.
func (s *Server) wantOthersEnd(t *testing.T, tokens bool, change func(v *Visitor) Reply) {
	t.Helper()
	v, other := s.SignedIn(t, s.Owner), s.SignedIn(t, s.Owner)
	colleague := s.SignedIn(t, s.Member(t, "colleague@clinic.example", "admin"))
	p := s.Program(t, webRedirect)
	personal, granted, theirs := s.PersonalToken(t, s.Owner, "mine", "all"), p.Tokens(t, v), p.Tokens(t, colleague)
	wantStatus(t, s.Self(t, personal), http.StatusOK)
	wantStatus(t, p.Self(t, granted.AccessToken), http.StatusOK)

	wantStatus(t, change(v), http.StatusSeeOther)
	wantStatus(t, v.Get(t, "/profile"), http.StatusOK)
	wantStatus(t, colleague.Get(t, "/profile"), http.StatusOK)
	if s.opens(t, other.Cookie(t)) {
		t.Error("the other session goes on")
	}
	want := map[bool]int{true: http.StatusUnauthorized, false: http.StatusOK}[tokens]
	wantStatus(t, s.Self(t, personal), want)
	wantStatus(t, p.Self(t, granted.AccessToken), want)
	refreshed := map[bool]int{true: http.StatusBadRequest, false: http.StatusOK}[tokens]
	wantStatus(t, p.Ask(t, p.Refresh(granted.RefreshToken)), refreshed)
	wantStatus(t, p.Self(t, theirs.AccessToken), http.StatusOK)
}

// One session can be ended from another.
func TestNIST800_63B_5_1_OneSessionCanBeEnded(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	v, other := s.SignedIn(t, s.Owner), s.SignedIn(t, s.Owner, "User-Agent: curl/8")
	stranger := s.SignedIn(t, s.Member(t, "colleague@clinic.example", "admin"))
	end := v.Open(t, securityPath).Form(t, "Sign out curl")
	wantStatus(t, stranger.Post(t, end.Action, end.Fields), http.StatusSeeOther) // it is none of theirs
	if !s.opens(t, other.Cookie(t)) {
		t.Fatal("somebody else ended the session")
	}
	wantStatus(t, v.Post(t, end.Action, end.Fields), http.StatusSeeOther)
	if s.opens(t, other.Cookie(t)) || !s.opens(t, v.Cookie(t)) {
		t.Error("want the other session ended and this one alive")
	}
}

// audited is a record of `faxgate admin audit`.
type audited struct{ Action, Actor, Address, Object, Detail string }

// audits are the organization's records, the latest first.
func (s *Server) audits(t *testing.T) []audited {
	t.Helper()
	var records []audited
	list, _ := s.Admin(t, "audit", "--limit", "200")["audit"].([]any)
	for _, one := range list {
		fields, _ := one.(map[string]any)
		text := func(name string) string { value, _ := fields[name].(string); return value }
		records = append(records, audited{text("action"), text("actor"), text("address"), text("object_id"), text("detail")})
	}
	return records
}

// wantAudited ends the test unless there is a record with these fields. Empty ones may
// be anything, but a record always says what it was done to.
func (s *Server) wantAudited(t *testing.T, want audited) {
	t.Helper()
	same := func(got, want string) bool { return want == "" || got == want }
	records := s.audits(t)
	for _, r := range records {
		if r.Action == want.Action && same(r.Actor, want.Actor) && same(r.Address, want.Address) && same(r.Object, want.Object) && r.Object != "" {
			return
		}
	}
	t.Errorf("no audit record %+v among %+v", want, records)
}

// Everything that matters for security leaves a record of who did it, from where, and
// to which token, client or account; nobody but owners and admins reads it.
func TestNIST800_53_AU_3_AuditRecordsNameActorAddressAndObject(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	s.try(t, s.Owner.Email, "wrong password 123")
	v := s.SignedIn(t, s.Owner)
	p, public := s.Program(t, webRedirect), s.Program(t, webRedirect, "--public")
	code := p.Code(t, v)
	for range 2 {
		p.Ask(t, p.Exchange(code))
	}
	p.revoke(t, about(p.Tokens(t, v).RefreshToken))
	public.revoke(t, about(public.Tokens(t, v).AccessToken))
	v.newToken(t, "audited")
	v.Press(t, v.Open(t, "/profile/integrations/tokens"), "Revoke", nil)
	member := s.Member(t, "member@clinic.example", "member")
	s.Admin(t, "account", "role", "--email", member.Email, "--role", "manager")
	s.Admin(t, "security", "--advanced=on")
	s.Admin(t, "client", "delete", "--client-id", public.ID)

	const here = "127.0.0.1"
	client := "Records (" + p.ID + ")"
	for _, want := range []audited{
		{Action: "sign_in.refused", Actor: s.Owner.Email, Address: here}, {Action: "sign_in", Actor: s.Owner.Email, Address: here},
		{Action: "token.create", Actor: s.Owner.Email, Address: here}, {Action: "token.revoke", Actor: s.Owner.Email, Address: here},
		{Action: "client.create", Actor: "command line", Object: p.ID}, {Action: "client.delete", Actor: "command line", Object: public.ID},
		{Action: "consent.allow", Actor: s.Owner.Email, Address: here, Object: p.ID}, {Action: "consent.again", Actor: s.Owner.Email, Address: here, Object: p.ID},
		{Action: "grant.code_replayed", Actor: client, Address: here}, {Action: "grant.revoke", Actor: client, Address: here},
		{Action: "account.create", Actor: "command line"}, {Action: "account.role", Actor: "command line"}, {Action: "advanced_security.on", Actor: "command line"},
	} {
		s.wantAudited(t, want)
	}
	wantStatus(t, v.Get(t, "/audit"), http.StatusOK)
	wantPage(t, s.SignedIn(t, member).Get(t, "/audit"), http.StatusForbidden)
}
