package dashboard

import (
	"github.com/faxgate/faxgate/auth"
)

// membersPage lists the people of the organization and invites further ones.
type membersPage struct {
	frame
	People   []member
	Mailed   bool // invitations are mailed
	Roles    []option
	Managers []option
}

// member is one person.
type member struct {
	auth.Account
	DisplayName string
	RoleName    string
	Manager     string // e-mail address; empty: none
	StatusName  string
	Tone        string // of the status
	LastSeen    moment
	Created     moment
	Link        string // the open invitation; empty: none, or it was mailed
	Self        bool
	Changeable  bool // by the reader
}

func (s *Server) members(v *visit, c auth.Caller) error { return s.showMembers(v, c, nil) }

func (s *Server) showMembers(v *visit, c auth.Caller, p *problem) error {
	accounts, err := s.Accounts.List(v.r.Context(), c)
	if err != nil {
		return err
	}
	links, err := s.invitations(v, c)
	if err != nil {
		return err
	}
	page := &membersPage{
		frame: v.page(v.t("members.title", nil), "/members"), Mailed: s.Mail.Configured(),
		Roles: v.roles(c, auth.Member), Managers: v.managers(accounts, "", ""),
	}
	for _, acc := range accounts {
		page.People = append(page.People, v.member(c, acc, accounts, links))
	}
	page.with(p)
	return v.show("members", page)
}

// invitations are the open links, where there is no mail to carry them.
func (s *Server) invitations(v *visit, c auth.Caller) (map[string]string, error) {
	if s.Mail.Configured() {
		return nil, nil
	}
	return s.Accounts.Invitations(v.r.Context(), c)
}

func (v *visit) member(c auth.Caller, acc auth.Account, all []auth.Account, links map[string]string) member {
	m := member{
		Account: acc, DisplayName: acc.DisplayName(), RoleName: v.t("role."+string(acc.Role), nil),
		StatusName: v.t("status."+string(acc.Status), nil), LastSeen: v.moment(acc.LastSeenAt), Created: v.moment(acc.CreatedAt),
		Link: links[acc.ID], Self: acc.ID == c.Account.ID, Changeable: c.Owns() || !acc.Role.Administers(),
	}
	switch acc.Status {
	case auth.Active:
		m.Tone = "good"
	case auth.Invited:
		m.Tone = "warn"
	}
	for _, other := range all {
		if other.ID == acc.ManagerID {
			m.Manager = other.Email
		}
	}
	return m
}

// roles are those that the reader may give.
func (v *visit) roles(c auth.Caller, chosen auth.Role) []option {
	var out []option
	for _, r := range auth.Roles() {
		if r.Administers() && !c.Owns() {
			continue
		}
		out = append(out, option{string(r), v.t("role."+string(r), nil), r == chosen})
	}
	return out
}

// managers are those who can stand above somebody.
func (v *visit) managers(all []auth.Account, except, chosen string) []option {
	out := []option{{"", v.t("members.no_manager", nil), chosen == ""}}
	for _, acc := range all {
		if acc.ID != except && acc.Role != auth.Member && acc.Status != auth.Disabled {
			out = append(out, option{acc.ID, acc.Email, acc.ID == chosen})
		}
	}
	return out
}

// invite makes an account that waits for its person. The list shows the link where
// no mail carries it.
func (s *Server) invite(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	_, _, err = s.Accounts.Invite(v.r.Context(), c, form.Get("email"), auth.Role(form.Get("role")), form.Get("manager"))
	if err != nil {
		p, err := v.refused(err)
		if err != nil {
			return err
		}
		return s.showMembers(v, c, p)
	}
	return v.done("/members", s.invited())
}

func (s *Server) invited() string {
	if s.Mail.Configured() {
		return "invitation_mailed"
	}
	return "invitation_made"
}

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
		p, err := v.refused(err)
		if err != nil {
			return err
		}
		return s.showMember(v, c, p)
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
		p, err := v.refused(err)
		if err != nil {
			return err
		}
		return s.showMembers(v, c, p)
	}
	return v.done("/members", "invitation_withdrawn")
}

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
		p, err := v.refused(err)
		if err != nil {
			return err
		}
		return s.showInvitation(v, p)
	}
	v.signedIn(secret)
	return v.done("/", "welcome")
}
