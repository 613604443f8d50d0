package dashboard

import (
	"github.com/faxgate/faxgate/auth"
)

// profileForm is a person's own account.
type profileForm struct {
	frame
	Account   auth.Account
	Zones     []group
	Languages []option
	Role      string
	Plan      string
	Mail      bool   // mail can be sent, so that the address can be changed here
	Confirm   string // where to type the password before that; empty: it was typed a short while ago
	Schemes   []option
}

func (s *Server) profilePage(v *visit, c auth.Caller) error { return s.showProfile(v, c, nil) }

func (s *Server) showProfile(v *visit, c auth.Caller, p *problem) error {
	zone := c.Account.TimeZone
	if zone == "" {
		zone = c.Organization.TimeZone
	}
	page := &profileForm{
		frame: v.page(v.t("profile.title", nil), "/profile"), Account: c.Account, Zones: zones(zone),
		Role: v.t("role."+string(c.Account.Role), nil), Plan: v.t("plan."+string(c.Organization.Plan), nil), Mail: s.Mail.Configured(),
		Languages: []option{{"", v.t("language.browser", nil), false}, {"en", "English", false}, {"ja", "日本語", false}},
		Schemes: []option{
			{"", v.t("scheme.device", nil), false}, {"light", v.t("scheme.light", nil), false}, {"dark", v.t("scheme.dark", nil), false},
		},
	}
	if !c.Session.Recent(v.now) {
		page.Confirm = confirmPath("/profile")
	}
	choose(page.Languages, c.Account.Language)
	choose(page.Schemes, v.scheme())
	page.with(p)
	return v.show("profile", page)
}

func (s *Server) saveProfile(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	err = s.Accounts.EditProfile(v.r.Context(), c, c.Account.ID, func(acc *auth.Account) error {
		acc.Name, acc.LastName, acc.Phone = form.Get("name"), form.Get("lastname"), form.Get("phone")
		acc.Language, acc.TimeZone = form.Get("language"), form.Get("time_zone")
		return nil
	})
	if err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showProfile(v, c, p) })
	}
	if l := form.Get("language"); l != "" {
		v.setCookie(languageCookie, l, chosenFor)
	} else {
		v.setCookie(languageCookie, "", 0)
	}
	return v.done("/profile", "profile_saved")
}
