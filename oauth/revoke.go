package oauth

import (
	"context"
	"errors"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// Revoke serves RFC 7009. An access token is revoked by itself, a refresh token
// with its whole grant. A token that is unknown, or another client's, is answered the
// same way as success, and nothing happens to it.
func (x *Tokens) Revoke(ctx context.Context, in BackChannelRequest) error {
	client, text, err := x.presented(ctx, in)
	if err != nil {
		return err
	}
	switch {
	case auth.WellFormed(auth.AccessToken, text):
		return x.revokeAccess(ctx, client, text, in.Address)
	case auth.WellFormed(auth.RefreshToken, text):
		return x.revokeRefresh(ctx, client, text, in.Address)
	}
	return nil
}

// presented authenticates the client and gives the token it speaks of. Parameters
// come only in the body: a token in a URL would end up in logs.
func (x *Tokens) presented(ctx context.Context, in BackChannelRequest) (Client, string, error) {
	f, err := ParseForm("", in.Body)
	if err != nil {
		return Client{}, "", err
	}
	client, err := x.Authentication.Client(ctx, in, &f)
	if err != nil {
		return Client{}, "", err
	}
	if f.Get("token") == "" {
		return Client{}, "", Refuse(InvalidRequest, "token is missing. Send it in the form body.")
	}
	return client, f.Get("token"), nil
}

func (x *Tokens) revokeAccess(ctx context.Context, client Client, text, address string) error {
	t, err := x.Check.Find(ctx, text)
	if errors.Is(err, fault.Unauthenticated) {
		return nil
	}
	if err != nil || t.ClientID != client.ID {
		return err
	}
	a := x.audit(client, address, "token.revoke", Grant{OrganizationID: t.OrganizationID})
	a.ObjectID = t.ID
	return x.Store.RevokeToken(ctx, t, client.Name, x.Now(), a)
}

func (x *Tokens) revokeRefresh(ctx context.Context, client Client, text, address string) error {
	r, err := x.Store.RefreshTokenByHash(ctx, auth.HashOf(text))
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || r.Grant.ClientID != client.ID || !r.Grant.RevokedAt.IsZero() {
		return err
	}
	return x.Store.RevokeGrant(ctx, r.Grant.ID, RevokedByClient, x.Now(), x.audit(client, address, "grant.revoke", r.Grant))
}
