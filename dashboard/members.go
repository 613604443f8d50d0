package dashboard

import (
	"time"

	"github.com/faxgate/faxgate/auth"
)

// membersPage lists the people of the organization and invites further ones.
type membersPage struct {
	frame
	People   []member
	Mailed   bool          // invitations are mailed
	Age      time.Duration // how long their links work
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
		frame: v.page(v.t("members.title", nil), "/members"), Mailed: s.Mail.Configured(), Age: auth.InvitationAge,
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
		return v.showAgain(err, func(p *problem) error { return s.showMembers(v, c, p) })
	}
	return v.done("/members", s.invited())
}

func (s *Server) invited() string {
	if s.Mail.Configured() {
		return "invitation_mailed"
	}
	return "invitation_made"
}
