package dashboard

// invitationForm is what an invited person sees.
type invitationForm struct {
	frame
	For          string // the account's address
	Organization string
	Role         string
}

func (s *Server) invitationPage(v *visit) error { return s.showInvitation(v, nil) }

func (s *Server) showInvitation(v *visit, p *problem) error {
	acc, org, err := s.Accounts.Invitation(v.r.Context(), v.r.PathValue("secret"))
	if err != nil {
		return err
	}
	page := &invitationForm{
		frame: v.page(v.t("invitation.title", map[string]any{"organization": org.Name}), ""),
		For:   acc.Email, Organization: org.Name, Role: v.t("role."+string(acc.Role), nil),
	}
	page.with(p)
	return v.show("invitation", page)
}

func (s *Server) acceptInvitation(v *visit) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	secret, err := s.Accounts.Accept(v.r.Context(), v.r.PathValue("secret"), form.Get("name"), form.Get("password"), v.from())
	if err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showInvitation(v, p) })
	}
	v.signedIn(secret)
	return v.done("/", "welcome")
}
