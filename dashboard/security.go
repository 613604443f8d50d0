package dashboard

import (
	"strings"
	"time"

	"github.com/faxgate/faxgate/auth"
)

// securityForm is the password and the places where the person is signed in.
type securityForm struct {
	frame
	Sessions  []sessionRow
	ChangedAt moment
	Idle, Age time.Duration // after which sessions end
}

// sessionRow is one browser.
type sessionRow struct {
	ID       string
	Browser  string
	Address  string
	Since    moment
	LastSeen moment
	Current  bool
}

func (s *Server) securityPage(v *visit, c auth.Caller) error { return s.showSecurity(v, c, nil) }

func (s *Server) showSecurity(v *visit, c auth.Caller, p *problem) error {
	sessions, err := s.Sessions.List(v.r.Context(), c)
	if err != nil {
		return err
	}
	page := &securityForm{
		frame: v.page(v.t("security.title", nil), "/profile/security"), ChangedAt: v.moment(c.Account.PasswordChangedAt),
		Idle: auth.SessionIdle, Age: auth.SessionAge,
	}
	for _, x := range sessions {
		page.Sessions = append(page.Sessions, sessionRow{
			ID: x.ID, Browser: v.browser(x.UserAgent), Address: x.Address,
			Since: v.moment(x.CreatedAt), LastSeen: v.moment(x.LastSeenAt), Current: x.ID == c.Session.ID,
		})
	}
	page.with(p)
	return v.show("security", page)
}

// changePassword ends all other sessions and, if the box is ticked, tokens and
// connected apps.
func (s *Server) changePassword(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	err = s.Accounts.ChangePassword(v.r.Context(), c, form.Get("current_password"), form.Get("password"), form.Has("tokens"), v.from())
	if err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showSecurity(v, c, p) })
	}
	return v.done("/profile/security", "password_changed")
}

func (s *Server) endSession(v *visit, c auth.Caller) error {
	if _, err := v.read(); err != nil {
		return err
	}
	if err := s.Sessions.End(v.r.Context(), c, v.r.PathValue("id")); err != nil {
		return err
	}
	return v.done("/profile/security", "session_ended")
}

func (s *Server) endOtherSessions(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	if err := s.Sessions.EndOthers(v.r.Context(), c, form.Has("tokens")); err != nil {
		return err
	}
	return v.done("/profile/security", "sessions_ended")
}

// browser names a browser and its system as far as its User-Agent header says. The
// order matters: many browsers claim to be others as well.
func (v *visit) browser(userAgent string) string {
	name := firstOf(userAgent, "Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Safari/", "Safari", "curl/", "curl")
	system := firstOf(userAgent, "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case name == "" && system == "":
		return v.t("session.unknown", nil)
	case name == "" || system == "":
		return name + system
	}
	return v.t("session.browser", map[string]any{"browser": name, "system": system})
}

// firstOf gives the name that follows the first mark found.
func firstOf(text string, marksAndNames ...string) string {
	for i := 0; i+1 < len(marksAndNames); i += 2 {
		if strings.Contains(text, marksAndNames[i]) {
			return marksAndNames[i+1]
		}
	}
	return ""
}
