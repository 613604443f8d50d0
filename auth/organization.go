package auth

import "time"

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
	TimeZone          string // IANA name; empty: UTC
	Country           string // ISO 3166-1 alpha-2, for national numbers; empty: none
	Language          string // "en", "ja"; empty: by the browser
	CreatedAt         time.Time
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
