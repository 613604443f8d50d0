package oauth

import (
	"context"
	"errors"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// code serves grant_type=authorization_code (RFC 6749 4.1.3). Nothing but the
// client the code was made for, with the same redirect URI and the right verifier,
// uses it up; everybody else leaves it as it was.
func (x *Tokens) code(ctx context.Context, client Client, f *Form, address string) (TokenResponse, error) {
	code, err := x.findCode(ctx, client, f)
	if err != nil {
		return TokenResponse{}, err
	}
	g := code.Grant
	if !code.RedeemedAt.IsZero() {
		return TokenResponse{}, x.replayed(ctx, client, g, address)
	}
	if err := code.check(x.Now(), f); err != nil {
		return TokenResponse{}, err
	}
	org, err := x.resourceOwner(ctx, g, f)
	if err != nil {
		return TokenResponse{}, err
	}
	access, t := x.accessToken(g, g.Scopes)
	refresh := auth.NewSecret(auth.RefreshToken)
	r := RefreshToken{Hash: auth.HashOf(refresh), Hint: auth.Hint(refresh), IssuedAt: x.Now(), Grant: g}
	err = x.Store.RedeemCode(ctx, code.Hash, r.IssuedAt, t, r)
	if errors.Is(err, fault.Conflict) { // somebody was faster with the same code
		return TokenResponse{}, x.replayed(ctx, client, g, address)
	}
	if err != nil {
		return TokenResponse{}, err
	}
	x.used(g, f)
	return x.response(org, access, refresh, g.Scope, r.IssuedAt), nil
}

func (x *Tokens) findCode(ctx context.Context, client Client, f *Form) (AuthorizationCode, error) {
	text := f.Get("code")
	switch {
	case text == "":
		return AuthorizationCode{}, Refuse(InvalidRequest, "code is missing. Send the code of the redirect.")
	case f.Get("redirect_uri") == "":
		return AuthorizationCode{}, Refuse(InvalidRequest, "redirect_uri is missing. Send the one of the authorization request.")
	case !auth.WellFormed(auth.AuthorizationCode, text):
		return AuthorizationCode{}, Refuse(InvalidGrant, "This is not an authorization code of this server, or a part of it is missing. A code begins with fgc_ and has %d characters.", auth.SecretLength)
	}
	code, err := x.Store.CodeByHash(ctx, auth.HashOf(text))
	if errors.Is(err, fault.NotFound) {
		return AuthorizationCode{}, unknownCode()
	}
	if err != nil {
		return AuthorizationCode{}, err
	}
	if code.Grant.ClientID != client.ID { // and the code stays good for its own client
		return AuthorizationCode{}, Refuse(InvalidGrant, "This authorization code was issued to another client.")
	}
	return code, nil
}

func unknownCode() *Error {
	return Refuse(InvalidGrant, "This authorization code is unknown. It may have expired: a code lives %d seconds. Send the person through the authorization page again.", int(CodeAge.Seconds()))
}

// check holds the request against what the code was made for.
func (code *AuthorizationCode) check(now time.Time, f *Form) error {
	if !code.Grant.RevokedAt.IsZero() {
		return ended(code.Grant)
	}
	if !now.Before(code.ExpiresAt) {
		return Refuse(InvalidGrant, "This authorization code expired on %s: a code lives %d seconds. Send the person through the authorization page again.", stamp(code.ExpiresAt), int(CodeAge.Seconds()))
	}
	if f.Get("redirect_uri") != code.RedirectURI { // RFC 6749 4.1.3: identical values
		return Refuse(InvalidGrant, "redirect_uri is not the one of the authorization request.")
	}
	if e := checkVerifier(code.Challenge, f.Get("code_verifier")); e != nil {
		return e
	}
	return nil
}

// replayed ends all that a code bought when it comes a second time (RFC 6749
// 4.1.2, 10.5): one of the two who sent it is a thief.
func (x *Tokens) replayed(ctx context.Context, client Client, g Grant, address string) error {
	if err := x.Store.RevokeGrant(ctx, g.ID, CodeReplayed, x.Now(), x.audit(client, address, "grant.code_replayed", g)); err != nil {
		return err
	}
	return Refuse(InvalidGrant, "This authorization code was used before. A code works once; the tokens issued for it have been revoked. Send the person through the authorization page again.")
}
