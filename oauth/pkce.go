package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// wellFormedChallenge reports whether text can be base64url(SHA-256(…)), RFC 7636
// 4.2.
func wellFormedChallenge(text string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(b) == sha256.Size
}

// wellFormedVerifier holds RFC 7636 4.1: 43 to 128 unreserved characters.
func wellFormedVerifier(text string) bool {
	if len(text) < 43 || len(text) > 128 {
		return false
	}
	for _, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
		default:
			return false
		}
	}
	return true
}

// checkVerifier holds the code against the challenge of its request (RFC 7636 4.6)
// in both directions: a verifier without a challenge is a downgrade (RFC 9700
// 4.8.2).
func checkVerifier(challenge, verifier string) *Error {
	switch {
	case challenge == "" && verifier == "":
		return nil
	case challenge == "":
		return Refuse(InvalidGrant, "A code_verifier was sent, but the authorization request had no code_challenge.")
	case verifier == "":
		return Refuse(InvalidGrant, "code_verifier is missing: the authorization request had a code_challenge.")
	case !wellFormedVerifier(verifier):
		return Refuse(InvalidGrant, "code_verifier must have 43 to 128 characters of A-Z, a-z, 0-9, '-', '.', '_', '~'.")
	}
	sum := sha256.Sum256([]byte(verifier))
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	if subtle.ConstantTimeCompare([]byte(want), []byte(challenge)) != 1 {
		return Refuse(InvalidGrant, "code_verifier does not belong to the code_challenge of the authorization request.")
	}
	return nil
}
