package dashboard

import (
	"time"

	"github.com/faxgate/faxgate/auth"
)

// forgotForm asks for the address of a forgotten password.
type forgotForm struct {
	frame
	Mailed bool          // mail can be sent
	Sent   bool          // the form was posted
	Age    time.Duration // how long the link works
}

func (s *Server) forgotPage(v *visit) error {
	return s.showForgot(v, "forgot.title", false)
}

// forgot answers the same whether there is such an account or not.
func (s *Server) forgot(v *visit) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	if err := s.Accounts.ForgotPassword(v.r.Context(), form.Get("email"), v.from()); err != nil {
		return err
	}
	return s.showForgot(v, "forgot.sent_title", true)
}

func (s *Server) showForgot(v *visit, title string, sent bool) error {
	return v.show("forgot", &forgotForm{
		frame: v.page(v.t(title, nil), ""), Mailed: s.Mail.Configured(), Sent: sent, Age: auth.PasswordResetAge,
	})
}

// resetForm chooses a new password.
type resetForm struct {
	frame
	For string // the account's address
}

func (s *Server) resetPage(v *visit) error { return s.showReset(v, nil) }

func (s *Server) showReset(v *visit, p *problem) error {
	acc, err := s.Accounts.Reset(v.r.Context(), v.r.PathValue("secret"))
	if err != nil {
		return err
	}
	page := &resetForm{frame: v.page(v.t("reset.title", nil), ""), For: acc.Email}
	page.with(p)
	return v.show("reset", page)
}

func (s *Server) reset(v *visit) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	secret, err := s.Accounts.FinishReset(v.r.Context(), v.r.PathValue("secret"), form.Get("password"), form.Has("tokens"), v.from())
	if err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showReset(v, p) })
	}
	v.signedIn(secret)
	return v.done("/", "password_changed")
}
