package auth

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// The limits of failed sign-ins within FailureWindow. A stranger who fails on
// purpose can tire out one address, or an account as seen from new addresses, for
// a while; never the account's owner at an address that signed in before.
const (
	FailureWindow          = 15 * time.Minute
	failuresPerPair        = 10  // of one account from one Network
	failuresPerAddress     = 100 // of all accounts from one Network
	failuresPerAccount     = 50  // of one account from all addresses
	signInFailedPair       = "sign-in pair "
	signInFailedAddress    = "sign-in address "
	signInFailedForAccount = "sign-in account "
)

// SignInStore is what signing in needs of the database.
type SignInStore interface {
	// AccountByEmail finds an account by its address, whatever its case, or
	// fault.NotFound.
	AccountByEmail(ctx context.Context, email string) (Account, Organization, error)
	// KnownAddress reports whether the account signed in since then from this address,
	// or from another one of its Network.
	KnownAddress(ctx context.Context, accountID, address string, since time.Time) (bool, error)
	// SetPasswordHash replaces the stored hash by one with newer parameters.
	SetPasswordHash(ctx context.Context, accountID, old, replacement string) error
	// PutAudit stores a record on its own.
	PutAudit(ctx context.Context, a Audit) error
}

// SignIn is the rule of e-mail and password.
type SignIn struct {
	Store     SignInStore
	Sessions  *Sessions
	Passwords *Passwords
	Throttle  *Throttle
	// Background does what would tell by its time whether there is an account.
	Background *Background
	Now        func() time.Time
	NewID      func() string
}

// Password signs a person in. A wrong password and an unknown address are the
// same fault.Unauthenticated "sign_in_wrong" after the same work; too many
// failures are fault.Throttled. replaced is the session secret that the browser
// had before, if any.
func (x *SignIn) Password(ctx context.Context, email, password string, from Browser, replaced string) (secret string, acc Account, err error) {
	acc, _, err = x.Store.AccountByEmail(ctx, NormalizeEmail(email))
	known := err == nil
	if err != nil && !errors.Is(err, fault.NotFound) {
		return "", Account{}, err
	}
	ok, err := x.attempt(ctx, acc, known, email, password, from.Address)
	if err != nil {
		return "", Account{}, err
	}
	if !ok {
		return "", Account{}, x.refused(ctx, acc, known, from)
	}
	secret, err = x.Sessions.start(ctx, acc, from, replaced, "sign_in")
	return secret, acc, err
}

// Confirm checks the caller's password again and gives the browser a new session
// secret, with which the changes that need a recent password are open.
func (x *SignIn) Confirm(ctx context.Context, c Caller, password string, from Browser, current string) (secret string, err error) {
	if err := x.CheckPassword(ctx, c, password, from); err != nil {
		return "", err
	}
	secret, err = x.Sessions.start(ctx, c.Account, from, current, "sign_in.confirm")
	return secret, err
}

// CheckPassword is the caller's password typed again, under the same throttle as
// signing in.
func (x *SignIn) CheckPassword(ctx context.Context, c Caller, password string, from Browser) error {
	ok, err := x.attempt(ctx, c.Account, true, c.Account.Email, password, from.Address)
	if err != nil {
		return err
	}
	if !ok {
		_ = x.refused(ctx, c.Account, true, from) // here the answer names the field
		return fault.New(fault.Invalid, "password_wrong").At("password")
	}
	return nil
}

// attempt tries a password under the throttle. It counts as a failure until it has
// succeeded: attempts that come together must not all find the limit unreached.
func (x *SignIn) attempt(ctx context.Context, acc Account, known bool, email, password, address string) (bool, error) {
	takeBack, err := x.countAhead(ctx, acc, NormalizeEmail(email), address)
	if err != nil {
		return false, err
	}
	ok, err := x.verify(ctx, acc, known, password)
	if ok || err != nil {
		takeBack()
	}
	return ok, err
}

// countAhead counts an attempt as failed, or refuses it as fault.Throttled.
func (x *SignIn) countAhead(ctx context.Context, acc Account, email, address string) (takeBack func(), err error) {
	network := Network(address)
	pair := Limit{signInFailedPair + email + " " + network, failuresPerPair}
	everywhere := Limit{signInFailedAddress + network, failuresPerAddress}
	account := Limit{signInFailedForAccount + email, failuresPerAccount}
	if wait := x.Throttle.Try(pair, everywhere); wait > 0 {
		return nil, throttled(wait)
	}
	if wait := x.Throttle.Try(account); wait > 0 {
		// An unknown account, whose id is empty, is asked about too: by the time that
		// takes nobody shall tell who has one.
		known, err := x.Store.KnownAddress(ctx, acc.ID, address, x.Now().Add(-SessionAge))
		if err != nil || !known {
			x.Throttle.TakeBack(pair.Key, everywhere.Key)
			return nil, cmp.Or(err, throttled(wait))
		}
		x.Throttle.Add(account.Key)
	}
	return func() { x.Throttle.TakeBack(pair.Key, everywhere.Key, account.Key) }, nil
}

func throttled(wait time.Duration) error {
	return fault.New(fault.Throttled, "sign_in_throttled").After(wait)
}

// verify takes the same time whether there is such an account or not.
func (x *SignIn) verify(ctx context.Context, acc Account, known bool, password string) (bool, error) {
	if !known || !acc.CanSignIn() {
		return false, x.Passwords.VerifyNobody(ctx, password)
	}
	ok, rehash, err := x.Passwords.Verify(ctx, password, acc.PasswordHash)
	if err != nil || !ok || !rehash {
		return ok, err
	}
	replacement, err := x.Passwords.Hash(ctx, password)
	if err != nil {
		return false, err
	}
	return true, x.Store.SetPasswordHash(ctx, acc.ID, acc.PasswordHash, replacement)
}

// refused audits the failure of an account that exists: a record needs an
// organization to belong to.
func (x *SignIn) refused(ctx context.Context, acc Account, known bool, from Browser) error {
	if known {
		a := Audit{
			ID: x.NewID(), OrganizationID: acc.OrganizationID, At: x.Now(),
			Actor: Actor{Name: acc.Email, Address: from.Address}, Action: "sign_in.refused", ObjectID: acc.ID,
		}
		x.Background.Do(ctx, "audit of a refused sign-in", func(ctx context.Context) error {
			return x.Store.PutAudit(ctx, a)
		})
	}
	return fault.New(fault.Unauthenticated, "sign_in_wrong")
}

// NormalizeEmail is the form in which addresses are compared: without the spaces
// around it and in lower case.
func NormalizeEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }
