package dashboard

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/web"
)

// visit is one request of a person and the way to answer it.
type visit struct {
	server   *Server
	w        http.ResponseWriter
	r        *http.Request
	now      time.Time
	language locale.Language
	zone     *time.Location
	caller   *auth.Caller // nil: nobody is signed in, or nobody asked
	form     url.Values   // what was posted; nil: nothing was read
}

func (s *Server) visit(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{server: s, w: w, r: r, now: s.Now(), zone: time.UTC}
	v.language = locale.Match(v.cookie(languageCookie), r.Header.Get("Accept-Language"))
	return v
}

// identify finds out who is signed in. found is false where nobody is.
func (v *visit) identify() (c auth.Caller, found bool, err error) {
	if v.caller != nil {
		return *v.caller, true, nil
	}
	secret := v.cookie(sessionCookie)
	if secret == "" {
		return auth.Caller{}, false, nil
	}
	c, err = v.server.Sessions.Caller(v.r.Context(), secret, v.from().Address)
	if errors.Is(err, fault.Unauthenticated) {
		return auth.Caller{}, false, nil
	}
	if err != nil {
		return auth.Caller{}, false, err
	}
	v.caller, v.zone = &c, c.Account.Location(c.Organization)
	if c.Account.Language != "" {
		v.language = locale.Match(c.Account.Language, "")
	}
	web.LineOf(v.w).AccountID = c.Account.ID
	return c, true, nil
}

// require is identify for pages that need somebody.
func (v *visit) require() (auth.Caller, error) {
	c, found, err := v.identify()
	if err == nil && !found {
		err = fault.New(fault.Unauthenticated, "sign_in_required")
	}
	return c, err
}

// from is the other end of the request.
func (v *visit) from() auth.Browser {
	return auth.Browser{Address: web.LineOf(v.w).Address, UserAgent: strings.ToValidUTF8(v.r.UserAgent(), "?")}
}

// read reads the posted form.
func (v *visit) read() (url.Values, error) {
	form, err := web.ReadForm(v.w, v.r)
	if err == nil && form == nil {
		form = url.Values{}
	}
	v.form = form
	return form, err
}

// seeOther ends a POST. 303 makes the browser ask for the next page with GET and
// without the form (RFC 9700 4.12).
func (v *visit) seeOther(path string) error {
	v.headers(sameOriginReferrer, "")
	v.w.Header().Set("Location", path)
	v.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// done is seeOther with a sentence for the next page.
func (v *visit) done(path, notice string) error {
	v.setCookie(noticeCookie, notice, time.Minute)
	return v.seeOther(path)
}

// t is the text of a message.
func (v *visit) t(id string, params map[string]any) string {
	return locale.Text(v.language, id, params)
}

// moment is a time as pages show it.
type moment struct {
	Machine string // RFC 3339, for <time datetime>; empty: no time at all
	Text    string // with the zone
	Ago     string // how long ago
}

func (v *visit) moment(t time.Time) moment {
	if t.IsZero() {
		return moment{Ago: locale.Ago(v.language, t, v.now)}
	}
	return moment{
		Machine: t.UTC().Format(time.RFC3339),
		Text:    locale.DateTime(v.language, t, v.zone),
		Ago:     locale.Ago(v.language, t, v.now),
	}
}
