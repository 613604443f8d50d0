package oauth_test

import (
	"testing"

	"github.com/faxgate/faxgate/oauth"
)

func TestRFC6749_5_2_DescriptionsKeepToTheirCharacters(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`The scope "x" is unknown.`: "The scope 'x' is unknown.",
		`a\b`:                       "a?b",
		"zwei\nZeilen":              "zwei?Zeilen",
		"名前":                        "??",
		"\xff":                      "?",
		"~ !#[]":                    "~ !#[]",
	} {
		if e := oauth.Refuse(oauth.InvalidRequest, "%s", text); e.Description != want {
			t.Errorf("%q reads %q, want %q", text, e.Description, want)
		}
	}
}

// FuzzDescription holds RFC 6749 5.2 for whatever a caller makes us quote.
func FuzzDescription(f *testing.F) {
	f.Add("fax:all:read")
	f.Add("\"\\\x00\x7f\xff\u2028")
	f.Fuzz(func(t *testing.T, text string) {
		e := oauth.Refuse(oauth.InvalidScope, "The scope '%s' is unknown.", text)
		if !allowedInDescription(e.Description) || len(e.Description) > 400 {
			t.Errorf("%q reads %q", text, e.Description)
		}
	})
}
