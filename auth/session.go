package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// The lifetimes of browser sessions, and how long a password counts as freshly
// typed for the changes that ask for it again.
const (
	SessionIdle       = 12 * time.Hour
	SessionAge        = 30 * 24 * time.Hour
	RecentlyConfirmed = 15 * time.Minute
)

// Session is a person signed in with a browser.
type Session struct {
	ID              string
	Hash            Hash
	OrganizationID  string
	AccountID       string
	CreatedAt       time.Time
	LastSeenAt      time.Time
	AuthenticatedAt time.Time // when the password was last typed
	Address         string
	UserAgent       string
}

// Live reports whether the session still counts.
func (s Session) Live(now time.Time) bool {
	return now.Before(s.LastSeenAt.Add(SessionIdle)) && now.Before(s.CreatedAt.Add(SessionAge))
}

// Recent reports whether the password was typed a short while ago.
func (s Session) Recent(now time.Time) bool {
	return now.Before(s.AuthenticatedAt.Add(RecentlyConfirmed))
}

// SessionStore is what the rules of sessions need of the database.
type SessionStore interface {
	// PutSession stores a new session and ends the one that it replaces; replaced
	// is the zero Hash when there is none.
	PutSession(ctx context.Context, s Session, replaced Hash, a Audit) error
	// SessionByHash gives the session with its account and organization, or
	// fault.NotFound.
	SessionByHash(ctx context.Context, h Hash) (Session, Account, Organization, error)
	// TouchSession notes that the session was seen.
	TouchSession(ctx context.Context, s Session, at time.Time) error
	// Sessions lists the sessions of an account seen since then, the latest first.
	Sessions(ctx context.Context, accountID string, since time.Time) ([]Session, error)
	// EndSession ends one session of the account, or none.
	EndSession(ctx context.Context, accountID, id string, a Audit) error
	// EndSessions ends all sessions of the account but one (empty: all), its one-time
	// links and, if asked, its tokens and grants.
	EndSessions(ctx context.Context, accountID, exceptID string, tokens bool, at time.Time, a Audit) error
}

// Sessions are the rules of browser sessions.
type Sessions struct {
	Store SessionStore
	Now   func() time.Time
	NewID func() string
}

// Browser is the other end of a person's request: its address and what it calls itself.
type Browser struct {
	Address   string
	UserAgent string
}

// start makes a session. Every sign-in and every change of privilege gets a new
// secret, so that a planted one is worth nothing.
func (x *Sessions) start(ctx context.Context, acc Account, from Browser, replaced, action string) (secret string, err error) {
	now := x.Now()
	secret = NewSecret(BrowserSession)
	s := Session{
		ID: x.NewID(), Hash: HashOf(secret), OrganizationID: acc.OrganizationID, AccountID: acc.ID,
		CreatedAt: now, LastSeenAt: now, AuthenticatedAt: now,
		Address: from.Address, UserAgent: storable(from.UserAgent, 200),
	}
	var old Hash
	if WellFormed(BrowserSession, replaced) {
		old = HashOf(replaced)
	}
	c := Caller{Account: acc, Organization: Organization{ID: acc.OrganizationID}, Address: from.Address}
	return secret, x.Store.PutSession(ctx, s, old, c.Audit(x.NewID(), now, action, s.ID, ""))
}

// Caller finds who is behind a session cookie. Without a live session of an
// active account it is fault.Unauthenticated "sign_in_required".
func (x *Sessions) Caller(ctx context.Context, secret, address string) (Caller, error) {
	if !WellFormed(BrowserSession, secret) {
		return Caller{}, fault.New(fault.Unauthenticated, "sign_in_required")
	}
	s, acc, org, err := x.Store.SessionByHash(ctx, HashOf(secret))
	if errors.Is(err, fault.NotFound) {
		return Caller{}, fault.New(fault.Unauthenticated, "sign_in_required")
	}
	if err != nil {
		return Caller{}, err
	}
	now := x.Now()
	if !s.Live(now) || acc.Status != Active {
		return Caller{}, fault.New(fault.Unauthenticated, "sign_in_required")
	}
	if now.Sub(s.LastSeenAt) > time.Minute { // one write a minute is precise enough
		if err := x.Store.TouchSession(ctx, s, now); err != nil {
			return Caller{}, err
		}
	}
	return Caller{Account: acc, Organization: org, Scopes: All, Session: s, Address: address}, nil
}

// List gives the caller's live sessions, the latest first.
func (x *Sessions) List(ctx context.Context, c Caller) ([]Session, error) {
	all, err := x.Store.Sessions(ctx, c.Account.ID, x.Now().Add(-SessionIdle))
	live := all[:0]
	for _, s := range all {
		if s.Live(x.Now()) {
			live = append(live, s)
		}
	}
	return live, err
}

// End signs one of the caller's sessions out.
func (x *Sessions) End(ctx context.Context, c Caller, id string) error {
	return x.Store.EndSession(ctx, c.Account.ID, id, c.Audit(x.NewID(), x.Now(), "session.end", id, ""))
}

// EndOthers signs the caller out everywhere else and, if asked, also ends all of
// the caller's tokens and grants.
func (x *Sessions) EndOthers(ctx context.Context, c Caller, tokens bool) error {
	a := c.Audit(x.NewID(), x.Now(), "session.end_others", c.Account.ID, End{Tokens: tokens}.detail())
	return x.Store.EndSessions(ctx, c.Account.ID, c.Session.ID, tokens, x.Now(), a)
}

// SignOut ends the caller's own session.
func (x *Sessions) SignOut(ctx context.Context, c Caller) error {
	return x.Store.EndSession(ctx, c.Account.ID, c.Session.ID, c.Audit(x.NewID(), x.Now(), "sign_out", c.Session.ID, ""))
}

// storable is a text of at most so many bytes that every database takes: a header
// may hold anything.
func storable(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
}
