package auth

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/faxgate/faxgate/fault"
)

// EditProfile changes the caller's own account, or for an administrator another
// one. What change does to permissions, the address or the password is undone:
// those have their own rules.
func (x *Accounts) EditProfile(ctx context.Context, c Caller, id string, change func(*Account) error) error {
	return x.edit(ctx, c, id, c.Audit(x.NewID(), x.Now(), "account.edit", id, ""), func(acc *Account) error {
		before := *acc
		if err := change(acc); err != nil {
			return err
		}
		after := *acc
		*acc = before
		acc.Name, acc.LastName, acc.Phone, acc.ProfileImage = after.Name, after.LastName, after.Phone, after.ProfileImage
		acc.Language, acc.TimeZone = after.Language, after.TimeZone
		acc.Preferences = after.Preferences
		return acc.checkProfile()
	})
}

// checkProfile refuses what could not be shown or read back.
func (a *Account) checkProfile() error {
	texts := []struct {
		field, text string
		most        int
	}{
		{"name", a.Name, 100}, {"lastname", a.LastName, 100}, {"profile_image", a.ProfileImage, 2000},
		{"account_data.company_name", a.Preferences.Data.CompanyName, 200},
		{"account_data.company_logo", a.Preferences.Data.CompanyLogo, 2000},
		{"account_data.role", a.Preferences.Data.Role, 200},
		{"settings.caller_id_name", a.Preferences.Settings.CallerIDName, 100},
	}
	for _, t := range texts {
		if err := checkText(t.field, t.text, t.most); err != nil {
			return err
		}
	}
	if !validPhone(a.Phone) {
		return fault.New(fault.Invalid, "phone_invalid").At("phone")
	}
	if a.Language != "" && a.Language != "en" && a.Language != "ja" {
		return notOneOf("language", "en, ja")
	}
	if err := CheckTimeZone(a.TimeZone); err != nil {
		return err
	}
	a.Preferences.complete()
	return a.Preferences.Check()
}

// checkText refuses a text that is longer than so many characters, and one with a
// character that PostgreSQL cannot store.
func checkText(field, text string, most int) error {
	if utf8.RuneCountInString(text) > most {
		return fault.New(fault.Invalid, "text_too_long", "field", field, "most", most).At(field)
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return fault.New(fault.Invalid, "text_characters", "field", field).At(field)
	}
	return nil
}

// validPhone takes what clients of the wire can read back: empty, or at least
// eight digits with an optional plus sign.
func validPhone(phone string) bool {
	if phone == "" {
		return true
	}
	digits := phone
	if phone[0] == '+' {
		digits = phone[1:]
	}
	if len(digits) < 8 || len(digits) > 20 {
		return false
	}
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// MemberDetailOf gives what an administrator keeps about a member; a manager may
// read that of the accounts below, everybody their own.
func (x *Accounts) MemberDetailOf(ctx context.Context, c Caller, id string) (MemberDetail, error) {
	acc, err := x.Account(ctx, c, id)
	return acc.MemberDetail, err
}

// SetMemberDetail changes what is not nil. It is for administrators. As everywhere,
// admins change their own record and those of managers and members; only an owner
// changes those of owners and other admins: an admin must not lower an owner's quota.
func (x *Accounts) SetMemberDetail(ctx context.Context, c Caller, id string, quota *int, role *string) error {
	if !c.Administers() {
		return RoleRequired("admin")
	}
	return x.edit(ctx, c, id, c.Audit(x.NewID(), x.Now(), "account.member_detail", id, ""), func(acc *Account) error {
		if quota != nil {
			acc.MemberDetail.Quota = *quota
		}
		if role != nil {
			acc.MemberDetail.Role = *role
		}
		if acc.MemberDetail.Quota < 0 || acc.MemberDetail.Quota > 1_000_000_000 {
			return outOfRange("quota", 1_000_000_000)
		}
		return checkText("role", acc.MemberDetail.Role, 200)
	})
}
