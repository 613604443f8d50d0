package notify

import (
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/faxgate/faxgate/fault"
)

// maxTarget is the longest target, in bytes.
const maxTarget = 2048

// checkTarget refuses what cannot be posted to, or should not: an address that stands
// in the target itself is judged here, so that whoever makes the hook hears of it;
// a name is judged when it is dialled.
func checkTarget(target string, allowPrivate bool) error {
	u, err := url.Parse(target)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", !isPort(u.Port()), u.Fragment != "":
		return fault.New(fault.Invalid, "hook_target").At("target")
	case u.User != nil:
		return fault.New(fault.Invalid, "hook_target_credentials").At("target")
	case len(target) > maxTarget:
		return fault.New(fault.Invalid, "hook_target_long", "limit", maxTarget).At("target")
	case !allowPrivate && namesPrivate(u.Hostname()):
		return fault.New(fault.Invalid, "hook_target_private", "host", u.Hostname()).At("target")
	}
	return nil
}

// isPort reports whether a text is a port, or none.
func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil && n > 0
}

// namesPrivate reports whether a host is known to be private without asking for its
// address.
func namesPrivate(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761 6.3
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && !isPublic(address)
}

// e164 is a number as it is stored: a plus sign and up to 15 digits.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func checkNumbers(numbers []string) error {
	if numbers == nil {
		return nil
	}
	if len(numbers) == 0 || len(numbers) > maxHookNumbers {
		return fault.New(fault.Invalid, "hook_numbers_count", "limit", maxHookNumbers).At("numbers")
	}
	for _, n := range numbers {
		if !e164.MatchString(n) {
			return fault.New(fault.Invalid, "hook_number", "value", n).At("numbers")
		}
	}
	return nil
}

// nat64 is the well-known prefix under which a translator reaches IPv4 (RFC 6052 2.1).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// globalUnicast is all that IANA has given to IPv6 networks (RFC 4291 2.4).
var globalUnicast = netip.MustParsePrefix("2000::/3")

// special are the blocks of the IANA special-purpose registries (RFC 6890) that are no
// place on the public Internet, among those that could be.
var special = prefixes(
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private (RFC 1918)
	"100.64.0.0/10",    // behind a carrier's NAT (RFC 6598)
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // of a cloud's own servers to its machines
	"169.254.0.0/16",   // link-local (RFC 3927), with the clouds' metadata
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments
	"192.0.2.0/24",     // documentation (RFC 5737)
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks (RFC 2544)
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast
	"2001::/23",        // protocol assignments, with Teredo
	"2001:db8::/32",    // documentation (RFC 3849)
	"2002::/16",        // 6to4: IPv4 in disguise
	"3fff::/20",        // documentation (RFC 9637)
)

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// isPublic reports whether an address is one on the public Internet: nothing of this
// machine, of its networks, or that leads there in disguise.
func isPublic(a netip.Addr) bool {
	a = a.Unmap() // ::ffff:10.0.0.1 is 10.0.0.1 (RFC 4291 2.5.5.2)
	if nat64.Contains(a) {
		all := a.As16()
		a = netip.AddrFrom4([4]byte(all[12:]))
	}
	if a.Zone() != "" || a.Is6() && !globalUnicast.Contains(a) {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return a.IsValid()
}
