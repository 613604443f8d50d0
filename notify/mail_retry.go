package notify

import (
	"time"
)

// Result is how one attempt to deliver a mail ended.
type Result struct {
	Delivered bool
	// Permanent says that the server refused the mail for good (RFC 5321 4.2.1, a
	// 5yz reply). False: the next attempt may go better.
	Permanent bool
	Reply     string // why it failed; never a part of the mail
}

const (
	firstDelay   = time.Minute
	longestDelay = 4 * time.Hour
	patience     = 24 * time.Hour
)

// Settle is the whole retry policy: the mail after one more attempt. The delay
// starts at a minute and doubles up to four hours; chance, from 0 to 1, makes it
// up to a quarter shorter or longer, so that a server that comes back is not met
// by everything at once. After a day the mail is given up.
func Settle(m Mail, r Result, now time.Time, chance float64) Mail {
	m.Attempts++
	m.LastReply = r.Reply
	m.NextAt = now.Add(delay(m.Attempts, chance))
	switch {
	case r.Delivered:
		m.State = Sent
	case r.Permanent, m.NextAt.After(m.CreatedAt.Add(patience)):
		m.State = GivenUp
	default:
		m.State = Waiting
	}
	return m
}

// delay is the time after the given number of attempts.
func delay(attempts int, chance float64) time.Duration {
	d := firstDelay
	for i := 1; i < attempts && d < longestDelay; i++ {
		d *= 2
	}
	return time.Duration(float64(min(d, longestDelay)) * (0.75 + chance/2))
}
