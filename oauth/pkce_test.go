package oauth_test

import (
	"strings"
	"testing"

	"github.com/faxgate/faxgate/oauth"
)

// RFC 7636 appendix B.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func TestRFC7636_B_TheExampleOfTheRFC(t *testing.T) {
	t.Parallel()
	if !oauth.WellFormedChallenge(challenge) {
		t.Error("the challenge is refused")
	}
	if e := oauth.CheckVerifier(challenge, verifier); e != nil {
		t.Error(e)
	}
}

func TestRFC7636_4_6_TheVerifierMustBelongToTheChallenge(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ challenge, verifier string }{
		"another verifier":           {challenge, strings.Repeat("a", 43)},
		"the challenge as verifier":  {challenge, challenge},
		"one letter in another case": {challenge, "D" + verifier[1:]},
		"one character less":         {challenge, verifier[1:]},
		"a line end":                 {challenge, verifier + "\n"},
		"padding":                    {challenge, verifier + "="},
		"none":                       {challenge, ""}, // RFC 9700 2.1.1
		"one without a challenge":    {"", verifier},  // RFC 9700 4.8.2: a downgrade
	} {
		if e := oauth.CheckVerifier(tt.challenge, tt.verifier); e == nil || e.Code != oauth.InvalidGrant {
			t.Errorf("%s: %v", name, e)
		}
	}
	if e := oauth.CheckVerifier("", ""); e != nil {
		t.Errorf("without PKCE: %v", e)
	}
}

// RFC 7636 4.1: 43 to 128 unreserved characters.
func TestRFC7636_4_1_VerifiersHave43To128UnreservedCharacters(t *testing.T) {
	t.Parallel()
	const form = "code_verifier must have 43 to 128 characters"
	for name, tt := range map[string]struct {
		verifier string
		ok       bool
	}{
		"42":              {strings.Repeat("a", 42), false},
		"43":              {strings.Repeat("a", 43), true},
		"128":             {strings.Repeat("~", 128), true},
		"129":             {strings.Repeat("a", 129), false},
		"every character": {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~", true},
		"a plus":          {strings.Repeat("a", 43) + "+", false},
		"a space":         {strings.Repeat("a", 43) + " ", false},
		"no ASCII":        {strings.Repeat("é", 43), false},
	} {
		e := oauth.CheckVerifier(challenge, tt.verifier)
		if e == nil || strings.HasPrefix(e.Description, form) == tt.ok {
			t.Errorf("%s: %v", name, e)
		}
	}
}

// RFC 7636 4.2: base64url of 32 bytes, without padding.
func TestRFC7636_4_2_WhatIsNoSHA256IsNoChallenge(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty":               "",
		"42 characters":       challenge[1:],
		"44 characters":       challenge + "A",
		"padded":              challenge + "=",
		"of plain base64":     strings.ReplaceAll(challenge, "-", "+"),
		"with a line end":     challenge[:42] + "\n",
		"with bits left over": challenge[:42] + "N", // decodes to 32 bytes, but nobody encodes so
	} {
		if oauth.WellFormedChallenge(text) {
			t.Errorf("%s is taken", name)
		}
	}
}
