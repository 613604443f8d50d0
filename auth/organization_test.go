package auth_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/auth/authtest"
)

const day = 24 * time.Hour

// The controls told as stories: what happens on which day, and whether a refresh
// token issued on day 0 then works.
func TestRefreshTokensUnderTheAdvancedSecurityControls(t *testing.T) {
	t.Parallel()
	type step struct {
		day    int
		change string // "on", "off"; empty: only look
		alive  bool   // afterwards
	}
	for name, steps := range map[string][]step{
		"without the controls it never ends":       {{1, "", true}, {400, "", true}},
		"with them it lives for 30 days":           {{0, "on", true}, {29, "", true}, {30, "", true}, {31, "", false}},
		"switching on reaches older ones":          {{31, "", true}, {31, "on", false}},
		"switching on spares younger ones":         {{10, "on", true}, {29, "", true}, {31, "", false}},
		"switching off revives nothing":            {{0, "on", true}, {31, "", false}, {31, "off", false}, {400, "", false}},
		"nor does it where nobody asked meanwhile": {{0, "on", true}, {35, "off", false}},
		"nor where it was on for a moment":         {{40, "on", false}, {40, "off", false}, {41, "", false}},
		"switching off in time saves it":           {{0, "on", true}, {29, "off", true}, {400, "", true}},
		"switching off twice is switching off":     {{0, "on", true}, {10, "off", true}, {60, "off", true}, {61, "", true}},
		"on, off, on: the age counts on":           {{0, "on", true}, {10, "off", true}, {20, "on", true}, {31, "", false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := authtest.NewClock().Now()
			var o auth.Organization
			for _, s := range steps {
				now := start.Add(time.Duration(s.day) * day)
				if s.change != "" {
					o = o.SwitchAdvancedSecurity(s.change == "on", now)
				}
				if got := o.RefreshAlive(start, now); got != s.alive {
					t.Errorf("day %d %s: alive %t, want %t", s.day, s.change, got, s.alive)
				}
			}
		})
	}
}

func TestTheExpiryIsToldUnderTheControlsAlone(t *testing.T) {
	t.Parallel()
	issued := authtest.NewClock().Now()
	var o auth.Organization
	if end := o.RefreshExpiry(issued); !end.IsZero() {
		t.Errorf("without the controls it ends at %s", end)
	}
	o = o.SwitchAdvancedSecurity(true, issued)
	if end := o.RefreshExpiry(issued); !end.Equal(issued.Add(30 * day)) {
		t.Errorf("it ends at %s, not 30 days after its issue", end)
	}
}

// Whatever is switched and whenever: what is dead stays dead, the floor never
// moves back, switching off changes nobody's fate, and what the controls end is
// what is over 30 days old.
func TestNothingRevivesARefreshToken(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 1))
		now := authtest.NewClock().Now().Add(time.Duration(random.Int64N(int64(day))))
		// Some are exactly 30 days old at a switch.
		issued := []time.Time{now.Truncate(time.Millisecond), now.Add(-30 * day).Truncate(time.Millisecond)}
		dead := map[time.Time]bool{}
		var o auth.Organization
		for range 40 {
			before := o
			o = o.SwitchAdvancedSecurity(random.IntN(2) == 0, now)
			o.RefreshDeadBefore = o.RefreshDeadBefore.Truncate(time.Millisecond) // as the database keeps it
			if o.RefreshDeadBefore.Before(before.RefreshDeadBefore) {
				t.Fatalf("seed %d: the floor moved back", seed)
			}
			for _, at := range issued {
				alive := o.RefreshAlive(at, now)
				if alive && dead[at] {
					t.Fatalf("seed %d: a token of %s came back to life at %s", seed, at, now)
				}
				if before.AdvancedSecurity && alive != before.RefreshAlive(at, now) && !o.AdvancedSecurity {
					t.Fatalf("seed %d: switching off changed the fate of a token of %s at %s", seed, at, now)
				}
				if o.AdvancedSecurity && alive && now.Sub(at) > auth.AdvancedSecurityRefreshAge {
					t.Fatalf("seed %d: a token of %s lives at %s", seed, at, now)
				}
				dead[at] = !alive
			}
			next := now.Add(time.Duration(random.Int64N(int64(20 * day))))
			if round := issued[random.IntN(len(issued))].Add(30*day + time.Duration(random.IntN(2)*random.IntN(1e6))); round.After(now) && random.IntN(3) == 0 {
				next = round
			}
			now = next
			issued = append(issued, now.Truncate(time.Millisecond))
		}
	}
}

// Nor does a clock that is set back.
func TestTheFloorNeverMovesBack(t *testing.T) {
	t.Parallel()
	now := authtest.NewClock().Now()
	o := auth.Organization{}.SwitchAdvancedSecurity(true, now).SwitchAdvancedSecurity(false, now)
	floor := o.RefreshDeadBefore
	if !floor.Equal(now.Add(-30 * day)) {
		t.Errorf("the floor is %s", floor)
	}
	o = o.SwitchAdvancedSecurity(true, now.Add(-day)).SwitchAdvancedSecurity(false, now.Add(-day))
	if !o.RefreshDeadBefore.Equal(floor) {
		t.Errorf("the floor moved back to %s", o.RefreshDeadBefore)
	}
}

func TestOnlyEnterpriseHasAPIAccess(t *testing.T) {
	t.Parallel()
	for _, plan := range auth.Plans() {
		o := auth.Organization{Plan: plan}
		if got := o.APIAccess(); got != (plan == auth.Enterprise) {
			t.Errorf("%s: %t", plan, got)
		}
	}
	if (auth.Organization{}).APIAccess() {
		t.Error("an organization without a plan has API access")
	}
}

func TestWhatAnOrganizationMayNotBe(t *testing.T) {
	eachOffice(t, func(t *testing.T, o *office) {
		for name, tt := range map[string]struct {
			in   auth.NewOwner
			want string
		}{
			"a name of 200 characters": {auth.NewOwner{Organization: strings.Repeat("院", 200)}, ""},
			"a name of 201":            {auth.NewOwner{Organization: strings.Repeat("院", 201)}, "text_too_long"},
			"a name with NUL":          {auth.NewOwner{Organization: "a\x00b"}, "text_characters"},
			"a name that is no text":   {auth.NewOwner{Organization: "a\xff"}, "text_characters"},
			"an unknown plan":          {auth.NewOwner{Plan: "golden"}, "plan_unknown"},
			"an unknown time zone":     {auth.NewOwner{TimeZone: "Mars/Olympus"}, "time_zone_unknown"},
			"the server's own zone":    {auth.NewOwner{TimeZone: "Local"}, "time_zone_unknown"},
			"a country in words":       {auth.NewOwner{Country: "Japan"}, "country_unknown"},
			"a country in small":       {auth.NewOwner{Country: "jp"}, "country_unknown"},
		} {
			tt.in.Email = auth.NewID() + "@clinic.example"
			_, _, err := o.CreateOrganization(t.Context(), tt.in, false, auth.Actor{Name: "test"})
			is(t, name, err, tt.want)
		}
	})
}
