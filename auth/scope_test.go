package auth_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

func TestScopesAreReadAndWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                              "",
		"  ":                            "",
		"all":                           "all",
		"fax:fax:edit":                  "fax:fax:edit",
		" fax:user:read  fax:fax:read ": "fax:fax:read fax:user:read",
		"fax:fax:read fax:fax:read":     "fax:fax:read",
		"fax:file:edit\tall":            "all fax:file:edit",
	} {
		s, err := auth.ParseScopes(text)
		if err != nil || s.String() != want {
			t.Errorf("ParseScopes(%q) = %q, %v; want %q", text, s, err, want)
		}
	}
}

func TestEveryOfferedScopeIsReadBack(t *testing.T) {
	t.Parallel()
	names := auth.OfferedScopes()
	s, err := auth.ParseScopes(strings.Join(names, " "))
	if err != nil || !slices.Equal(s.Names(), names) || !s.Offered() {
		t.Errorf("ParseScopes = %v, %v", s.Names(), err)
	}
	if len(names) != 14 {
		t.Errorf("%d scopes are offered", len(names))
	}
}

func TestAnUnknownScopeNamesTheNearest(t *testing.T) {
	t.Parallel()
	for asked, nearest := range map[string]string{
		"fax:use:read":              "fax:user:read", // as a help page spells it
		"fax:members:edit":          "fax:member:edit",
		"FAX:ALL:READ":              "fax:all:read",
		"fax:all:write":             "fax:all:edit",
		"test":                      "all",
		"All":                       "all",
		"fax:number:read":           "fax:numbers:read",
		"fax:shops:read":            "", // never a scope of the shop
		strings.Repeat("x", 100000): "",
	} {
		_, err := auth.ParseScopes("fax:fax:read " + asked)
		e := fault.Of(err)
		if e == nil || e.Kind != fault.Invalid || e.Code != "scope_unknown" || e.Field != "scope" {
			t.Errorf("ParseScopes(%.20q) = %v", asked, err)
			continue
		}
		got := e.Params["nearest"].(string)
		if nearest != "" && got != nearest || !slices.Contains(auth.OfferedScopes(), got) {
			t.Errorf("the nearest to %.20q is %s, want %s", asked, got, nearest)
		}
		if quoted := e.Params["scope"].(string); len(quoted) > 64 {
			t.Errorf("%d characters are quoted back", len(quoted))
		}
	}
}

func TestAnUnknownScopeIsQuotedWithoutHarm(t *testing.T) {
	t.Parallel()
	_, err := auth.ParseScopes("\x00\"\\<é>")
	if got := fault.Of(err).Params["scope"]; got != "???<?>" {
		t.Errorf("quoted as %q", got)
	}
}

func TestAnEditScopeIncludesItsReadScope(t *testing.T) {
	t.Parallel()
	for _, f := range auth.ScopeFamilies() {
		if f.Read == 0 {
			continue
		}
		if !f.Edit.Allows(f.Read) {
			t.Errorf("%s does not include %s", f.Edit, f.Read)
		}
		if f.Read.Allows(f.Edit) {
			t.Errorf("%s includes %s", f.Read, f.Edit)
		}
	}
}

func TestWhatAScopeIncludes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		held, wanted auth.Scopes
		want         bool
	}{
		{auth.All, auth.FaxAllEdit, true},
		{auth.All, auth.ShopEdit, true},
		{auth.FaxAllEdit, auth.MemberEdit, true},
		{auth.FaxAllEdit, auth.WebhookRead, true},
		{auth.FaxAllEdit, auth.FaxAllRead, true},
		{auth.FaxAllRead, auth.NumbersRead, true},
		{auth.FaxAllRead, auth.NumbersEdit, false},
		{auth.FaxAllRead, auth.FileEdit, false},
		{auth.FaxEdit, auth.FileEdit, true},
		{auth.FaxEdit, auth.FaxAllRead, false},
		{auth.FileEdit, auth.FaxEdit, false},
		{auth.FileEdit, auth.FaxRead, false},
		{auth.UserEdit, auth.MemberRead, false},
		{auth.MemberEdit, auth.UserRead, false},
		{auth.UserRead, auth.MemberRead | auth.UserRead, true}, // any of them suffices
		{0, auth.UserRead, false},
		{auth.All, 0, false},
	} {
		if got := tt.held.Allows(tt.wanted); got != tt.want {
			t.Errorf("%q allows any of %q: %t, want %t", tt.held, tt.wanted, got, tt.want)
		}
	}
}

