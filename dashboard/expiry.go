package dashboard

import (
	"slices"
	"strconv"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

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
		end, err := auth.EndOfDay(date, v.zone, v.now)
		if err != nil {
			return time.Time{}, fault.Of(err).At("expires_date")
		}
		return end, nil
	}
	if days == "" {
		return time.Time{}, nil
	}
	if n, err := strconv.Atoi(days); err == nil && slices.Contains(tokenDays, n) {
		return v.now.Add(time.Duration(n) * 24 * time.Hour), nil
	}
	return auth.EndOfDay(days, v.zone, v.now)
}
