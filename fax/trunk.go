package fax

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/line"
)

// Trunk is an organization's way to the telephone network: the SIP server of a provider,
// or a switchboard of its own.
type Trunk struct {
	ID             string
	OrganizationID string
	Name           string // one of a kind in the organization
	// Host is a name or an address, with a port perhaps; a name without one is looked up as
	// RFC 3263 has it.
	Host      string
	Transport string // udp, tcp, tls
	// User and Password are what the trunk asks for. An empty User: it knows this server by
	// its address, and nothing is registered.
	User     string
	Password string   // in hand only; empty in what the rules give
	Sealed   []byte   // the password under the master key
	Numbers  []string // that lead here over the trunk, E.164
	T38      string   // who asks for T.38: auto, we, never
	// Allow is where calls come from, besides the addresses of Host.
	Allow     []netip.Prefix
	Priority  int  // lower comes first
	MaxCalls  int  // at a time on each node, both ways
	Digits    bool // numbers are dialled without their plus sign
	Prefix    string
	CreatedAt time.Time
}

// The defaults and the limits of a trunk.
const (
	DefaultPriority = 10
	DefaultMaxCalls = 10
	maxTrunkCalls   = 1000
	maxPriority     = 1000
	maxTrunkName    = 60
	maxTrunkText    = 255
	maxTrunkAllow   = 50
	maxTrunkNumbers = 1000
)

// Transports are those of trunks.
func Transports() []string { return []string{"udp", "tcp", "tls"} }

// T38Modes say who asks for T.38: auto is the receiving end, and the sending one when
// nobody else does.
func T38Modes() []string { return []string{"auto", "we", "never"} }

// check finds what is wrong with a trunk, fills in its defaults, and writes its numbers as
// E.164. country is that in which national numbers are meant.
func (t *Trunk) check(country string) error {
	t.Name, t.Host, t.User = strings.TrimSpace(t.Name), strings.TrimSpace(t.Host), strings.TrimSpace(t.User)
	if t.Transport == "" {
		t.Transport = "udp"
	}
	if t.T38 == "" {
		t.T38 = "auto"
	}
	if t.MaxCalls == 0 {
		t.MaxCalls = DefaultMaxCalls
	}
	switch {
	case t.Name == "" || utf8.RuneCountInString(t.Name) > maxTrunkName || !utf8.ValidString(t.Name):
		return fault.New(fault.Invalid, "trunk_name", "most", maxTrunkName).At("name")
	case !isHost(t.Host):
		return fault.New(fault.Invalid, "trunk_host", "value", cut(t.Host)).At("host")
	case !slices.Contains(Transports(), t.Transport):
		return notOneOf("transport", Transports()...)
	case !slices.Contains(T38Modes(), t.T38):
		return notOneOf("t38", T38Modes()...)
	case t.User == "" && t.Password != "":
		return fault.New(fault.Invalid, "trunk_user_missing").At("user")
	case !isToken(t.User):
		return fault.New(fault.Invalid, "trunk_user").At("user")
	case len(t.Password) > maxTrunkText || strings.ContainsAny(t.Password, "\r\n\x00"):
		return fault.New(fault.Invalid, "trunk_password").At("password")
	case t.MaxCalls < 1 || t.MaxCalls > maxTrunkCalls:
		return outOfRange("max_calls", 1, maxTrunkCalls)
	case t.Priority < 0 || t.Priority > maxPriority:
		return outOfRange("priority", 0, maxPriority)
	case strings.Trim(t.Prefix, "0123456789") != "" || len(t.Prefix) > line.MaxExtension:
		return fault.New(fault.Invalid, "trunk_prefix", "most", line.MaxExtension).At("prefix")
	case len(t.Allow) > maxTrunkAllow:
		return fault.New(fault.Invalid, "trunk_allow_many", "most", maxTrunkAllow).At("allow")
	}
	return t.checkNumbers(country)
}

func (t *Trunk) checkNumbers(country string) error {
	if len(t.Numbers) == 0 || len(t.Numbers) > maxTrunkNumbers {
		return fault.New(fault.Invalid, "trunk_numbers", "most", maxTrunkNumbers).At("numbers")
	}
	var all []string
	for _, text := range t.Numbers {
		number, err := ParseNumber(text, country)
		if err == nil && !isOutside(number) {
			err = invalidNumber(text)
		}
		if err != nil {
			return fault.Of(err).At("numbers")
		}
		if !slices.Contains(all, number) {
			all = append(all, number)
		}
	}
	t.Numbers = all
	return nil
}

// isOutside reports whether a number is one of the telephone network, without an extension.
func isOutside(number string) bool { return line.IsE164(number) && !line.IsTestNumber(number) }

// isHost reports whether a text is a name or an address, with a port perhaps.
func isHost(text string) bool {
	if text == "" || len(text) > maxTrunkText {
		return false
	}
	if _, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return true
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host = text
	} else if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return false
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}

// isToken reports whether a text can be the user of a SIP URI as it is. Empty is one.
func isToken(text string) bool {
	if len(text) > maxTrunkText {
		return false
	}
	for _, r := range text {
		if r <= ' ' || r > '~' || strings.ContainsRune(`@:<>"/?;,\`, r) {
			return false
		}
	}
	return true
}

// ParseAllow reads an address, a network as 192.0.2.0/24, or "any", which is everybody.
func ParseAllow(text string) ([]netip.Prefix, error) {
	text = strings.TrimSpace(text)
	if strings.EqualFold(text, "any") {
		return []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}, nil
	}
	if a, err := netip.ParseAddr(text); err == nil {
		a = a.Unmap().WithZone("")
		return []netip.Prefix{netip.PrefixFrom(a, a.BitLen())}, nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return nil, fault.New(fault.Invalid, "trunk_allow", "value", cut(text)).At("allow")
	}
	return []netip.Prefix{p.Masked()}, nil
}
