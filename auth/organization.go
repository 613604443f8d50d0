package auth

import (
	"slices"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// Plan is what an organization has subscribed to.
type Plan string

// The plans. API access, by either kind of token, belongs to Enterprise.
const (
	Free       Plan = "free"
	Premium    Plan = "premium"
	Business   Plan = "business"
	Enterprise Plan = "enterprise"
)

// Plans lists all plans, the smallest first.
func Plans() []Plan { return []Plan{Free, Premium, Business, Enterprise} }

// MaxRetentionDays is a hundred years.
const MaxRetentionDays = 36500

// AdvancedSecurityRefreshAge is how long a refresh token lives from its issue
// while Advanced Security Controls are on.
const AdvancedSecurityRefreshAge = 30 * 24 * time.Hour

// Organization holds the plan, the Advanced Security Controls and the defaults
// of its accounts. Nothing of one organization is visible to another.
type Organization struct {
	ID   string
	Name string
	Plan Plan
	// AdvancedSecurity is the switch of the Advanced Security Controls.
	AdvancedSecurity bool
	// RefreshDeadBefore ends every refresh token issued earlier, for good.
	// Switching the controls off moves it to 30 days ago, so that what was dead of
	// age stays dead. Whole milliseconds, as the database keeps them; zero: none.
	RefreshDeadBefore time.Time
	// BodyOnly forbids parameters in the query string of the token endpoint, as RFC 6749
	// 3.2 does: logs on the way keep them.
	BodyOnly bool
	// RetentionDays is after how many days faxes are purged, pages and record. Zero: they
	// are kept.
	RetentionDays int
	TimeZone      string // IANA name; empty: UTC
	Country       string // ISO 3166-1 alpha-2, for national numbers; empty: none
	Language      string // "en", "ja"; empty: by the browser
	CreatedAt     time.Time
}

// APIAccess reports whether programs may act for this organization's accounts.
func (o Organization) APIAccess() bool { return o.Plan == Enterprise }

// RefreshExpiry is when a refresh token issued at that time ends. Zero: never.
func (o Organization) RefreshExpiry(issued time.Time) time.Time {
	if !o.AdvancedSecurity {
		return time.Time{}
	}
	return issued.Add(AdvancedSecurityRefreshAge)
}

// RefreshAlive reports whether a refresh token issued at that time still works. At
// its expiry it works for the last time: it is RefreshDeadBefore, too, that ends
// what was issued before a time and not at it.
func (o Organization) RefreshAlive(issued, now time.Time) bool {
	if issued.Before(o.RefreshDeadBefore) {
		return false
	}
	end := o.RefreshExpiry(issued)
	return end.IsZero() || !now.After(end)
}

// SwitchAdvancedSecurity is the organization after the switch. What is too old
// for the controls at that moment dies with either direction: with "on" because
// it is over 30 days, with "off" because switching off revives nothing.
func (o Organization) SwitchAdvancedSecurity(on bool, now time.Time) Organization {
	if o.AdvancedSecurity && !on {
		floor := now.Add(-AdvancedSecurityRefreshAge + time.Millisecond - 1).Truncate(time.Millisecond)
		if floor.After(o.RefreshDeadBefore) {
			o.RefreshDeadBefore = floor
		}
	}
	o.AdvancedSecurity = on
	return o
}

// check refuses what could not be stored or shown.
func (o Organization) check() error {
	if err := checkText("organization", o.Name, 200); err != nil {
		return err
	}
	if err := o.Plan.check(); err != nil {
		return err
	}
	if err := CheckTimeZone(o.TimeZone); err != nil {
		return err
	}
	return CheckCountry(o.Country)
}

func (p Plan) check() error {
	if !slices.Contains(Plans(), p) {
		return fault.New(fault.Invalid, "plan_unknown", "plan", printable(string(p)))
	}
	return nil
}

// CheckTimeZone refuses what is not a name of the IANA time zone database:
// fault.Invalid "time_zone_unknown". The empty name is UTC.
func CheckTimeZone(name string) error {
	if name == "Local" {
		return fault.New(fault.Invalid, "time_zone_unknown", "zone", name).At("time_zone")
	}
	if _, err := time.LoadLocation(name); err != nil {
		return fault.New(fault.Invalid, "time_zone_unknown", "zone", printable(name)).At("time_zone")
	}
	return nil
}

// CheckCountry refuses what cannot be a code of ISO 3166-1 alpha-2, two capital
// letters: fault.Invalid "country_unknown". The empty code is no country.
func CheckCountry(code string) error {
	if code == "" {
		return nil
	}
	if len(code) != 2 || code[0] < 'A' || code[0] > 'Z' || code[1] < 'A' || code[1] > 'Z' {
		return fault.New(fault.Invalid, "country_unknown", "country", printable(code)).At("country")
	}
	return nil
}
