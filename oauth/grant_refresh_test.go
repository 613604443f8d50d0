package oauth_test

import (
	"errors"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

// RFC 6749 6: the scope of a refresh must not include any that was not granted.
func TestRFC6749_6_ARefreshMayNarrowAndNeverWiden(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		granted, asked string
		want           string // the scope that is answered; "" refused
	}{
		{"all", "", "all"},
		{"all", "all", "all"},
		{"all", "fax:fax:read", "fax:fax:read"},
		{"all", "fax:all:edit", "fax:all:edit"},
		{"fax:fax:edit", "", "fax:fax:edit"},
		{"fax:fax:edit", "fax:fax:read", "fax:fax:read"},
		{"fax:fax:edit", "fax:file:edit fax:fax:read", "fax:file:edit fax:fax:read"},
		{"fax:fax:edit fax:user:read", "fax:user:read", "fax:user:read"},
		{"fax:fax:read", "fax:fax:edit", ""},
		{"fax:fax:read", "fax:fax:read fax:user:read", ""},
		{"fax:fax:read", "all", ""},
		{"fax:all:edit", "all", ""}, // as much, but it was not granted by that name
		{"fax:all:read", "fax:all:edit", ""},
		{"all", "test", ""},
		{"all", " ", ""},
		{"all", "fax:shop:read", ""}, // known, and never offered
		{"all", "fax:fax:read fax:shop:edit", ""},
	} {
		scopes, err := auth.ParseScopes(tt.granted)
		if err != nil {
			t.Fatal(err)
		}
		got, text, err := oauth.Narrow(oauth.Grant{Scope: tt.granted, Scopes: scopes}, tt.asked)
		if tt.want == "" {
			var e *oauth.Error
			if !errors.As(err, &e) || e.Code != oauth.InvalidScope {
				t.Errorf("%q of %q: %q, %v", tt.asked, tt.granted, text, err)
			}
			continue
		}
		want, _ := auth.ParseScopes(tt.want)
		if err != nil || text != tt.want || got != want {
			t.Errorf("%q of %q: %q, %v", tt.asked, tt.granted, text, err)
		}
	}
}
