package auth

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/faxgate/faxgate/fault"
)

const (
	// MinPasswordLength is the fewest code points that a password may have
	// (NIST SP 800-63B-4 3.1.1.2, for a password that is the only factor).
	MinPasswordLength = 15
	// MaxPasswordBytes is the most bytes of UTF-8 that a password may have.
	MaxPasswordBytes = 1024

	minHint = 3 // bytes; shorter hints are no help to anybody
)

// CheckPassword says whether the password may be chosen (NIST SP 800-63B-4
// 3.1.1.2): long enough, and not one of those that attackers try first or made of
// them. There are no rules about kinds of characters. hints are what is known of
// the account: the e-mail address, the organization's name. The error is
// fault.Invalid at the field password.
//
// The check reads the list of common passwords, about 5 ms, and keeps nothing of
// it in memory.
func CheckPassword(password string, hints ...string) error {
	prepared := preparePassword(password)
	if length := utf8.RuneCountInString(prepared); length < MinPasswordLength {
		return fault.New(fault.Invalid, "password_too_short", "minimum", MinPasswordLength, "length", length).At("password")
	}
	if len(prepared) > MaxPasswordBytes {
		return fault.New(fault.Invalid, "password_too_long", "maximum", MaxPasswordBytes, "length", len(prepared)).At("password")
	}
	g, err := newGuess(foldPassword(prepared), hintsOf(hints))
	if err != nil {
		return err
	}
	bits, hint := g.cheapest()
	switch {
	case bits >= guessableBits:
		return nil
	case hint != "":
		return fault.New(fault.Invalid, "password_contains", "what", hint).At("password")
	default:
		return fault.New(fault.Invalid, "password_common").At("password")
	}
}

// foldPassword is the form in which passwords are compared with the list, whose
// entries are folded in the same way: in lower case, without separators.
func foldPassword(password string) string {
	return separators.Replace(strings.ToLower(password))
}

var separators = strings.NewReplacer(" ", "", "-", "", "_", "", ".", "")

// hintsOf are the texts and their words, folded: "Acme Clinic" gives acmeclinic,
// acme and clinic, and an address its local part too.
func hintsOf(texts []string) (hints []string) {
	texts = append([]string{"faxgate"}, texts...)
	for _, text := range texts {
		words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for _, hint := range append(words, text) {
			if hint = foldPassword(preparePassword(hint)); len(hint) >= minHint {
				hints = append(hints, hint)
			}
		}
	}
	return hints
}
