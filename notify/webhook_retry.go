package notify

import (
	"strconv"
	"time"
)

// DeliveryState is where the delivery of an event to a hook stands.
type DeliveryState string

// The states of a delivery. A replay begins the last two again.
const (
	Pending   DeliveryState = "pending"
	Delivered DeliveryState = "delivered"
	Failed    DeliveryState = "failed" // given up, or the hook was disabled
)

// HookDelivery is one event on its way to one hook.
type HookDelivery struct {
	ID        string // webhook-id: the same for all attempts
	HookID    string
	FaxID     string
	Body      string // what is posted
	State     DeliveryState
	Attempts  int       // all that are over
	Tries     int       // those since BeganAt
	CreatedAt time.Time // when the event happened
	BeganAt   time.Time // when it was created, or replayed for the last time
	NextAt    time.Time // not before
	Log       []HookAttempt
}

// HookAttempt is one attempt to post, which is over.
type HookAttempt struct {
	Number   int // from 1
	At       time.Time
	Duration time.Duration
	Status   int         // of HTTP; 0: no answer
	Body     string      // of the answer, at most its first 2048 bytes
	Failure  HookFailure // why there was no answer; empty: there was one
	Error    string      // the same in the words of the system
}

// HookFailure is why an attempt got no answer.
type HookFailure string

// The failures.
const (
	NoName         HookFailure = "name"            // the host's name has no address
	PrivateAddress HookFailure = "private_address" // not dialled: see checkAddress
	NoConnection   HookFailure = "connection"
	NoTLS          HookFailure = "tls" // mostly the certificate
	TooSlow        HookFailure = "timeout"
	NoSecret       HookFailure = "secret" // sealed under another master key
)

// Succeeded reports whether the other side has taken it: any status 2xx.
func (a HookAttempt) Succeeded() bool { return a.Status/100 == 2 }

// String says how the attempt ended, in a few words for a log and for the reason of a
// disabled hook.
func (a HookAttempt) String() string {
	if a.Failure != "" {
		return string(a.Failure)
	}
	return "HTTP " + strconv.Itoa(a.Status)
}

// hookDelays are the pauses after each try. The last one repeats.
var hookDelays = [...]time.Duration{
	10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 8 * time.Hour,
}

// SettleDelivery is the whole retry policy of webhooks: the delivery after one more
// attempt. The pauses grow from 10 s to 8 h; chance, from 0 to 1, makes each up to a
// quarter shorter or longer. The last try is a day after the beginning.
func SettleDelivery(d HookDelivery, a HookAttempt, chance float64) HookDelivery {
	d.Attempts++
	d.Tries++
	now, end := a.At.Add(a.Duration), d.BeganAt.Add(patience)
	d.NextAt = now.Add(hookDelay(d.Tries, chance))
	if d.NextAt.After(end) {
		d.NextAt = end
	}
	switch {
	case a.Succeeded():
		d.State = Delivered
	case !now.Before(end):
		d.State = Failed
	default:
		d.State = Pending
	}
	return d
}

// hookDelay is the pause after the given number of tries.
func hookDelay(tries int, chance float64) time.Duration {
	d := hookDelays[min(tries, len(hookDelays))-1]
	return time.Duration(float64(d) * (0.75 + chance/2))
}

const (
	// disableAfter is how long nothing has to get through for a hook to be disabled.
	disableAfter = 3 * 24 * time.Hour
	// forgetFailure is how long without an attempt makes a failure say nothing of
	// today: one bad day in spring does not count for one in autumn.
	forgetFailure = 7 * 24 * time.Hour
)

// SettleHook is the hook after one more attempt: disabled when nothing has got through
// for three days.
func SettleHook(h Hook, a HookAttempt) Hook {
	switch {
	case a.Succeeded():
		h.FailingSince = time.Time{}
	case h.FailingSince.IsZero(), a.At.Sub(h.TriedAt) > forgetFailure:
		h.FailingSince = a.At
	}
	h.TriedAt = a.At
	if h.DisabledAt.IsZero() && !h.FailingSince.IsZero() && a.At.Sub(h.FailingSince) >= disableAfter {
		h.DisabledAt, h.DisabledReason = a.At, a.String()
	}
	return h
}
