package auth_test

import (
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
)

func TestAPersonalTokenIsShownOnceAndActsForItsAccount(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		secret, token, err := o.tokens.Generate(t.Context(), o.member, auth.NewToken{Name: " CI ", Scopes: auth.FaxEdit})
		if err != nil || !auth.WellFormed(auth.PersonalAccessToken, secret) {
			t.Fatal(err)
		}
		if token.Name != "CI" || token.AccountID != o.member.Account.ID || !token.Personal() || token.Hint != auth.Hint(secret) ||
			!token.ExpiresAt.Equal(o.clock.Now().Add(auth.DefaultTokenAge)) {
			t.Errorf("Generate = %+v", token)
		}
		listed, err := o.tokens.List(t.Context(), o.member, false)
		if err != nil || len(listed) != 1 || listed[0].ID != token.ID || listed[0].Hash != auth.HashOf(secret) {
			t.Errorf("List = %+v, %v", listed, err)
		}
		check := &auth.Check{Store: o.db, Now: o.clock.Now}
		c, err := check.Bearer(t.Context(), secret, "")
		if err != nil || c.Account.ID != o.member.Account.ID || c.Scopes != auth.FaxEdit || c.ClientID != "" {
			t.Errorf("Bearer = %+v, %v", c, err)
		}
	})
}

func TestWhatAPersonalTokenMayNotBe(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		now := o.clock.Now()
		if _, _, err := o.tokens.Generate(t.Context(), o.member, auth.NewToken{Name: "taken", Scopes: auth.FaxRead}); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name string
			in   auth.NewToken
			want string
		}{
			{"without a name", auth.NewToken{Scopes: auth.FaxRead}, "token_name_missing"},
			{"named by spaces", auth.NewToken{Name: "  ", Scopes: auth.FaxRead}, "token_name_missing"},
			{"a name of 101 characters", auth.NewToken{Name: strings.Repeat("名", 101), Scopes: auth.FaxRead}, "token_name_too_long"},
			{"a name that is not text", auth.NewToken{Name: "a\xff", Scopes: auth.FaxRead}, "text_characters"},
			{"a name with NUL", auth.NewToken{Name: "a\x00", Scopes: auth.FaxRead}, "text_characters"},
			{"the name of another one", auth.NewToken{Name: "taken", Scopes: auth.FaxRead}, "token_name_taken"},
			{"without a scope", auth.NewToken{Name: "x"}, "token_scope_missing"},
			{"for the shop", auth.NewToken{Name: "x", Scopes: auth.FaxRead | auth.ShopRead}, "scope_not_offered"},
			{"ending now", auth.NewToken{Name: "x", Scopes: auth.FaxRead, ExpiresAt: now}, "token_expiry_past"},
			{"ending in 366 days and a second", auth.NewToken{Name: "x", Scopes: auth.FaxRead, ExpiresAt: now.Add(auth.MaxTokenAge + time.Second)}, "token_expiry_too_far"},
			{"above one's role", auth.NewToken{Name: "x", Scopes: auth.FaxRead | auth.MemberEdit}, "scope_above_role"},
			{"for somebody else", auth.NewToken{Name: "x", Scopes: auth.FaxRead, AccountID: o.owner.Account.ID}, "role_required"},
		} {
			_, _, err := o.tokens.Generate(t.Context(), o.member, tt.in)
			is(t, tt.name, err, tt.want)
		}
		for name, in := range map[string]auth.NewToken{
			"a name of 100 characters": {Name: strings.Repeat("名", 100), Scopes: auth.FaxRead},
			"ending in 366 days":       {Name: "y", Scopes: auth.FaxRead, ExpiresAt: now.Add(auth.MaxTokenAge)},
			"ending in a second":       {Name: "z", Scopes: auth.All, ExpiresAt: now.Add(time.Second)},
		} {
			_, _, err := o.tokens.Generate(t.Context(), o.member, in)
			is(t, name, err, "")
		}
		_, _, err := o.tokens.Generate(t.Context(), o.owner, auth.NewToken{Name: "taken", Scopes: auth.MemberEdit})
		is(t, "the name of another's", err, "")
		_, _, err = o.tokens.Generate(t.Context(), o.owner, auth.NewToken{Name: "x", Scopes: auth.FaxRead, AccountID: o.member.Account.ID})
		is(t, "an owner for a member", err, "role_required") // owners see and revoke, they never act as somebody else
		small := o.owner
		small.Organization.Plan = auth.Business
		_, _, err = o.tokens.Generate(t.Context(), small, auth.NewToken{Name: "small", Scopes: auth.FaxRead})
		is(t, "on a smaller plan", err, "plan_required")
	})
}

