package api

import (
	"encoding/json"
	"errors"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

// EncodeAccount encodes an account in both ways: as it is answered, and by
// encoding/json.
func EncodeAccount(acc auth.Account, org auth.Organization) (answered, standard []byte, err error) {
	var e encoder
	e.account(newAccount(acc, org))
	standard, err = json.Marshal(newAccount(acc, org))
	return e, standard, err
}

// EncodeOAuth encodes the answers of the token endpoint and of introspection in both
// ways, one after the other.
func EncodeOAuth(t oauth.TokenResponse, in oauth.Introspection) (answered, standard []byte, err error) {
	var first, second encoder
	first.tokenResponse(t)
	second.introspection(in)
	one, err := json.Marshal(t)
	two, failure := json.Marshal(in)
	return append(first, second...), append(one, two...), errors.Join(err, failure)
}

// OpenPatterns are the routes that need no bearer token.
func OpenPatterns(s *Server) []string {
	var patterns []string
	for _, e := range s.open() {
		patterns = append(patterns, e.pattern)
	}
	return patterns
}

// AbsentRoutes are the calls that are known and not offered.
func AbsentRoutes(s *Server) []auth.Route {
	var out []auth.Route
	for _, r := range s.absent() {
		out = append(out, auth.Route{Pattern: r.pattern, Scopes: r.anyOf, Needs: r.narrowest})
	}
	return out
}
