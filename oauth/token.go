package oauth

import (
	"context"
	"errors"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// TokenStore is what the token endpoint needs of the database.
type TokenStore interface {
	// CodeByHash finds a code with its grant, or fault.NotFound.
	CodeByHash(ctx context.Context, h auth.Hash) (AuthorizationCode, error)
	// RedeemCode uses the code up and stores what it bought, in one step. A second
	// call, or an ended grant: fault.Conflict.
	RedeemCode(ctx context.Context, h auth.Hash, at time.Time, access auth.Token, refresh RefreshToken) error
	// RefreshTokenByHash finds a refresh token with its grant, or fault.NotFound.
	RefreshTokenByHash(ctx context.Context, h auth.Hash) (RefreshToken, error)
	// PutAccessToken stores an access token under a live grant. An ended grant:
	// fault.Conflict.
	PutAccessToken(ctx context.Context, t auth.Token) error
	// RotateRefreshToken marks the token as rotated, stores its successor and an
	// access token, in one step. One that is rotated already, or an ended grant:
	// fault.Conflict.
	RotateRefreshToken(ctx context.Context, h auth.Hash, at time.Time, sealed []byte, successor RefreshToken, access auth.Token) error
	// RevokeGrant ends a grant and every token under it. A dead one is left as it is.
	RevokeGrant(ctx context.Context, grantID string, reason Reason, at time.Time, a auth.Audit) error
	// RevokeToken ends one access token.
	RevokeToken(ctx context.Context, t auth.Token, by string, at time.Time, a auth.Audit) error
}

// Tokens is the token endpoint with revocation and introspection.
type Tokens struct {
	Store          TokenStore
	Authentication *Authentication
	Check          *auth.Check
	Now            func() time.Time
	NewID          func() string
	// Used hears of every use of a grant, and whether its parameters came in the
	// query string. Nil: nobody.
	Used func(g Grant, query bool, at time.Time)
	// Fresh reports whether changes of the last second have been heard of. Nil:
	// always.
	Fresh func() bool

	refreshTokens auth.Cache[auth.Hash, knownRefreshToken] // of confidential clients, under live grants
}

// Forget drops what the changes make stale, in one walk through what is remembered.
func (x *Tokens) Forget(changes []auth.Change) {
	stale := make(map[auth.Change]bool)
	for _, c := range changes {
		switch c.Kind {
		case auth.GrantChanged, auth.ClientChanged, auth.AccountChanged:
			stale[auth.Change{Kind: c.Kind, Subject: c.Subject}] = true
		}
	}
	if len(stale) == 0 {
		return
	}
	x.refreshTokens.DropIf(func(h auth.Hash, known knownRefreshToken) bool {
		g := known.refreshToken(h).Grant
		return stale[auth.Change{Kind: auth.GrantChanged, Subject: g.ID}] ||
			stale[auth.Change{Kind: auth.ClientChanged, Subject: g.ClientID}] ||
			stale[auth.Change{Kind: auth.AccountChanged, Subject: g.AccountID}]
	})
}

// ForgetAll drops everything: after the feed of changes had a gap.
func (x *Tokens) ForgetAll() {
	x.refreshTokens.DropIf(func(auth.Hash, knownRefreshToken) bool { return true })
}

// TokenResponse is the answer of RFC 6749 5.1.
type TokenResponse struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token,omitempty"`
	// RefreshTokenExpiresIn is there while Advanced Security Controls are on.
	RefreshTokenExpiresIn int64  `json:"refresh_token_expires_in,omitempty"`
	Scope                 string `json:"scope,omitempty"`
}

