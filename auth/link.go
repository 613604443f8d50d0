package auth

import (
	"context"
	"errors"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// LinkKind says what a one-time link does when it is opened.
type LinkKind string

// The kinds of one-time links and how long they live.
const (
	InvitationLink    LinkKind = "invitation"
	PasswordResetLink LinkKind = "password_reset"
	EmailChangeLink   LinkKind = "email_change"

	InvitationAge    = 7 * 24 * time.Hour
	PasswordResetAge = 30 * time.Minute
	EmailChangeAge   = 24 * time.Hour
)

// Age is how long a link of the kind lives.
func (k LinkKind) Age() time.Duration {
	switch k {
	case InvitationLink:
		return InvitationAge
	case EmailChangeLink:
		return EmailChangeAge
	default:
		return PasswordResetAge // the shortest
	}
}

// Link is a one-time link. Its secret is in the mail; the database has the hash.
type Link struct {
	Hash      Hash
	Kind      LinkKind
	AccountID string
	Email     string // the new address of an EmailChangeLink
	// Sealed is the secret under the master key, for an invitation that the
	// Members page must be able to show again. Empty: it cannot be shown again.
	Sealed    []byte
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // zero: not yet
}

// LinkStore is what the rules of one-time links need of the database.
type LinkStore interface {
	// PutLink stores a link and ends the account's earlier links of its kind.
	PutLink(ctx context.Context, l Link, a Audit) error
	// LinkByHash gives a link with its account and organization, or
	// fault.NotFound.
	LinkByHash(ctx context.Context, h Hash) (Link, Account, Organization, error)
	// RedeemLink uses up the link and changes its account in one step. A link that
	// is used already: fault.Conflict. Ending sessions and tokens goes with it. change
	// may be called more than once.
	RedeemLink(ctx context.Context, h Hash, at time.Time, change func(*Account) error, end End, a Audit) error
	// Links lists the open links of one kind in the organization.
	Links(ctx context.Context, organizationID string, kind LinkKind, now time.Time) ([]Link, error)
}

// End says what a change of an account also ends.
type End struct {
	Sessions      bool   // and with them the links: whoever was signed in may have asked for those
	ExceptSession string // the session that stays
	Links         bool   // the account's one-time links
	Tokens        bool   // personal access tokens and grants, with the decisions that are remembered for them
}

// detail says in the audit record what else ended.
func (e End) detail() string {
	if e.Tokens {
		return "with tokens and connected apps"
	}
	return ""
}

// newLink makes a link of the kind for the account.
func newLink(kind LinkKind, accountID string, now time.Time) (secret string, l Link) {
	secret = NewSecret(OneTimeLink)
	return secret, Link{Hash: HashOf(secret), Kind: kind, AccountID: accountID, CreatedAt: now, ExpiresAt: now.Add(kind.Age())}
}

// openLink finds a link that still works. What was used or has run out is
// fault.Gone, with the way to a new one in its text.
func openLink(ctx context.Context, store LinkStore, kind LinkKind, secret string, now time.Time) (Link, Account, Organization, error) {
	if !WellFormed(OneTimeLink, secret) {
		return Link{}, Account{}, Organization{}, fault.New(fault.NotFound, "link_unknown")
	}
	l, acc, org, err := store.LinkByHash(ctx, HashOf(secret))
	if errors.Is(err, fault.NotFound) || err == nil && l.Kind != kind {
		return Link{}, Account{}, Organization{}, fault.New(fault.NotFound, "link_unknown")
	}
	if err != nil {
		return Link{}, Account{}, Organization{}, err
	}
	if !l.UsedAt.IsZero() || !now.Before(l.ExpiresAt) {
		return Link{}, Account{}, Organization{}, linkEnded(kind)
	}
	return l, acc, org, nil
}

func linkEnded(kind LinkKind) error {
	return fault.New(fault.Gone, string(kind)+"_link_ended", "age", kind.Age())
}
