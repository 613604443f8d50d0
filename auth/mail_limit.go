package auth

import (
	"time"

	"github.com/faxgate/faxgate/fault"
)

// The limits of mails to addresses that somebody typed, within FailureWindow: the
// server must not become a means to fill strangers' mailboxes.
const (
	emailChanges = 3  // of one account
	invitations  = 50 // by one account
)

func emailChangeLimit(acc Account) Limit { return Limit{"email change " + acc.ID, emailChanges} }

func invitationLimit(c Caller) Limit { return Limit{"invitation " + c.Account.ID, invitations} }

// countMail counts a mail, or refuses it as fault.Throttled "mail_throttled". Without
// mail there is nothing to count, and the operator is the one who pays for it.
func (x *Accounts) countMail(c Caller, l Limit) error {
	if c.Operator || !x.Mail.Configured() {
		return nil
	}
	return mailThrottled(x.SignIn.Throttle.Try(l))
}

// mailThrottled is the refusal with the time to wait; zero: none.
func mailThrottled(wait time.Duration) error {
	if wait > 0 {
		return fault.New(fault.Throttled, "mail_throttled").After(wait)
	}
	return nil
}
