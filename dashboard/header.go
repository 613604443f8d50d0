package dashboard

import (
	"net/netip"
	"net/url"
	"strings"
)

// The referrer policies. A page with a form needs same-origin: no-referrer makes
// browsers post it with "Origin: null", which the cross-origin check refuses where
// there is no Sec-Fetch-Site. A page that shows a secret, and a redirect that
// carries a code, tell nobody where they come from.
const (
	sameOriginReferrer = "same-origin"
	noReferrer         = "no-referrer"
)

const contentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

// headers protects a page from being framed, stored and spied on. formTarget is
// where a form's answer may lead, other than to this server.
func (v *visit) headers(referrer, formTarget string) {
	policy := contentSecurityPolicy
	if formTarget != "" {
		policy += " " + formTarget
	}
	h := v.w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", referrer)
}

// formTarget is the source of form-action for a redirect URI: browsers hold every
// hop after a form's POST against it, the client's own further redirects too, so
// that https is opened as a whole and plain http only for its host.
func formTarget(redirectURI string) string {
	u, err := url.Parse(redirectURI)
	if err != nil || u.Scheme == "" {
		return ""
	}
	if u.Scheme != "http" {
		return strings.ToLower(u.Scheme) + ":"
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil && strings.Contains(u.Hostname(), ":") {
		return "http:" // the grammar of sources has no IPv6 addresses
	}
	return "http://" + u.Host
}

// originOf cuts the path off a URL.
func originOf(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil {
		return publicURL
	}
	return u.Scheme + "://" + u.Host
}
