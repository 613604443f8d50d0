package auth_test

import (
	"fmt"
	"testing"

	"github.com/faxgate/faxgate/auth"
)

func TestTheAddressesOfOnePartyAreOneNetwork(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.1":                   "192.0.2.1",
		"2001:db8:1:2::1":             "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff:ffff::9":   "2001:db8:1:2::/64",
		"2001:db8:1:3::1":             "2001:db8:1:3::/64",
		"fe80::1%eth0":                "fe80::/64",
		"::1":                         "::/64",
		"::ffff:192.0.2.1":            "::ffff:192.0.2.1",
		"@":                           "@",
		"":                            "",
		"2001:db8:1:2::1:443 or more": "2001:db8:1:2::1:443 or more",
	} {
		if got := auth.Network(address); got != want {
			t.Errorf("Network(%q) = %q, want %q", address, got, want)
		}
	}
}

// A guesser with a /64 has 2^64 addresses, and one try from each would never end.
func TestFailuresFromOneIPv6NetworkAreCountedTogether(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	for n := range 10 {
		if code := g.code(t, anyone, "wrong", fmt.Sprintf("2001:db8:1:2::%x", n)); code != "sign_in_wrong" {
			t.Fatalf("failure %d: %s", n+1, code)
		}
	}
	if code := g.code(t, anyone, "password", "2001:db8:1:2:aaaa::1"); code != "sign_in_throttled" {
		t.Errorf("the eleventh from one network: %q", code)
	}
	if code := g.code(t, anyone, "password", "2001:db8:1:3::1"); code != "" {
		t.Errorf("from the network beside it: %q", code)
	}
	if s := g.store.sessions[0]; s.Address != "2001:db8:1:3::1" {
		t.Errorf("the session has the address %s", s.Address)
	}
}
