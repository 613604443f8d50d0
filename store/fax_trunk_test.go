package store_test

import (
	"bytes"
	"errors"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

// trunkRules are the rules on a store, with the owner of an organization.
func trunkRules(t *testing.T, db *store.DB) (*fax.Trunks, fax.Actor) {
	t.Helper()
	key, err := seal.Create(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	return &fax.Trunks{Store: db, Key: key, Now: time.Now, NewID: auth.NewID}, newOwner(t, db)
}

// newOwner is the owner of a new organization.
func newOwner(t *testing.T, db *store.DB) fax.Actor {
	t.Helper()
	h := newHouse(t, db)
	return fax.Actor{OrganizationID: h.org.ID, AccountID: h.owner.ID, Name: h.owner.Email, Country: "JP", Administers: true}
}

func carrier() fax.Trunk {
	return fax.Trunk{
		Name: "carrier", Host: "sip.carrier.example", User: "faxgate", Password: "a secret of theirs",
		Numbers: []string{"03-1234-5678", "+81312345679"}, Priority: fax.DefaultPriority,
		Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
	}
}

// A trunk brings its numbers, and its password is readable for the line alone.
func TestTrunkBringsItsNumbers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x, by := trunkRules(t, db)
		added, err := x.Add(t.Context(), by, carrier())
		if err != nil {
			t.Fatal(err)
		}
		if added.Password != "" || bytes.Contains(added.Sealed, []byte("secret")) {
			t.Error("the password is in the open")
		}
		listed, err := x.List(t.Context(), by)
		if err != nil || len(listed) != 1 || !slices.Equal(listed[0].Numbers, []string{"+81312345678", "+81312345679"}) ||
			!slices.Equal(listed[0].Allow, added.Allow) || listed[0].Transport != "udp" || listed[0].MaxCalls != fax.DefaultMaxCalls {
			t.Errorf("List = %+v, %v", listed, err)
		}
		all, err := x.All(t.Context())
		if err != nil || len(all) != 1 || all[0].Password != "a secret of theirs" {
			t.Errorf("All = %+v, %v", all, err)
		}
		number, err := db.NumberCalled(t.Context(), "+81312345678")
		if err != nil || !slices.Equal(number.TrunkIDs, []string{added.ID}) || !slices.Equal(number.AssignedTo, []string{by.AccountID}) {
			t.Errorf("NumberCalled = %+v, %v", number, err)
		}
	})
}

// A number stays for as long as a trunk carries it.
func TestNumberGoesWithItsLastTrunk(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x, by := trunkRules(t, db)
		backup := carrier()
		backup.Name, backup.Priority = "backup", 20
		for _, c := range []fax.Trunk{backup, carrier()} {
			if _, err := x.Add(t.Context(), by, c); err != nil {
				t.Fatal(err)
			}
		}
		number, err := db.NumberCalled(t.Context(), "+81312345678")
		if err != nil || len(number.TrunkIDs) != 2 {
			t.Fatalf("NumberCalled = %+v, %v", number, err)
		}
		first, err := x.Remove(t.Context(), by, "carrier")
		if err != nil || number.TrunkIDs[0] != first.ID {
			t.Errorf("the first is %v, want %s: %v", number.TrunkIDs, first.ID, err)
		}
		if number, err = db.NumberCalled(t.Context(), "+81312345678"); err != nil || len(number.TrunkIDs) != 1 {
			t.Errorf("with one trunk: %+v, %v", number, err)
		}
		if _, err := x.Remove(t.Context(), by, "backup"); err != nil {
			t.Fatal(err)
		}
		if _, err := db.NumberCalled(t.Context(), "+81312345678"); !errors.Is(err, fault.NotFound) {
			t.Errorf("without a trunk: %v", err)
		}
	})
}

// What cannot be is refused, with the field named.
func TestTrunkThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x, by := trunkRules(t, db)
		if _, err := x.Add(t.Context(), by, carrier()); err != nil {
			t.Fatal(err)
		}
		other := newOwner(t, db)
		for name, tt := range map[string]struct {
			by     fax.Actor
			change func(*fax.Trunk)
			code   string
		}{
			"no name":                   {by, func(c *fax.Trunk) { c.Name = " " }, "trunk_name"},
			"a name that is taken":      {by, func(*fax.Trunk) {}, "trunk_name_taken"},
			"a URL":                     {by, func(c *fax.Trunk) { c.Host = "sip:carrier.example" }, "trunk_host"},
			"another transport":         {by, func(c *fax.Trunk) { c.Transport = "sctp" }, "value_not_allowed"},
			"a user without a password": {by, func(c *fax.Trunk) { c.Password = "" }, "trunk_password_missing"},
			"a password without a user": {by, func(c *fax.Trunk) { c.User = "" }, "trunk_user_missing"},
			"a user that breaks a URI":  {by, func(c *fax.Trunk) { c.User = "a@b" }, "trunk_user"},
			"a password of two lines":   {by, func(c *fax.Trunk) { c.Password = "a\r\nb" }, "trunk_password"},
			"no numbers":                {by, func(c *fax.Trunk) { c.Numbers = nil }, "trunk_numbers"},
			"a test number":             {by, func(c *fax.Trunk) { c.Numbers = []string{"+15005550001"} }, "number_invalid"},
			"too many calls":            {by, func(c *fax.Trunk) { c.MaxCalls = 1001 }, "value_out_of_range"},
			"a prefix of letters":       {by, func(c *fax.Trunk) { c.Prefix = "x" }, "trunk_prefix"},
			"somebody else's number":    {other, func(*fax.Trunk) {}, "number_taken"},
			"a member's wish":           {fax.Actor{OrganizationID: by.OrganizationID}, func(*fax.Trunk) {}, "role_required"},
		} {
			c := carrier()
			tt.change(&c)
			_, err := x.Add(t.Context(), tt.by, c)
			if e := fault.Of(err); e == nil || e.Code != tt.code {
				t.Errorf("%s: %v, want %s", name, err, tt.code)
			}
		}
		if _, err := x.Trunk(t.Context(), other, "carrier"); !errors.Is(err, fault.NotFound) {
			t.Errorf("another organization's trunk: %v", err)
		}
	})
}

// Of several nodes one holds a trunk, and another takes it over when that one is gone.
func TestOneNodeHoldsATrunk(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		x, by := trunkRules(t, db)
		trunk, err := x.Add(t.Context(), by, carrier())
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
		for _, tt := range []struct {
			node string
			at   time.Time
			want bool
		}{
			{"one", now, true}, {"two", now.Add(time.Second), false}, {"one", now.Add(15 * time.Second), true},
			{"two", now.Add(30 * time.Second), false}, {"two", now.Add(36 * time.Second), true}, {"one", now.Add(40 * time.Second), false},
		} {
			held, err := db.HoldTrunks(t.Context(), tt.node, tt.at, tt.at.Add(20*time.Second))
			if err != nil || slices.Contains(held, trunk.ID) != tt.want {
				t.Errorf("%s after %s: %v, %v", tt.node, tt.at.Sub(now), held, err)
			}
		}
	})
}
