package locale

import (
	"strings"
	"time"
)

const weekdays = "日月火水木金土"

// Date writes the day in the zone: "Mon 23 Nov 2026", 「2026年11月23日(月)」. A nil
// zone is UTC. The zero time gives the empty string.
func Date(l Language, t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	t = in(t, zone)
	if l == Japanese {
		return t.Format("2006年1月2日(") + weekday(t) + ")"
	}
	return t.Format("Mon 2 Jan 2006")
}

// DateTime writes the day and the minute, and always the zone, since an expiry
// without one is a trap: "Mon 23 Nov 2026 16:05 JST",
// 「2026年11月23日(月) 16:05 JST」. A nil zone is UTC. The zero time gives the empty
// string.
func DateTime(l Language, t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	t = in(t, zone)
	return Date(l, t, t.Location()) + t.Format(" 15:04 ") + zoneName(t)
}

func in(t time.Time, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone)
}

func weekday(t time.Time) string {
	return string([]rune(weekdays)[t.Weekday()])
}

// zoneName is the abbreviation that is in force at t. Many zones have none and are
// called "+03" in the tz database, which few people read as a zone.
func zoneName(t time.Time) string {
	name := t.Format("MST")
	if strings.ContainsAny(name, "0123456789") {
		return t.Format("UTC-07:00")
	}
	return name
}

const day = 24 * time.Hour

// Ago writes how long before now something was used: "3 minutes ago",
// 「3分前」. The zero time is "never", and a clock that runs ahead counts as now.
func Ago(l Language, t, now time.Time) string {
	if t.IsZero() {
		return Text(l, "ago.never", nil)
	}
	switch d := now.Sub(t); {
	case d < time.Minute:
		return Text(l, "ago.now", nil)
	case d < time.Hour:
		return counted(l, "ago.minutes", d/time.Minute)
	case d < day:
		return counted(l, "ago.hours", d/time.Hour)
	default:
		return counted(l, "ago.days", d/day)
	}
}

// Duration writes a span in its largest fitting unit, rounded up, so that nobody
// is told to come back too early: "30 minutes", 「30分」. Hours go up to two days.
func Duration(l Language, d time.Duration) string {
	switch {
	case d <= time.Minute-time.Second:
		return counted(l, "duration.seconds", ceil(d, time.Second))
	case d <= time.Hour-time.Minute:
		return counted(l, "duration.minutes", ceil(d, time.Minute))
	case d < 2*day:
		return counted(l, "duration.hours", ceil(d, time.Hour))
	default:
		return counted(l, "duration.days", ceil(d, day))
	}
}

// DaysLeft writes what remains: "12 days left", 「残り12日」. Zero is less than a
// day, and a negative number is over.
func DaysLeft(l Language, days int) string {
	switch {
	case days < 0:
		return Text(l, "days_left.over", nil)
	case days == 0:
		return Text(l, "days_left.today", nil)
	default:
		return counted(l, "days_left.days", time.Duration(days))
	}
}

func counted(l Language, id string, n time.Duration) string {
	return Text(l, id, map[string]any{"count": int64(n)})
}

func ceil(d, unit time.Duration) time.Duration {
	return (max(d, 0) + unit - 1) / unit
}
