package dashboard

import (
	"net/http"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
)

// The cookies. Where the public URL is https each name carries the prefix __Host-,
// which keeps neighbours below the same domain from planting one.
const (
	sessionCookie  = "faxgate"
	languageCookie = "faxgate-language" // chosen before or without an account
	schemeCookie   = "faxgate-scheme"   // light or dark, of this browser
	noticeCookie   = "faxgate-notice"   // the sentence of the next page
)

const chosenFor = 365 * 24 * time.Hour // a choice of language or scheme

func (s *Server) secure() bool { return strings.HasPrefix(s.PublicURL, "https://") }

func (s *Server) cookieName(name string) string {
	if s.secure() {
		return "__Host-" + name
	}
	return name
}

func (v *visit) cookie(name string) string {
	c, err := v.r.Cookie(v.server.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie sets a cookie; age zero deletes it.
func (v *visit) setCookie(name, value string, age time.Duration) {
	c := &http.Cookie{
		Name: v.server.cookieName(name), Value: value, Path: "/", MaxAge: int(age / time.Second),
		Secure: v.server.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if age == 0 {
		c.MaxAge = -1
	}
	http.SetCookie(v.w, c)
}

// signedIn gives the browser its session.
func (v *visit) signedIn(secret string) { v.setCookie(sessionCookie, secret, auth.SessionAge) }
