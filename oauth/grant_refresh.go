package oauth

import (
	"context"
	"errors"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/seal"
)

// refreshRequest is a refresh that may go on: its token is the client's, and grant,
// account and organization live.
type refreshRequest struct {
	client  Client
	form    *Form
	address string
	text    string // of the token
	token   RefreshToken
	org     auth.Organization
	scopes  auth.Scopes // of the new access token
	scope   string      // the same, as the answer has it
}

// refresh serves grant_type=refresh_token (RFC 6749 6, RFC 9700 4.14).
func (x *Tokens) refresh(ctx context.Context, client Client, f *Form, address string) (TokenResponse, error) {
	in := refreshRequest{client: client, form: f, address: address, text: f.Get("refresh_token")}
	if err := x.admit(ctx, &in); err != nil {
		return TokenResponse{}, err
	}
	if client.Public {
		return x.rotate(ctx, in)
	}
	return x.renew(ctx, in, in.text)
}

// admit finds what the request is about and refuses what no longer works.
func (x *Tokens) admit(ctx context.Context, in *refreshRequest) (err error) {
	if in.token, err = x.findRefreshToken(ctx, in.client, in.text); err != nil {
		return err
	}
	g := in.token.Grant
	if !g.RevokedAt.IsZero() {
		return ended(g)
	}
	if in.org, err = x.resourceOwner(ctx, g, in.form); err != nil {
		return err
	}
	if !in.org.RefreshAlive(in.token.IssuedAt, x.Now()) {
		return tooOld(in.token.IssuedAt)
	}
	in.scopes, in.scope, err = narrow(g, in.form.Get("scope"))
	return err
}

// renew answers with a new access token beside a refresh token that exists.
func (x *Tokens) renew(ctx context.Context, in refreshRequest, refresh string) (TokenResponse, error) {
	access, t := x.accessToken(in.token.Grant, in.scopes)
	if err := x.Store.PutAccessToken(ctx, t); err != nil {
		return TokenResponse{}, orEnded(err)
	}
	return x.refreshed(in, access, refresh), nil
}

func (x *Tokens) refreshed(in refreshRequest, access, refresh string) TokenResponse {
	x.used(in.token.Grant, in.form)
	return x.response(in.org, access, refresh, in.scope, in.token.IssuedAt)
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
		if known, ok := x.refreshTokens.Get(h); ok {
			return known.refreshToken(h), nil
		}
	}
	generation := x.refreshTokens.Generation()
	r, err := x.Store.RefreshTokenByHash(ctx, h)
	if err != nil {
		return RefreshToken{}, err
	}
	if fresh && !client.Public && r.Grant.ClientID == client.ID && r.Grant.RevokedAt.IsZero() {
		x.refreshTokens.Put(h, remember(r), generation)
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
func (x *Tokens) rotate(ctx context.Context, in refreshRequest) (TokenResponse, error) {
	if in.token.RotatedAt.IsZero() {
		answer, err := x.succeed(ctx, in)
		if !errors.Is(err, fault.Conflict) {
			return answer, err
		}
		if in.token, err = x.Store.RefreshTokenByHash(ctx, in.token.Hash); err != nil { // somebody was faster
			return TokenResponse{}, err
		}
		if !in.token.Grant.RevokedAt.IsZero() {
			return TokenResponse{}, ended(in.token.Grant)
		}
	}
	successor, ok := in.token.successor(in.text, x.Now())
	if !ok {
		return TokenResponse{}, x.refreshReplayed(ctx, in)
	}
	return x.renew(ctx, in, successor)
}

// succeed stores the token's successor and an access token. For a token that was
// rotated meanwhile it is fault.Conflict.
func (x *Tokens) succeed(ctx context.Context, in refreshRequest) (TokenResponse, error) {
	access, t := x.accessToken(in.token.Grant, in.scopes)
	successor := auth.NewSecret(auth.RefreshToken)
	next := RefreshToken{
		Hash: auth.HashOf(successor), Hint: auth.Hint(successor), IssuedAt: in.token.IssuedAt, Grant: in.token.Grant,
	}
	sealed := seal.KeyFrom(in.text, successorPurpose).Seal("successor", []byte(successor))
	if err := x.Store.RotateRefreshToken(ctx, in.token.Hash, x.Now(), sealed, next, t); err != nil {
		return TokenResponse{}, err
	}
	return x.refreshed(in, access, successor), nil
}

// successorPurpose is what the key that a refresh token's text makes is for.
const successorPurpose = "refresh token successor"

// successor opens the sealed next token within the grace.
func (r RefreshToken) successor(text string, now time.Time) (string, bool) {
	if r.RotatedAt.IsZero() || len(r.Successor) == 0 || !now.Before(r.RotatedAt.Add(RotationGrace)) {
		return "", false
	}
	successor, err := seal.KeyFrom(text, successorPurpose).Open("successor", r.Successor)
	return string(successor), err == nil
}

func (x *Tokens) refreshReplayed(ctx context.Context, in refreshRequest) error {
	g := in.token.Grant
	if err := x.Store.RevokeGrant(ctx, g.ID, RefreshReplayed, x.Now(), x.audit(in.client, in.address, "grant.refresh_replayed", g)); err != nil {
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
