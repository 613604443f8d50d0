package auth

import (
	"crypto/subtle"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// SetupAge is how long the code of the setup link works.
const SetupAge = 30 * time.Minute

// SetupCode is the one-time code of the setup link, with which the first owner is
// made. The zero value opens nothing.
type SetupCode struct {
	Hash      Hash
	ExpiresAt time.Time
}

// NewSetupCode makes a code. Its text belongs into the link that is printed at the
// start, PublicURL/setup?code=…, and nowhere else.
func NewSetupCode(now time.Time) (text string, code SetupCode) {
	text = NewSecret(OneTimeLink)
	return text, SetupCode{HashOf(text), now.Add(SetupAge)}
}

// Check refuses any other code as fault.Forbidden "setup_code_wrong", and this one
// after its time as fault.Gone "setup_code_expired".
func (x SetupCode) Check(text string, now time.Time) error {
	h := HashOf(text)
	if x.ExpiresAt.IsZero() || subtle.ConstantTimeCompare(h[:], x.Hash[:]) != 1 {
		return fault.New(fault.Forbidden, "setup_code_wrong")
	}
	if !now.Before(x.ExpiresAt) {
		return fault.New(fault.Gone, "setup_code_expired", "age", SetupAge)
	}
	return nil
}
