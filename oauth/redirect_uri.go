package oauth

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/faxgate/faxgate/fault"
)

// CheckRedirectURI refuses a redirect URI that may not be registered (RFC 6749
// 3.1.2, RFC 8252 7.1, RFC 9700 2.1). Plain http to another host than this one
// needs allowHTTP: the code would cross a network in the clear.
func CheckRedirectURI(uri string, allowHTTP bool) error {
	if uri == "" {
		return refuseURI("redirect_uri_missing", uri)
	}
	if len(uri) > maxRedirectURI {
		return refuseURI("redirect_uri_too_long", uri[:40]+"…")
	}
	if strings.ContainsFunc(uri, func(r rune) bool { return r <= 0x20 || r >= 0x7f || strings.ContainsRune(`"<>\^{|}`+"`", r) }) {
		return refuseURI("redirect_uri_characters", strings.ToValidUTF8(uri, "?"))
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme == "" {
		return refuseURI("redirect_uri_not_absolute", uri)
	}
	if u.Fragment != "" || strings.Contains(uri, "#") {
		return refuseURI("redirect_uri_fragment", uri)
	}
	if u.User != nil {
		return refuseURI("redirect_uri_userinfo", uri)
	}
	switch u.Scheme {
	case "https":
		return checkHost(u, uri)
	case "http":
		if err := checkHost(u, uri); err != nil {
			return err
		}
		if !loopback(u.Hostname()) && !allowHTTP {
			return refuseURI("redirect_uri_http", uri)
		}
	default: // RFC 8252 7.1: a private-use scheme is a domain name in reverse
		if !strings.Contains(u.Scheme, ".") {
			return refuseURI("redirect_uri_scheme", uri)
		}
	}
	return nil
}

// checkHost takes host names and addresses. RFC 3986 3.2.2 allows more, which names no
// machine, and a semicolon would end the host in a Content-Security-Policy.
func checkHost(u *url.URL, uri string) error {
	host := u.Hostname()
	if host == "" {
		return refuseURI("redirect_uri_not_absolute", uri)
	}
	if strings.HasPrefix(u.Host, "[") {
		if addr, err := netip.ParseAddr(host); err != nil || addr.Zone() != "" {
			return refuseURI("redirect_uri_host", uri)
		}
		return nil
	}
	for _, c := range []byte(host) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_':
		default:
			return refuseURI("redirect_uri_host", uri)
		}
	}
	return nil
}

func refuseURI(code, uri string) error {
	return fault.New(fault.Invalid, code, "uri", uri).At("redirect_uri")
}

// RequiresHTTPConfirmation reports whether the refusal is the one that the owner
// may confirm.
func RequiresHTTPConfirmation(err error) bool { return fault.HasCode(err, "redirect_uri_http") }

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// customScheme reports whether the URI leads to an app on the device. Any app may
// claim such a scheme (RFC 8252 8.6).
func customScheme(uri string) bool {
	return !strings.HasPrefix(uri, "https://") && !strings.HasPrefix(uri, "http://")
}

// MatchRedirectURI reports whether the URI of a request is one of the registered:
// equal to the letter, except for the port of a loopback address (RFC 8252 7.3,
// RFC 9700 2.1).
func MatchRedirectURI(registered []string, uri string) bool {
	if slices.Contains(registered, uri) {
		return true
	}
	host, rest, ok := splitLoopback(uri)
	if !ok {
		return false
	}
	for _, r := range registered {
		if h, tail, ok := splitLoopback(r); ok && h == host && tail == rest {
			return true
		}
	}
	return false
}

// splitLoopback cuts the port out of a plain-http URI of a loopback address.
func splitLoopback(uri string) (host, rest string, ok bool) {
	for _, h := range []string{"http://127.0.0.1", "http://[::1]"} {
		tail, found := strings.CutPrefix(uri, h)
		if !found {
			continue
		}
		if port, found := strings.CutPrefix(tail, ":"); found {
			tail = strings.TrimLeft(port, "0123456789")
			if digits := len(port) - len(tail); digits == 0 || digits > 5 {
				return "", "", false
			}
		}
		if tail != "" && tail[0] != '/' && tail[0] != '?' {
			return "", "", false
		}
		return h, tail, true
	}
	return "", "", false
}

// NearestRedirectURI finds the registered URI that shares the longest beginning
// with the one that was asked for: for the app's owner, who looks for the mistake.
func NearestRedirectURI(registered []string, uri string) (nearest string) {
	most := -1
	for _, r := range registered {
		n := 0
		for n < len(r) && n < len(uri) && r[n] == uri[n] {
			n++
		}
		if n > most {
			nearest, most = r, n
		}
	}
	return nearest
}
