package auth

import (
	"context"
	"errors"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// CheckStore is what the bearer check needs of the database.
type CheckStore interface {
	// TokenByHash finds a token of a kind, PersonalAccessToken or AccessToken, dead or
	// alive, or fault.NotFound. Its name, hint and last use may be missing: the check
	// needs none of them.
	TokenByHash(ctx context.Context, kind Prefix, h Hash) (Token, error)
	// AccountAndOrganization finds an account with its organization, or
	// fault.NotFound.
	AccountAndOrganization(ctx context.Context, accountID string) (Account, Organization, error)
}

// Check is the one door for bearer tokens (RFC 6750): shape and checksum first,
// then what is remembered, then the database. It remembers tokens, and accounts
// with their organizations; Forget drops what a change makes stale.
type Check struct {
	Store CheckStore
	Now   func() time.Time
	// Fresh reports whether this node has heard of every change of the last
	// second. While it has not, nothing remembered is trusted. Nil: always fresh.
	Fresh func() bool
	// Used hears of every accepted token. Nil: nobody.
	Used func(t Token, address string, at time.Time)

	tokens   Cache[Hash, knownToken]
	accounts Cache[string, *holder]
}

// Bearer finds the caller behind a bearer token.
//
// A text that is not a token, an unknown, expired or revoked token, and one whose
// account is disabled are fault.Unauthenticated with a code each, so that a client
// knows to refresh (RFC 6750 3.1). An organization without API access is
// fault.Forbidden "plan_required".
func (x *Check) Bearer(ctx context.Context, text, address string) (Caller, error) {
	if !WellFormed(PersonalAccessToken, text) && !WellFormed(AccessToken, text) {
		return Caller{}, malformed(text)
	}
	now, fresh := x.Now(), x.fresh()
	t, err := x.token(ctx, text, fresh)
	if err != nil {
		return Caller{}, err
	}
	if err := t.fate(now); err != nil {
		return Caller{}, err
	}
	if err := t.plain(); err != nil {
		return Caller{}, err
	}
	h, err := x.holder(ctx, t.AccountID, fresh)
	if err != nil {
		return Caller{}, err
	}
	acc := h.account()
	if acc.Status != Active {
		return Caller{}, fault.New(fault.Unauthenticated, "account_disabled")
	}
	org := h.organization.Value()
	if err := org.RequireAPI(); err != nil {
		return Caller{}, err
	}
	if x.Used != nil {
		x.Used(t, address, now)
	}
	return Caller{
		Account: acc, Organization: org,
		Scopes: t.Scopes, TokenID: t.ID, ClientID: t.ClientID, Address: address, Self: &h.self,
	}, nil
}

// malformed tells the two mistakes apart that people make most: a token that was
// cut short, and one of another kind.
func malformed(text string) error {
	switch p := PrefixOf(text); p {
	case PersonalAccessToken, AccessToken:
		return fault.New(fault.Unauthenticated, "token_damaged")
	case "":
		return fault.New(fault.Unauthenticated, "token_unknown_form")
	default:
		return fault.New(fault.Unauthenticated, "token_wrong_kind", "prefix", string(p))
	}
}

// ClientHeader checks x-fax-clientid for a caller with an OAuth token. It is
// needed unless the client's owner switched that off, and must name the token's
// client where it stands. With a personal access token it is ignored.
func (x *Check) ClientHeader(ctx context.Context, c Caller, text, header string) error {
	if c.ClientID == "" || header == c.ClientID {
		return nil
	}
	if header != "" {
		return fault.New(fault.Forbidden, "client_id_mismatch", "client", printable(header))
	}
	t, err := x.token(ctx, text, x.fresh())
	if err != nil {
		return err
	}
	if !t.ClientHeader {
		return nil
	}
	return fault.New(fault.Forbidden, "client_id_header_required", "client", c.ClientID)
}

// Find looks a token up, dead or alive: for revocation and introspection. A text
// that is not a token is fault.Unauthenticated.
func (x *Check) Find(ctx context.Context, text string) (Token, error) {
	if !WellFormed(PersonalAccessToken, text) && !WellFormed(AccessToken, text) {
		return Token{}, malformed(text)
	}
	return x.token(ctx, text, x.fresh())
}

// Holder finds an account with its organization, or fault.Unauthenticated
// "account_disabled" when there is none.
func (x *Check) Holder(ctx context.Context, accountID string) (Account, Organization, error) {
	h, err := x.holder(ctx, accountID, x.fresh())
	if err != nil {
		return Account{}, Organization{}, err
	}
	return h.account(), h.organization.Value(), nil
}

// token remembers live tokens only: a dead one is asked for once in a while, and
// keeping those would let a flood of them push out the living.
func (x *Check) token(ctx context.Context, text string, fresh bool) (Token, error) {
	h := HashOf(text)
	if fresh {
		if k, ok := x.tokens.Get(h); ok {
			return k.token(h), nil
		}
	}
	generation := x.tokens.Generation()
	t, err := x.Store.TokenByHash(ctx, PrefixOf(text), h)
	if errors.Is(err, fault.NotFound) {
		return Token{}, fault.New(fault.Unauthenticated, "token_unknown_here")
	}
	if err != nil {
		return Token{}, err
	}
	if fresh && t.Live(x.Now()) {
		if known, ok := remember(t); ok {
			x.tokens.Put(h, known, generation)
		}
	}
	return t, nil
}

func (x *Check) holder(ctx context.Context, accountID string, fresh bool) (*holder, error) {
	if fresh {
		if h, ok := x.accounts.Get(accountID); ok {
			return h, nil
		}
	}
	generation := x.accounts.Generation()
	acc, org, err := x.Store.AccountAndOrganization(ctx, accountID)
	if errors.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Unauthenticated, "account_disabled")
	}
	if err != nil {
		return nil, err
	}
	h := newHolder(acc, org)
	if fresh {
		x.accounts.Put(accountID, h, generation)
	}
	return h, nil
}

func (x *Check) fresh() bool { return x.Fresh == nil || x.Fresh() }

// Forget drops what the changes make stale. Many changes cost one walk through what
// is remembered, not one each.
func (x *Check) Forget(changes []Change) {
	organizations := map[string]bool{}
	accounts, grants, clients := map[packedID]bool{}, map[packedID]bool{}, map[packedClientID]bool{}
	for _, c := range changes {
		switch c.Kind {
		case TokenChanged:
			if h, err := ParseHash(c.Subject); err == nil {
				x.tokens.Drop(h)
			}
		case GrantChanged:
			if id, ok := packID(c.Subject); ok {
				grants[id] = true
			}
		case ClientChanged:
			if id, ok := packClientID(c.Subject); ok {
				clients[id] = true
			}
		case AccountChanged:
			if id, ok := packID(c.Subject); ok {
				accounts[id] = true
			}
			x.accounts.Drop(c.Subject)
		case OrganizationChanged:
			organizations[c.Subject] = true
		}
	}
	if len(grants)+len(clients)+len(accounts) > 0 {
		x.tokens.DropIf(func(_ Hash, k knownToken) bool {
			return grants[k.grantID] || clients[k.clientID] || accounts[k.accountID]
		})
	}
	if len(organizations) > 0 {
		x.accounts.DropIf(func(_ string, h *holder) bool { return organizations[h.organization.Value().ID] })
	}
}

// ForgetAll drops everything: after the feed of changes had a gap.
func (x *Check) ForgetAll() {
	x.tokens.DropIf(func(Hash, knownToken) bool { return true })
	x.accounts.DropIf(func(string, *holder) bool { return true })
}
