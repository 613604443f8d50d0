package auth

import (
	"cmp"
	"strings"
	"time"
	"unicode"
)

// Role is what an account may do in its organization.
type Role string

// The roles. Owner and Admin administer; a Manager sees the accounts below.
const (
	Owner   Role = "owner"
	Admin   Role = "admin"
	Manager Role = "manager"
	Member  Role = "member"
)

// Roles lists all roles, the most powerful first.
func Roles() []Role { return []Role{Owner, Admin, Manager, Member} }

// Administers reports whether the role manages accounts, clients and numbers.
func (r Role) Administers() bool { return r == Owner || r == Admin }

// Excess is the part of the scopes that a role can never use. The roles are
// checked at each call as well; this is for a warning before a token is made.
func (r Role) Excess(s Scopes) Scopes {
	switch r {
	case Owner, Admin:
		return 0
	case Manager:
		return s & (MemberEdit | NumbersEdit)
	default:
		return s & (MemberRead | MemberEdit | NumbersEdit)
	}
}

// Status is where an account stands in its life.
type Status string

// The statuses, with the names of the wire.
const (
	Active   Status = "active"
	Disabled Status = "disabled"
	Invited  Status = "waiting_for_signup"
)

// Account is a person who signs in, the resource owner of RFC 6749.
type Account struct {
	ID             string // uid: 32 hexadecimal digits
	OrganizationID string
	Email          string
	Role           Role
	Status         Status
	ManagerID      string // the account above; empty: none
	PasswordHash   string // PHC string; empty: cannot sign in yet
	// PasswordChangedAt is zero while there is no password.
	PasswordChangedAt time.Time
	Name, LastName    string
	Phone             string
	ProfileImage      string
	Language          string // "en", "ja"; empty: by the browser
	TimeZone          string // IANA name; empty: the organization's
	Preferences       Preferences
	MemberDetail      MemberDetail
	CreatedAt         time.Time
	LastSeenAt        time.Time // zero: never signed in
}

// MemberDetail is what an administrator keeps about a member.
type MemberDetail struct {
	Quota int    // pages the member may send a month; zero: the plan's maximum
	Role  string // job title; it never changes permissions
}

// DisplayName is the person's name, or the e-mail address when there is none. In
// Chinese characters and kana the family name comes first.
func (a Account) DisplayName() string {
	switch {
	case a.Name != "" && a.LastName != "" && eastAsian(a.LastName):
		return a.LastName + " " + a.Name
	case a.Name != "" && a.LastName != "":
		return a.Name + " " + a.LastName
	case a.Name != "":
		return a.Name
	case a.LastName != "":
		return a.LastName
	}
	return a.Email
}

func eastAsian(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) })
}

// CanSignIn reports whether the account is active and has a password.
func (a Account) CanSignIn() bool { return a.Status == Active && a.PasswordHash != "" }

// MailLanguage is the language of mails to the person.
func (a Account) MailLanguage(o Organization) string { return cmp.Or(a.Language, o.Language) }

// Location is the time zone of the person's pages.
func (a Account) Location(o Organization) *time.Location {
	for _, name := range []string{a.TimeZone, o.TimeZone} {
		if name == "" {
			continue
		}
		if loc, err := time.LoadLocation(name); err == nil {
			return loc
		}
	}
	return time.UTC
}
