package dashboard

import (
	"github.com/faxgate/faxgate/auth"
)

// memberForm is one person, and what an administrator can do.
type memberForm struct {
	frame
	Member   member
	Roles    []option
	Managers []option
	Mailed   bool
}

func (s *Server) memberPage(v *visit, c auth.Caller) error { return s.showMember(v, c, nil) }

func (s *Server) showMember(v *visit, c auth.Caller, p *problem) error {
	all, err := s.Accounts.List(v.r.Context(), c)
	if err != nil {
		return err
	}
	acc, err := s.Accounts.Account(v.r.Context(), c, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	links, err := s.invitations(v, c)
	if err != nil {
		return err
	}
	page := &memberForm{
		frame: v.page(acc.DisplayName(), "/members/one"), Member: v.member(c, acc, all, links), Mailed: s.Mail.Configured(),
		Roles: v.roles(c, acc.Role), Managers: v.managers(all, acc.ID, acc.ManagerID),
	}
	page.with(p)
	return v.show("member", page)
}

// changeMember runs a rule on the account of the path and shows the person again.
func (s *Server) changeMember(v *visit, c auth.Caller, notice string, change func(id string) error) error {
	if v.form == nil {
		if _, err := v.read(); err != nil {
			return err
		}
	}
	id := v.r.PathValue("id")
	if err := change(id); err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showMember(v, c, p) })
	}
	return v.done("/members/"+id, notice)
}

func (s *Server) setRole(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	return s.changeMember(v, c, "member_saved", func(id string) error {
		return s.Accounts.SetRole(v.r.Context(), c, id, auth.Role(form.Get("role")), form.Get("manager"))
	})
}

func (s *Server) disableMember(v *visit, c auth.Caller) error {
	return s.changeMember(v, c, "member_disabled", func(id string) error { return s.Accounts.Disable(v.r.Context(), c, id) })
}

func (s *Server) enableMember(v *visit, c auth.Caller) error {
	return s.changeMember(v, c, "member_enabled", func(id string) error { return s.Accounts.Enable(v.r.Context(), c, id) })
}

func (s *Server) inviteAgain(v *visit, c auth.Caller) error {
	return s.changeMember(v, c, s.invited(), func(id string) error {
		_, err := s.Accounts.InviteAgain(v.r.Context(), c, id)
		return err
	})
}

// withdrawInvitation removes an account that nobody ever used.
func (s *Server) withdrawInvitation(v *visit, c auth.Caller) error {
	if _, err := v.read(); err != nil {
		return err
	}
	if err := s.Accounts.Withdraw(v.r.Context(), c, v.r.PathValue("id")); err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showMembers(v, c, p) })
	}
	return v.done("/members", "invitation_withdrawn")
}
