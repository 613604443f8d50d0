package auth

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/faxgate/faxgate/fault"
)

// Scopes is a set of scopes (RFC 6749 3.3). The zero value permits nothing.
type Scopes uint32

// The scopes. An edit scope includes its read scope; All and FaxAllEdit include
// everything, within what the account's role may do at all.
const (
	All Scopes = 1 << iota
	FaxAllRead
	FaxAllEdit
	FaxRead
	FaxEdit
	UserRead
	UserEdit
	MemberRead
	MemberEdit
	NumbersRead
	NumbersEdit
	WebhookRead
	WebhookEdit
	FileEdit
	ShopRead // known, never offered: a self-hosted server sells no numbers
	ShopEdit
)

// scopeNames stands in the order of the bits.
var scopeNames = [...]string{
	"all",
	"fax:all:read", "fax:all:edit",
	"fax:fax:read", "fax:fax:edit",
	"fax:user:read", "fax:user:edit",
	"fax:member:read", "fax:member:edit",
	"fax:numbers:read", "fax:numbers:edit",
	"fax:webhook:read", "fax:webhook:edit",
	"fax:file:edit",
	"fax:shop:read", "fax:shop:edit",
}

const (
	everyRead = FaxAllRead | FaxRead | UserRead | MemberRead | NumbersRead | WebhookRead | ShopRead
	every     = Scopes(1<<len(scopeNames) - 1)
	shop      = ShopRead | ShopEdit
)

// implied holds what each scope also includes.
var implied = map[Scopes]Scopes{
	All:         every,
	FaxAllEdit:  every &^ All,
	FaxAllRead:  everyRead,
	FaxEdit:     FaxRead | FileEdit, // an upload is the first half of sending
	UserEdit:    UserRead,
	MemberEdit:  MemberRead,
	NumbersEdit: NumbersRead,
	WebhookEdit: WebhookRead,
	ShopEdit:    ShopRead,
}

// ScopeFamily groups the scopes of one kind of thing for the pages.
type ScopeFamily struct {
	Name string // all, fax, user, member, numbers, webhook, file
	Read Scopes // zero: the family has no read scope
	Edit Scopes
}

// ScopeFamilies are the families that a person may choose from, in the order of
// the pages.
func ScopeFamilies() []ScopeFamily {
	return []ScopeFamily{
		{"all", FaxAllRead, FaxAllEdit},
		{"fax", FaxRead, FaxEdit},
		{"user", UserRead, UserEdit},
		{"member", MemberRead, MemberEdit},
		{"numbers", NumbersRead, NumbersEdit},
		{"webhook", WebhookRead, WebhookEdit},
		{"file", 0, FileEdit},
	}
}

// OfferedScopes are the names of all scopes that a token may carry.
func OfferedScopes() []string { return (every &^ shop).Names() }

// ParseScopes reads a list separated by spaces. An unknown name is
// fault.Invalid "scope_unknown" and names the nearest known one.
func ParseScopes(text string) (Scopes, error) {
	var s Scopes
	for name := range strings.FieldsSeq(text) {
		i := slices.Index(scopeNames[:], name)
		if i < 0 {
			nearest, _ := fault.Nearest(name, OfferedScopes())
			return 0, fault.New(fault.Invalid, "scope_unknown", "scope", printable(name), "nearest", nearest).At("scope")
		}
		s |= 1 << i
	}
	return s, nil
}

// Names lists the scopes as they are written, in a fixed order.
func (s Scopes) Names() []string {
	names := make([]string, 0, bits.OnesCount32(uint32(s)))
	for i, name := range scopeNames {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// String is the wire form: names separated by spaces.
func (s Scopes) String() string { return strings.Join(s.Names(), " ") }

// Effective adds all that the scopes include.
func (s Scopes) Effective() Scopes {
	out := s
	for rest := s; rest != 0; rest &= rest - 1 {
		out |= implied[rest&-rest]
	}
	return out
}

// Allows reports whether any of the wanted scopes is included.
func (s Scopes) Allows(anyOf Scopes) bool { return s.Effective()&anyOf != 0 }

// Within reports whether s permits nothing that the outer set does not.
func (s Scopes) Within(outer Scopes) bool { return s.Effective()&^outer.Effective()&^All == 0 }

// Offered reports whether every scope may be given to a token.
func (s Scopes) Offered() bool { return s&shop == 0 }

// printable keeps a caller's own text harmless where it is quoted back. Of a secret
// that was put into the wrong place it leaves the prefix.
func printable(s string) string {
	if p := PrefixOf(s); p != "" {
		return string(p) + "_..."
	}
	if len(s) > 64 {
		s = s[:64]
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return '?'
		}
		return r
	}, s)
}
