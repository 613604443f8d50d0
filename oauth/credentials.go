package oauth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// BackChannelRequest is a request of the back channel as it came in.
type BackChannelRequest struct {
	Query         string // raw
	Body          string // raw form
	Authorization string // the header; empty: none
	Address       string // the remote address
}

// credentials are a client's id and secret in every reading that its header
// allows: form-decoded as RFC 6749 2.3.1 has it, then raw as half the world sends
// them.
type credentials struct {
	pairs []pair
	basic bool // from the Authorization header
}

type pair struct{ id, secret string }

// readCredentials finds the client's credentials in the header or in the body.
// Both may be present with equal values, as some clients send them, never with
// different ones (RFC 6749 2.3).
func readCredentials(authorization string, f *Form) (credentials, *Error) {
	id, secret := f.Get("client_id"), f.Get("client_secret")
	if f.Get("client_assertion") != "" || f.Get("client_assertion_type") != "" {
		return credentials{}, Refuse(InvalidRequest, "client_assertion is not supported. Authenticate with HTTP Basic or with client_secret in the form body.")
	}
	if authorization == "" {
		if id == "" {
			return credentials{}, unauthenticated(false, "No client credentials. Send Authorization: Basic base64(client_id:client_secret), or client_id and client_secret in the form body.")
		}
		return credentials{pairs: []pair{{id, secret}}}, nil
	}
	c, err := parseBasic(authorization)
	if err != nil {
		return credentials{}, err
	}
	if id == "" && secret == "" {
		return c, nil
	}
	for _, p := range c.pairs {
		if (id == "" || p.id == id) && (secret == "" || p.secret == secret) {
			c.pairs = []pair{p}
			return c, nil
		}
	}
	if secret != "" {
		return credentials{}, Refuse(InvalidRequest, "The client authenticates twice, with different values in the Authorization header and in the body. Use one of them.")
	}
	return credentials{}, Refuse(InvalidRequest, "client_id is not the client of the Authorization header.")
}

// parseBasic reads HTTP Basic (RFC 7617) in its readings. The form without base64,
// which people copy from documentation, is taken where it can be nothing else.
func parseBasic(authorization string) (credentials, *Error) {
	scheme, text, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return credentials{}, unauthenticated(true, "This endpoint reads Authorization: Basic base64(client_id:client_secret).")
	}
	text = strings.TrimSpace(text)
	if len(text) > 4096 {
		return credentials{}, unauthenticated(true, "The Authorization header is too long.")
	}
	c := credentials{basic: true}
	if decoded, err := decodeBase64(text); err == nil {
		id, secret, found := strings.Cut(string(decoded), ":")
		if found {
			c.add(id, secret)
			return c, nil
		}
	} else if id, secret, found := strings.Cut(text, ":"); found && auth.IsClientID(id) && auth.WellFormed(auth.ClientSecret, secret) {
		c.pairs = []pair{{id, secret}}
		return c, nil
	}
	return credentials{}, unauthenticated(true, "Basic needs base64(client_id:client_secret).")
}

// add keeps the decoded reading first, then the raw one where it differs.
func (c *credentials) add(id, secret string) {
	decodedID, err1 := url.QueryUnescape(id)
	decodedSecret, err2 := url.QueryUnescape(secret)
	if err1 == nil && err2 == nil {
		c.pairs = append(c.pairs, pair{decodedID, decodedSecret})
		if decodedID == id && decodedSecret == secret {
			return
		}
	}
	c.pairs = append(c.pairs, pair{id, secret})
}

func decodeBase64(text string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
}

func unauthenticated(basic bool, description string) *Error {
	e := Refuse(InvalidClient, "%s", description)
	e.Basic = basic
	return e
}

// Authentication finds out which client is calling.
type Authentication struct {
	Clients  *Clients
	Throttle *auth.Throttle
	Now      func() time.Time
}

// Client authenticates the client of a request. An unknown client and a wrong
// secret are the same invalid_client after the same work.
func (x *Authentication) Client(ctx context.Context, in BackChannelRequest, f *Form) (Client, error) {
	c, e := readCredentials(in.Authorization, f)
	if e != nil {
		return Client{}, e
	}
	if wait := x.throttled(c, in.Address); wait > 0 {
		e := Refuse(TemporarilyUnavailable, "Too many failed attempts for this client from this address. Wait, then send the right client_secret.")
		e.RetryAfter = wait
		return Client{}, e
	}
	for _, p := range c.pairs {
		client, ok, err := x.verify(ctx, p)
		if err != nil {
			return Client{}, err
		}
		if ok {
			return client, nil
		}
	}
	x.Throttle.Add(failureKeys(c, in.Address)...)
	return Client{}, unauthenticated(c.basic, "The client is unknown or its secret is wrong. Look up both on Profile, Integrations; a secret that was lost can be replaced there.")
}

func (x *Authentication) throttled(c credentials, address string) time.Duration {
	keys := failureKeys(c, address)
	return max(x.Throttle.Over(keys[0], clientFailures), x.Throttle.Over(keys[1], addressFailures))
}

func failureKeys(c credentials, address string) []string {
	network := auth.Network(address)
	return []string{"client " + cutText(c.pairs[0].id, 64) + " " + network, "client address " + network}
}

// verify compares in constant time, and compares for unknown clients too.
func (x *Authentication) verify(ctx context.Context, p pair) (Client, bool, error) {
	client, err := x.Clients.Known(ctx, p.id)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return Client{}, false, err
	}
	known := err == nil
	if known && client.Public {
		return client, p.secret == "", nil
	}
	presented := auth.HashOf(p.secret)
	match := subtle.ConstantTimeCompare(presented[:], make([]byte, len(presented)))
	now := x.Now()
	for _, s := range client.Secrets {
		if s.ExpiresAt.IsZero() || now.Before(s.ExpiresAt) {
			match |= subtle.ConstantTimeCompare(presented[:], s.Hash[:])
		}
	}
	return client, known && match == 1, nil
}
