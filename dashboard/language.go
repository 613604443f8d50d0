package dashboard

import (
	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/locale"
)

// chooseLanguage is the switch at the foot of every page. A person who is signed in
// chooses for the account, anybody for the browser.
func (s *Server) chooseLanguage(v *visit) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	chosen := locale.Match(form.Get("language"), "")
	v.setCookie(languageCookie, string(chosen), chosenFor)
	c, found, err := v.identify()
	if err != nil {
		return err
	}
	if found && c.Account.Language != string(chosen) {
		err := s.Accounts.EditProfile(v.r.Context(), c, c.Account.ID, func(acc *auth.Account) error {
			acc.Language = string(chosen)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return v.seeOther(localPath(form.Get("return_to")))
}

// chooseAppearance keeps the choice of light or dark in this browser.
func (s *Server) chooseAppearance(v *visit, _ auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	switch scheme := form.Get("scheme"); scheme {
	case "light", "dark":
		v.setCookie(schemeCookie, scheme, chosenFor)
	default:
		v.setCookie(schemeCookie, "", 0)
	}
	return v.done("/profile", "appearance_saved")
}
