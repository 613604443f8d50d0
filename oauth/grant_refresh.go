package oauth

import (
	"context"
	"errors"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/seal"
)

// refresh serves grant_type=refresh_token (RFC 6749 6, RFC 9700 4.14).
func (x *Tokens) refresh(ctx context.Context, client Client, f *Form, address string) (TokenResponse, error) {
	text := f.Get("refresh_token")
	r, err := x.findRefreshToken(ctx, client, text)
	if err != nil {
		return TokenResponse{}, err
	}
	g := r.Grant
	if !g.RevokedAt.IsZero() {
		return TokenResponse{}, ended(g)
	}
	org, err := x.resourceOwner(ctx, g)
	if err != nil {
		return TokenResponse{}, err
	}
	if !org.RefreshAlive(r.IssuedAt, x.Now()) {
		return TokenResponse{}, tooOld(r.IssuedAt)
	}
	scopes, scope, err := narrow(g, f.Get("scope"))
	if err != nil {
		return TokenResponse{}, err
	}
	if client.Public {
		return x.rotate(ctx, client, f, r, text, scopes, scope, org, address)
	}
	access, t := x.accessToken(g, scopes)
	if err := x.Store.PutAccessToken(ctx, t); err != nil {
		return TokenResponse{}, orEnded(err)
	}
	x.used(g, f)
	return x.response(org, access, text, scope, r.IssuedAt), nil
}

func (x *Tokens) findRefreshToken(ctx context.Context, client Client, text string) (RefreshToken, error) {
	if text == "" {
		return RefreshToken{}, Refuse(InvalidRequest, "refresh_token is missing.")
	}
	if !auth.WellFormed(auth.RefreshToken, text) {
		return RefreshToken{}, Refuse(InvalidGrant, "This is not a refresh token of this server, or a part of it is missing. A refresh token begins with fgr_ and has %d characters.", auth.SecretLength)
	}
	r, err := x.refreshToken(ctx, client, auth.HashOf(text))
	if errors.Is(err, fault.NotFound) {
		return RefreshToken{}, Refuse(InvalidGrant, "This refresh token is unknown: its authorization was revoked long ago, or it belongs to another server. Send the person through the authorization page again.")
	}
	if err != nil {
		return RefreshToken{}, err
	}
	if r.Grant.ClientID != client.ID { // RFC 6749 10.4
		return RefreshToken{}, Refuse(InvalidGrant, "This refresh token was issued to another client.")
	}
	return r, nil
}

// refreshToken finds a refresh token, remembered or in the database. Those of
// confidential clients stay the same until their grant ends, of which the feed
// tells; and a token that is stored under an ended grant is refused in any case.
func (x *Tokens) refreshToken(ctx context.Context, client Client, h auth.Hash) (RefreshToken, error) {
	fresh := x.Fresh == nil || x.Fresh()
	if fresh {
		if r, ok := x.refreshTokens.Get(h); ok {
			return r, nil
		}
	}
	generation := x.refreshTokens.Generation()
	r, err := x.Store.RefreshTokenByHash(ctx, h)
	if err != nil {
		return RefreshToken{}, err
	}
	if fresh && !client.Public && r.Grant.ClientID == client.ID && r.Grant.RevokedAt.IsZero() {
		x.refreshTokens.Put(h, r, generation)
	}
	return r, nil
}

func tooOld(issued time.Time) *Error {
	return Refuse(InvalidGrant, "This refresh token was issued on %s. The organization's Advanced Security Controls end refresh tokens %d days after their issue. Send the person through the authorization page again.", stamp(issued), int(auth.AdvancedSecurityRefreshAge.Hours()/24))
}

// narrow gives the scopes of the new access token: what the grant has, or less of
// it when the client asks for less. The grant itself stays as it is (RFC 6749 6).
func narrow(g Grant, asked string) (auth.Scopes, string, error) {
	if asked == "" {
		return g.Scopes, g.Scope, nil
	}
	scopes, err := auth.ParseScopes(asked)
	if err != nil {
		return 0, "", scopeError(err)
	}
	if scopes == 0 || !scopes.Offered() || !scopes.Within(g.Scopes) || scopes&auth.All != 0 && g.Scopes&auth.All == 0 {
		return 0, "", Refuse(InvalidScope, "The authorization has the scope '%s'. A refresh may ask for less of it, never for more.", g.Scope)
	}
	return scopes, asked, nil
}

// rotate gives a public client a new refresh token each time. A token that was
// replaced within the grace, by an answer that got lost or by a second request at
// the same time, yields the same successor again; later it means that two parties
// hold it, and the whole grant ends.
func (x *Tokens) rotate(ctx context.Context, client Client, f *Form, r RefreshToken, text string, scopes auth.Scopes, scope string, org auth.Organization, address string) (TokenResponse, error) {
	g := r.Grant
	access, t := x.accessToken(g, scopes)
	if r.RotatedAt.IsZero() {
		successor := auth.NewSecret(auth.RefreshToken)
		next := RefreshToken{Hash: auth.HashOf(successor), Hint: auth.Hint(successor), IssuedAt: r.IssuedAt, Grant: g}
		sealed := seal.KeyFrom(text, "refresh token successor").Seal("successor", []byte(successor))
		err := x.Store.RotateRefreshToken(ctx, r.Hash, x.Now(), sealed, next, t)
		if err == nil {
			x.used(g, f)
			return x.response(org, access, successor, scope, r.IssuedAt), nil
		}
		if !errors.Is(err, fault.Conflict) {
			return TokenResponse{}, err
		}
		if r, err = x.Store.RefreshTokenByHash(ctx, r.Hash); err != nil {
			return TokenResponse{}, err
		}
		if !r.Grant.RevokedAt.IsZero() {
			return TokenResponse{}, ended(r.Grant)
		}
	}
	successor, ok := r.successor(text, x.Now())
	if !ok {
		return TokenResponse{}, x.refreshReplayed(ctx, client, g, address)
	}
	if err := x.Store.PutAccessToken(ctx, t); err != nil {
		return TokenResponse{}, orEnded(err)
	}
	x.used(g, f)
	return x.response(org, access, successor, scope, r.IssuedAt), nil
}

// successor opens the sealed next token within the grace.
func (r RefreshToken) successor(text string, now time.Time) (string, bool) {
	if r.RotatedAt.IsZero() || len(r.Successor) == 0 || !now.Before(r.RotatedAt.Add(RotationGrace)) {
		return "", false
	}
	successor, err := seal.KeyFrom(text, "refresh token successor").Open("successor", r.Successor)
	return string(successor), err == nil
}

func (x *Tokens) refreshReplayed(ctx context.Context, client Client, g Grant, address string) error {
	if err := x.Store.RevokeGrant(ctx, g.ID, RefreshReplayed, x.Now(), x.audit(client, address, "grant.refresh_replayed", g)); err != nil {
		return err
	}
	return Refuse(InvalidGrant, "This refresh token was replaced by a newer one more than %d seconds ago. Since two parties may hold it, the whole authorization has been revoked. Send the person through the authorization page again.", int(RotationGrace.Seconds()))
}

// orEnded turns the conflict of an ended grant into words.
func orEnded(err error) error {
	if errors.Is(err, fault.Conflict) {
		return Refuse(InvalidGrant, "This authorization has just ended. Send the person through the authorization page again.")
	}
	return err
}
