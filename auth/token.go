package auth

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/faxgate/faxgate/fault"
)

// The lifetimes of personal access tokens, and how many of them an account may have
// that live.
const (
	DefaultTokenAge = 90 * 24 * time.Hour
	MaxTokenAge     = 366 * 24 * time.Hour
	MaxTokens       = 100
)

// Token is a bearer token: a personal access token, or an access token that an
// OAuth client holds under a grant.
type Token struct {
	ID             string
	Hash           Hash
	Hint           string // prefix and last four digits
	OrganizationID string
	AccountID      string
	ClientID       string // empty: a personal access token
	GrantID        string // empty: a personal access token
	Name           string // of a personal access token; unique among an account's live ones
	Scopes         Scopes
	CreatedAt      time.Time
	ExpiresAt      time.Time // zero: never
	LastUsedAt     time.Time // zero: never; minutes may pass before it is written
	LastUsedFrom   string    // remote address of the last use
	RevokedAt      time.Time // zero: live
	RevokedBy      string    // in words: an e-mail address, "command line", …
	// ClientHeader is the client's setting that x-fax-clientid must name it.
	ClientHeader bool
	// Confirmation is the key that the token is bound to (cnf, RFC 9449 6), and
	// Resource the server that it is meant for (RFC 8707 2). Nothing here makes such
	// tokens yet, and Check.Bearer refuses them. Empty: a plain bearer token for this
	// server.
	Confirmation, Resource string
}

// Personal reports whether the token is a personal access token.
func (t Token) Personal() bool { return t.ClientID == "" }

// Live reports whether the token works at that time.
func (t Token) Live(now time.Time) bool { return t.fate(now) == nil }

// fate says why the token is refused, or nothing. A token that is revoked at all is
// so at once: the node that revoked it may have a clock ahead of this one's, and what
// looks alive would be remembered for good.
func (t Token) fate(now time.Time) error {
	switch {
	case !t.RevokedAt.IsZero():
		return fault.New(fault.Unauthenticated, "token_revoked", "at", t.RevokedAt)
	case !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt):
		return fault.New(fault.Unauthenticated, "token_expired", "at", t.ExpiresAt)
	}
	return nil
}

// plain refuses a token whose text is not enough to use it here: one that is bound to a
// key (RFC 9449 7.2), or meant for another server (RFC 8707 2).
func (t Token) plain() error {
	switch {
	case t.Confirmation != "":
		return fault.New(fault.Unauthenticated, "token_bound")
	case t.Resource != "":
		return fault.New(fault.Unauthenticated, "token_for_another_resource")
	}
	return nil
}

// EndOfDay is the expiry of a token that lives to the end of a date: the last second
// of the day in the zone, or on the last day that MaxTokenAge allows, as late as it
// allows. The date has the form 2006-01-02 (RFC 3339 full-date); anything else is
// fault.Invalid "token_expiry_malformed".
func EndOfDay(date string, zone *time.Location, now time.Time) (time.Time, error) {
	day, err := time.ParseInLocation(time.DateOnly, date, zone)
	if err != nil {
		return time.Time{}, fault.New(fault.Invalid, "token_expiry_malformed").At("expires")
	}
	end := time.Date(day.Year(), day.Month(), day.Day(), 23, 59, 59, 0, zone)
	if latest := now.Add(MaxTokenAge); end.After(latest) && !day.After(latest) {
		end = latest
	}
	return end, nil
}

// TokenStore is what the rules of personal access tokens need of the database.
type TokenStore interface {
	// PutToken stores a new token. A live token of the same account and name:
	// fault.Conflict "token_name_taken"; one more than MaxTokens that live:
	// fault.Conflict "tokens_too_many".
	PutToken(ctx context.Context, t Token, a Audit) error
	// Tokens lists the personal access tokens of an account, or, with an empty
	// account id, of the whole organization; the newest first.
	Tokens(ctx context.Context, organizationID, accountID string) ([]Token, error)
	// TokenByID finds a personal access token of the organization; otherwise
	// fault.NotFound.
	TokenByID(ctx context.Context, organizationID, id string) (Token, error)
	// RevokeToken ends a live token. An already dead one is left as it is.
	RevokeToken(ctx context.Context, t Token, by string, at time.Time, a Audit) error
	// AccountByID finds an account of the organization; otherwise fault.NotFound.
	AccountByID(ctx context.Context, organizationID, id string) (Account, error)
}

// Tokens are the rules of personal access tokens.
type Tokens struct {
	Store TokenStore
	Now   func() time.Time
	NewID func() string
}

// NewToken is what a person asks for.
type NewToken struct {
	AccountID string // whose token; empty: the caller's own
	Name      string
	ExpiresAt time.Time // zero: 90 days from now
	Scopes    Scopes
}

