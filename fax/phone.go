package fax

import (
	"strings"

	"golang.org/x/text/width"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/phone"
)

// maxNumberText bounds what is looked at as a number, in bytes.
const maxNumberText = 64

// ParseNumber finds the E.164 number (ITU-T E.164 6) that a text means: international
// with "+", "00" or, from Japan, "010", or national in a country (ISO 3166-1 alpha-2;
// empty: none). Full-width characters count as their narrow ones; spaces, brackets,
// dots, slashes and dashes separate. An extension, "*" and up to ten digits, stays.
// What means no number is fault.Invalid "number_invalid", with the text.
func ParseNumber(text, country string) (string, error) {
	if len(text) > maxNumberText {
		return "", invalidNumber(text[:maxNumberText])
	}
	main, extension, hasExtension := strings.Cut(narrow(text), "*")
	digits, ok := international(separated(main), country)
	if !ok || hasExtension && !line.IsExtension(extension) {
		return "", invalidNumber(text)
	}
	parsed, ok := phone.Parse(digits, country)
	number := parsed.String()
	if !ok || !parsed.Possible() || !line.IsE164(number) {
		return "", invalidNumber(text)
	}
	if hasExtension {
		number += "*" + extension
	}
	return number, nil
}

func invalidNumber(text string) error {
	return fault.New(fault.Invalid, "number_invalid", "number", strings.ToValidUTF8(text, "?"))
}

// narrow turns full-width digits and signs into those of ASCII.
func narrow(text string) string { return strings.TrimSpace(width.Fold.String(text)) }

// separated is a number without what people write between its digits. What no number
// has stays, and is noticed later.
func separated(number string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u3000', '\u00a0', '-', '(', ')', '.', '/', '‐', '‑', '‒', '–', '—', '―', '−', 'ー', 'ｰ', '－':
			return -1
		}
		return r
	}, number)
}

// international puts "+" for the prefixes of an international call. ok is false for
// what is not digits.
func international(number, country string) (digits string, ok bool) {
	rest, plus := strings.CutPrefix(number, "+")
	if rest == "" || strings.Trim(rest, "0123456789") != "" {
		return "", false
	}
	if plus {
		return number, true
	}
	// Elsewhere 010 may begin a national number, as in Beijing and Rotterdam.
	if country == "JP" || country == "" {
		if rest, found := strings.CutPrefix(number, "010"); found {
			return "+" + rest, true
		}
	}
	if rest, found := strings.CutPrefix(number, "00"); found {
		return "+" + rest, true
	}
	return number, country != ""
}

// dialled is what of a number is called, and what is dialled once it answers; empty:
// nothing.
func dialled(number string) (main, extension string) {
	main, extension, _ = strings.Cut(number, "*")
	return main, extension
}