func TestAScopeIsWithinWhatIncludesIt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		inner, outer auth.Scopes
		want         bool
	}{
		{0, 0, true},
		{auth.FaxRead, auth.FaxEdit, true},
		{auth.FaxEdit, auth.FaxRead, false},
		{auth.FileEdit, auth.FaxEdit, true},
		{auth.FaxRead | auth.UserRead, auth.FaxEdit, false},
		{auth.MemberEdit | auth.WebhookEdit, auth.FaxAllEdit, true},
		{auth.FaxAllEdit, auth.All, true},
		{auth.All, auth.FaxAllEdit, true}, // another name for as much
		{auth.All, auth.FaxAllRead, false},
		{auth.UserRead, 0, false},
	} {
		if got := tt.inner.Within(tt.outer); got != tt.want {
			t.Errorf("%q within %q: %t, want %t", tt.inner, tt.outer, got, tt.want)
		}
	}
}

// Whatever a set within another opens, the other one opens too.
func TestWithinNeverWidens(t *testing.T) {
	t.Parallel()
	var single []auth.Scopes
	for s := auth.All; s <= auth.ShopEdit; s <<= 1 {
		single = append(single, s)
	}
	for range 20_000 {
		inner, outer := auth.Scopes(rand.Uint32N(1<<16)), auth.Scopes(rand.Uint32N(1<<16))
		if !inner.Within(outer) {
			continue
		}
		for _, s := range single {
			if s != auth.All && inner.Allows(s) && !outer.Allows(s) {
				t.Fatalf("%q is within %q and alone allows %s", inner, outer, s)
			}
		}
	}
}

// Effective is complete after one step: nothing is included only by way of
// something else.
func TestEffectiveIsComplete(t *testing.T) {
	t.Parallel()
	for s := range auth.Scopes(1 << 16) {
		once := s.Effective()
		if once&s != s || once.Effective() != once {
			t.Fatalf("Effective(%q) = %q", s, once)
		}
	}
}

func TestTheShopIsKnownAndNeverOffered(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"fax:shop:read", "fax:shop:edit"} {
		s, err := auth.ParseScopes(name)
		if err != nil || s.Offered() {
			t.Errorf("%s: %v, offered %t", name, err, s.Offered())
		}
		if slices.Contains(auth.OfferedScopes(), name) {
			t.Errorf("%s is offered", name)
		}
		for _, f := range auth.ScopeFamilies() {
			if (f.Read|f.Edit)&s != 0 {
				t.Errorf("the family %s offers %s", f.Name, name)
			}
		}
	}
}

func TestTheExcessOfARoleIsWhatItCanNeverUse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		role auth.Role
		held auth.Scopes
		want auth.Scopes
	}{
		{auth.Owner, auth.MemberEdit | auth.NumbersEdit, 0},
		{auth.Admin, auth.MemberEdit, 0},
		{auth.Manager, auth.MemberRead | auth.MemberEdit, auth.MemberEdit},
		{auth.Member, auth.MemberRead | auth.NumbersEdit | auth.UserEdit, auth.MemberRead | auth.NumbersEdit},
		{auth.Member, auth.All | auth.FaxAllEdit, 0}, // as much as a member may do
	} {
		if got := tt.role.Excess(tt.held); got != tt.want {
			t.Errorf("%s.Excess(%q) = %q, want %q", tt.role, tt.held, got, tt.want)
		}
	}
}