// Generate makes a personal access token. The secret is returned here and never
// again.
func (x *Tokens) Generate(ctx context.Context, c Caller, in NewToken) (secret string, t Token, err error) {
	now := x.Now()
	if err := c.Organization.RequireAPI(); err != nil {
		return "", Token{}, err
	}
	owner, err := x.owner(ctx, c, in.AccountID)
	if err != nil {
		return "", Token{}, err
	}
	if err := in.check(c, owner, now); err != nil {
		return "", Token{}, err
	}
	secret = NewSecret(PersonalAccessToken)
	t = Token{
		ID: x.NewID(), Hash: HashOf(secret), Hint: Hint(secret),
		OrganizationID: owner.OrganizationID, AccountID: owner.ID,
		Name: in.Name, Scopes: in.Scopes, CreatedAt: now, ExpiresAt: in.ExpiresAt,
	}
	a := c.Audit(x.NewID(), x.Now(), "token.create", t.ID, t.Name+": "+t.Scopes.String())
	if err := x.Store.PutToken(ctx, t, a); err != nil {
		return "", Token{}, err
	}
	return secret, t, nil
}

// List gives the caller's own tokens, or for all true and an administrator those
// of everybody in the organization.
func (x *Tokens) List(ctx context.Context, c Caller, all bool) ([]Token, error) {
	if all && !c.Administers() {
		return nil, RoleRequired("admin")
	}
	accountID := c.Account.ID
	if all {
		accountID = ""
	}
	return x.Store.Tokens(ctx, c.Organization.ID, accountID)
}

// Token finds one token that the caller may see.
func (x *Tokens) Token(ctx context.Context, c Caller, id string) (Token, error) {
	t, err := x.Store.TokenByID(ctx, c.Organization.ID, id)
	if err != nil {
		return Token{}, err
	}
	if t.AccountID != c.Account.ID && !c.Administers() {
		return Token{}, fault.New(fault.NotFound, "token_unknown")
	}
	return t, nil
}

// Revoke ends a token of the caller, or for an administrator anybody's. Revoking
// a dead token does nothing.
func (x *Tokens) Revoke(ctx context.Context, c Caller, id string) error {
	t, err := x.Token(ctx, c, id)
	if err != nil {
		return err
	}
	a := c.Audit(x.NewID(), x.Now(), "token.revoke", t.ID, t.Name)
	return x.Store.RevokeToken(ctx, t, a.Actor.Name, x.Now(), a)
}

// owner is the account that a new token will act for.
func (x *Tokens) owner(ctx context.Context, c Caller, accountID string) (Account, error) {
	if accountID == "" || accountID == c.Account.ID {
		return c.Account, nil
	}
	if !c.Operator { // an administrator sees and revokes, but never acts as somebody else
		return Account{}, RoleRequired("operator")
	}
	return x.Store.AccountByID(ctx, c.Organization.ID, accountID)
}

func (in *NewToken) check(c Caller, owner Account, now time.Time) error {
	in.Name = strings.TrimSpace(in.Name)
	if in.ExpiresAt.IsZero() {
		in.ExpiresAt = now.Add(DefaultTokenAge)
	}
	switch {
	case in.Name == "":
		return fault.New(fault.Invalid, "token_name_missing").At("name")
	case utf8.RuneCountInString(in.Name) > 100:
		return fault.New(fault.Invalid, "token_name_too_long", "most", 100).At("name")
	case in.Scopes == 0:
		return fault.New(fault.Invalid, "token_scope_missing").At("scope")
	case !in.Scopes.Offered():
		return fault.New(fault.Invalid, "scope_not_offered", "scope", (in.Scopes & shop).String()).At("scope")
	case !in.ExpiresAt.After(now):
		return fault.New(fault.Invalid, "token_expiry_past").At("expires")
	case in.ExpiresAt.After(now.Add(MaxTokenAge)):
		return fault.New(fault.Invalid, "token_expiry_too_far", "most", int(MaxTokenAge/(24*time.Hour))).At("expires")
	}
	if err := checkText("name", in.Name, 100); err != nil {
		return err
	}
	if excess := owner.Role.Excess(in.Scopes); excess != 0 && !c.Operator {
		return fault.New(fault.Forbidden, "scope_above_role", "scope", excess.String(), "role", string(owner.Role)).At("scope")
	}
	return nil
}

// RequireAPI refuses an organization without API access.
func (o Organization) RequireAPI() error {
	if o.APIAccess() {
		return nil
	}
	return fault.New(fault.Forbidden, "plan_required", "plan", string(o.Plan))
}
