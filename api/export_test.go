package api

import (
	"encoding/json"

	"github.com/faxgate/faxgate/auth"
)

// EncodeAccount encodes an account in both ways: as it is answered, and by
// encoding/json.
func EncodeAccount(acc auth.Account, org auth.Organization) (answered, standard []byte, err error) {
	var e encoder
	e.account(newAccount(acc, org))
	standard, err = json.Marshal(newAccount(acc, org))
	return e, standard, err
}

// OpenPatterns are the routes that need no bearer token.
func OpenPatterns(s *Server) []string {
	var patterns []string
	for _, e := range s.open() {
		patterns = append(patterns, e.pattern)
	}
	return patterns
}