// Exchange serves POST /token (RFC 6749 3.2). The client is authenticated before
// anything is used up: some libraries try one way of authentication and then, with
// the same code, the other.
func (x *Tokens) Exchange(ctx context.Context, in BackChannelRequest) (TokenResponse, error) {
	f, err := ParseForm(in.Query, in.Body)
	if err != nil {
		return TokenResponse{}, err
	}
	if f.Get("grant_type") == "" {
		return TokenResponse{}, Refuse(InvalidRequest, "grant_type is missing. Send grant_type=authorization_code or grant_type=refresh_token, in the form body or in the query string.")
	}
	client, err := x.Authentication.Client(ctx, in, &f)
	if err != nil {
		return TokenResponse{}, err
	}
	switch f.Get("grant_type") {
	case "authorization_code":
		return x.code(ctx, client, &f, in.Address)
	case "refresh_token":
		return x.refresh(ctx, client, &f, in.Address)
	}
	return TokenResponse{}, Refuse(UnsupportedGrantType, "This grant_type is not supported. This server knows authorization_code and refresh_token.")
}

// resourceOwner finds whom a grant acts for. It refuses one who no longer may, and a
// request that the organization does not let its clients make.
func (x *Tokens) resourceOwner(ctx context.Context, g Grant, f *Form) (auth.Organization, error) {
	acc, org, err := x.Check.Holder(ctx, g.AccountID)
	if err != nil && !errors.Is(err, fault.Unauthenticated) {
		return auth.Organization{}, err
	}
	if err != nil || acc.Status != auth.Active {
		return auth.Organization{}, Refuse(InvalidGrant, "The account that gave this authorization is disabled. Ask its administrator.")
	}
	if !org.APIAccess() {
		return auth.Organization{}, Refuse(InvalidGrant, "The organization's plan has no API access. Its owner can move it to the Enterprise plan.")
	}
	if org.BodyOnly && f.FromQuery() {
		return auth.Organization{}, Refuse(InvalidRequest, "The organization forbids parameters in the URL of this request, where logs keep them. Send all of them in the form body, and keep the URL without a query.")
	}
	return org, nil
}

// accessToken makes an access token under the grant.
func (x *Tokens) accessToken(g Grant, scopes auth.Scopes) (text string, t auth.Token) {
	now := x.Now()
	text = auth.NewSecret(auth.AccessToken)
	return text, auth.Token{
		ID: x.NewID(), Hash: auth.HashOf(text), Hint: auth.Hint(text),
		OrganizationID: g.OrganizationID, AccountID: g.AccountID, ClientID: g.ClientID, GrantID: g.ID,
		Scopes: scopes, CreatedAt: now, ExpiresAt: now.Add(AccessTokenAge),
	}
}

func (x *Tokens) response(org auth.Organization, access, refresh, scope string, refreshIssued time.Time) TokenResponse {
	r := TokenResponse{
		AccessToken: access, TokenType: "Bearer", ExpiresIn: int64(AccessTokenAge / time.Second),
		RefreshToken: refresh, Scope: scope,
	}
	if end := org.RefreshExpiry(refreshIssued); !end.IsZero() {
		r.RefreshTokenExpiresIn = max(1, int64(end.Sub(x.Now())/time.Second))
	}
	return r
}

// ended explains a grant that has ended.
func ended(g Grant) *Error {
	why := map[Reason]string{
		CodeReplayed:     "its authorization code was used twice",
		RefreshReplayed:  "a refresh token that had been replaced was used again",
		RevokedByClient:  "the client revoked it",
		ConsentWithdrawn: "the account's owner took the consent back",
		ClientDeleted:    "the client was deleted",
		RevokedByOwner:   "the account's owner ended it",
		Expired:          "the organization's Advanced Security Controls end refresh tokens 30 days after their issue",
		Superseded:       "the account gave the client many newer ones",
	}[g.RevokedReason]
	if why == "" {
		why = "it was revoked"
	}
	return Refuse(InvalidGrant, "This authorization ended on %s: %s. Send the person through the authorization page again.", stamp(g.RevokedAt), why)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func (x *Tokens) used(g Grant, f *Form) {
	if x.Used != nil {
		x.Used(g, f.FromQuery(), x.Now())
	}
}

func (x *Tokens) audit(client Client, address, action string, g Grant) auth.Audit {
	return auth.Audit{
		ID: x.NewID(), OrganizationID: g.OrganizationID, At: x.Now(),
		Actor:  auth.Actor{Name: client.Name + " (" + client.ID + ")", Address: address, ClientID: client.ID},
		Action: action, ObjectID: g.ID,
	}
}