func TestANameIsFreeAgainAfterItsTokenEnded(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		in := auth.NewToken{Name: "CI", Scopes: auth.FaxRead, ExpiresAt: o.clock.Now().Add(time.Hour)}
		_, token, err := o.tokens.Generate(t.Context(), o.member, in)
		is(t, "the first", err, "")
		is(t, "revoking it", o.tokens.Revoke(t.Context(), o.member, token.ID), "")
		_, _, err = o.tokens.Generate(t.Context(), o.member, in)
		is(t, "after it was revoked", err, "")
		o.clock.Advance(time.Hour)
		in.ExpiresAt = time.Time{}
		_, _, err = o.tokens.Generate(t.Context(), o.member, in)
		is(t, "after it expired", err, "")
	})
}

func TestWhoSeesAndRevokesWhoseTokens(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		_, token, err := o.tokens.Generate(t.Context(), o.member, auth.NewToken{Name: "CI", Scopes: auth.FaxRead})
		if err != nil {
			t.Fatal(err)
		}
		_, err = o.tokens.Token(t.Context(), o.manager, token.ID)
		is(t, "a manager", err, "token_unknown")
		is(t, "a manager revoking", o.tokens.Revoke(t.Context(), o.manager, token.ID), "token_unknown")
		_, err = o.tokens.List(t.Context(), o.manager, true)
		is(t, "a manager listing all", err, "role_required")
		stranger := o.owner
		stranger.Organization.ID = auth.NewID()
		is(t, "another organization's owner", o.tokens.Revoke(t.Context(), stranger, token.ID), "token_unknown")
		all, err := o.tokens.List(t.Context(), o.admin, true)
		if err != nil || len(all) != 1 || all[0].ID != token.ID {
			t.Errorf("an admin lists %+v, %v", all, err)
		}
		own, err := o.tokens.List(t.Context(), o.admin, false)
		if err != nil || len(own) != 0 {
			t.Errorf("an admin's own are %+v, %v", own, err)
		}
		is(t, "an admin revoking", o.tokens.Revoke(t.Context(), o.admin, token.ID), "")
		o.clock.Advance(time.Hour)
		is(t, "revoking again", o.tokens.Revoke(t.Context(), o.member, token.ID), "")
		dead, err := o.tokens.Token(t.Context(), o.member, token.ID)
		if err != nil || dead.RevokedBy != o.admin.Account.Email || !dead.RevokedAt.Equal(o.clock.Now().Add(-time.Hour)) {
			t.Errorf("it was revoked by %s at %s, %v", dead.RevokedBy, dead.RevokedAt, err)
		}
	})
}

func TestADateMeansTheEndOfItsDay(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("JST", 9*60*60)
	now := time.Date(2026, 11, 23, 16, 0, 0, 0, tokyo)
	latest := now.Add(auth.MaxTokenAge) // 2027-11-24 16:00
	for date, want := range map[string]time.Time{
		"2026-11-23": time.Date(2026, 11, 23, 23, 59, 59, 0, tokyo),
		"2027-11-23": time.Date(2027, 11, 23, 23, 59, 59, 0, tokyo),
		"2027-11-24": latest, // the last day that is allowed is allowed
		"2027-11-25": time.Date(2027, 11, 25, 23, 59, 59, 0, tokyo),
	} {
		got, err := auth.EndOfDay(date, tokyo, now)
		if err != nil || !got.Equal(want) {
			t.Errorf("EndOfDay(%s) = %s, %v; want %s", date, got, err, want)
		}
	}
	for _, date := range []string{"", "tomorrow", "2026-02-30", "2026-11-23T00:00:00Z"} {
		_, err := auth.EndOfDay(date, tokyo, now)
		is(t, date, err, "token_expiry_malformed")
	}
}
