package dashboard

import (
	"slices"
	"strconv"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// dateForm is how date fields send a day (RFC 3339 full-date).
const dateForm = "2006-01-02"

// tokenDays are the ages that a new token can be given with one click.
var tokenDays = []int{7, 30, 90, 365}

// age is one of them with the moment at which it ends.
type age struct {
	Days    int
	Until   moment
	UTC     string // the same moment in UTC; empty: the zone is UTC
	Checked bool
}

func (v *visit) ages() []age {
	chosen := "90"
	if v.form.Has("expires") {
		chosen = v.form.Get("expires")
	}
	var out []age
	for _, days := range tokenDays {
		end := v.now.Add(time.Duration(days) * 24 * time.Hour)
		a := age{Days: days, Until: v.moment(end), Checked: chosen == strconv.Itoa(days)}
		if name, _ := end.In(v.zone).Zone(); name != "UTC" {
			a.UTC = end.UTC().Format("15:04 UTC")
		}
		out = append(out, a)
	}
	return out
}

// expiry reads the end of a new token: a number of days or a date. A date that was
// filled in wins over the days, which are never empty. Nothing at all is the rule's
// own default.
func (v *visit) expiry(days, date string) (time.Time, error) {
	if date != "" {
		return v.endOfDay(date, "expires_date")
	}
	if days == "" {
		return time.Time{}, nil
	}
	if n, err := strconv.Atoi(days); err == nil && slices.Contains(tokenDays, n) {
		return v.now.Add(time.Duration(n) * 24 * time.Hour), nil
	}
	return v.endOfDay(days, "expires")
}

// endOfDay is the last second of the day in the person's time zone. On the last day
// that the rules allow it is as late as they allow.
func (v *visit) endOfDay(date, field string) (time.Time, error) {
	day, err := time.ParseInLocation(dateForm, date, v.zone)
	if err != nil {
		return time.Time{}, fault.New(fault.Invalid, "token_expiry_malformed").At(field)
	}
	end := time.Date(day.Year(), day.Month(), day.Day(), 23, 59, 59, 0, v.zone)
	if latest := v.now.Add(auth.MaxTokenAge); end.After(latest) && !day.After(latest) {
		end = latest
	}
	return end, nil
}
