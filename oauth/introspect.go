package oauth

import (
	"context"
	"errors"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// Introspection is the answer of RFC 7662 2.2. An inactive one has no other key.
type Introspection struct {
	Active    bool   `json:"active"`
	Scope     string `json:"scope,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
	Username  string `json:"username,omitempty"`
	TokenType string `json:"token_type,omitempty"` // of an access token
	ExpiresAt int64  `json:"exp,omitempty"`        // Unix seconds; absent: never
	IssuedAt  int64  `json:"iat,omitempty"`
	Subject   string `json:"sub,omitempty"` // the account's uid
	Issuer    string `json:"iss,omitempty"`
}

// Introspect serves RFC 7662. A client sees its own tokens; everything else is not
// active, whatever it is (RFC 7662 4).
func (x *Tokens) Introspect(ctx context.Context, r BackChannelRequest, issuer string) (Introspection, error) {
	client, text, err := x.presented(ctx, r)
	if err != nil {
		return Introspection{}, err
	}
	if client.Public { // RFC 7662 2.1: whoever asks must prove who it is
		return Introspection{}, unauthenticated(false, "Introspection needs a client secret; a public client has none.")
	}
	var in Introspection
	switch {
	case auth.WellFormed(auth.AccessToken, text):
		in, err = x.introspectAccess(ctx, client, text)
	case auth.WellFormed(auth.RefreshToken, text):
		in, err = x.introspectRefresh(ctx, client, text)
	}
	if err != nil || !in.Active {
		return Introspection{}, err
	}
	in.ClientID, in.Issuer = client.ID, issuer
	return in, nil
}

func (x *Tokens) introspectAccess(ctx context.Context, client Client, text string) (Introspection, error) {
	t, err := x.Check.Find(ctx, text)
	if errors.Is(err, fault.Unauthenticated) {
		return Introspection{}, nil
	}
	if err != nil || t.ClientID != client.ID || !t.Live(x.Now()) {
		return Introspection{}, err
	}
	acc, org, err := x.Check.Holder(ctx, t.AccountID)
	if errors.Is(err, fault.Unauthenticated) || err == nil && (acc.Status != auth.Active || !org.APIAccess()) {
		return Introspection{}, nil
	}
	return Introspection{
		Active: true, Scope: t.Scopes.String(), Username: acc.Email, Subject: acc.ID,
		TokenType: "Bearer", ExpiresAt: t.ExpiresAt.Unix(), IssuedAt: t.CreatedAt.Unix(),
	}, err
}

func (x *Tokens) introspectRefresh(ctx context.Context, client Client, text string) (Introspection, error) {
	r, err := x.Store.RefreshTokenByHash(ctx, auth.HashOf(text))
	if errors.Is(err, fault.NotFound) {
		return Introspection{}, nil
	}
	if err != nil || r.Grant.ClientID != client.ID || !r.Grant.RevokedAt.IsZero() || !r.RotatedAt.IsZero() {
		return Introspection{}, err
	}
	acc, org, err := x.Check.Holder(ctx, r.Grant.AccountID)
	if errors.Is(err, fault.Unauthenticated) || err == nil && (acc.Status != auth.Active || !org.APIAccess() || !org.RefreshAlive(r.IssuedAt, x.Now())) {
		return Introspection{}, nil
	}
	in := Introspection{Active: true, Scope: r.Grant.Scope, Username: acc.Email, Subject: acc.ID, IssuedAt: r.IssuedAt.Unix()}
	if end := org.RefreshExpiry(r.IssuedAt); !end.IsZero() {
		in.ExpiresAt = end.Unix()
	}
	return in, err
}
