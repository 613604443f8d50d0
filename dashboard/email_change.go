package dashboard

import (
	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
)

// changeEmail mails a link to the new address, which counts once it is opened. Where
// the password was typed too long ago, it is asked for first.
func (s *Server) changeEmail(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	err = s.Accounts.ChangeEmail(v.r.Context(), c, c.Account.ID, form.Get("email"))
	switch {
	case fault.HasCode(err, "password_again"):
		return v.seeOther(confirmPath("/profile"))
	case err != nil:
		return v.showAgain(err, func(p *problem) error { return s.showProfile(v, c, p) })
	}
	return v.done("/profile", "email_mailed")
}

// emailForm is the page behind the link of such a mail. Programs that look into
// mails open links; only a person presses the button.
type emailForm struct {
	frame
	Done     bool
	NewEmail string
}

func (s *Server) emailPage(v *visit) error {
	email, err := s.Accounts.NewEmail(v.r.Context(), v.r.PathValue("secret"))
	if err != nil {
		return err
	}
	page := &emailForm{frame: v.page(v.t("email_change.title", nil), ""), NewEmail: email}
	return v.show("email_change", page)
}

func (s *Server) confirmEmail(v *visit) error {
	if _, err := v.read(); err != nil {
		return err
	}
	email, err := s.Accounts.ConfirmEmail(v.r.Context(), v.r.PathValue("secret"), v.from())
	if err != nil {
		return err
	}
	page := &emailForm{frame: v.page(v.t("email_change.done_title", nil), ""), Done: true, NewEmail: email}
	return v.show("email_change", page)
}
