package dashboard

import (
	"cmp"
	"strings"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/phone"
)

// mailbox is the account whose faxes a page is about, as the person may see it.
type mailbox struct {
	fax.Actor
	account auth.Account
	own     bool
}

// inMailbox answers a page about an account's faxes.
type inMailbox func(v *visit, m mailbox) error

// of makes the two routes of such a page: about one's own faxes, and about those of
// another account.
func (s *Server) of(method, path string, h inMailbox) []route {
	serve := func(v *visit, c auth.Caller) error {
		m, err := s.mailboxOf(v, c, v.r.PathValue("member"))
		if err != nil {
			return err
		}
		return h(v, m)
	}
	return []route{person(method+" "+faxesPath+path, serve), person(method+" /members/{member}"+faxesPath+path, serve)}
}

// whole lets through who may change the mailbox.
func whole(h inMailbox) inMailbox {
	return func(v *visit, m mailbox) error {
		if err := m.Whole(); err != nil {
			return err
		}
		return h(v, m)
	}
}

// mailboxOf finds the mailbox of an account; of none, one's own.
func (s *Server) mailboxOf(v *visit, c auth.Caller, id string) (mailbox, error) {
	if id == "" || id == c.Account.ID {
		return mailbox{actor(c.Account, c), c.Account, true}, nil
	}
	acc, whole, err := s.Accounts.FaxesOf(v.r.Context(), c, id)
	if err != nil {
		return mailbox{}, err
	}
	m := mailbox{actor(acc, c), acc, false}
	m.ReceivedOnly = !whole
	return m, nil
}

// path is where the mailbox's pages are.
func (m mailbox) path() string {
	if m.own {
		return faxesPath
	}
	return "/members/" + m.AccountID + faxesPath
}

// fax is the path of one of its faxes.
func (m mailbox) fax(id string) string { return m.path() + "/" + id }

// owner is whose faxes they are; empty: one's own.
func (m mailbox) owner() string {
	if m.own {
		return ""
	}
	return m.account.DisplayName()
}

// actor is an account in the words of package fax.
func actor(acc auth.Account, c auth.Caller) fax.Actor {
	return fax.Actor{
		OrganizationID: acc.OrganizationID, AccountID: acc.ID, Name: c.Actor().Name, Address: c.Address,
		Country: c.Organization.Country, Quota: acc.MemberDetail.Quota, Administers: acc.Role.Administers(),
		Header: acc.Preferences.Settings.CallerIDName, Phone: acc.Phone, Language: acc.MailLanguage(c.Organization),
		TimeZone: cmp.Or(acc.TimeZone, c.Organization.TimeZone),
	}
}

// own is the signed-in person in the words of package fax.
func own(c auth.Caller) fax.Actor { return actor(c.Account, c) }

// number is a fax number as people read it: in the manner of their own country, and of
// another one with its code and spaces (ITU-T E.123 2.3). What is none is named in words.
func (v *visit) number(e164 string) string {
	switch e164 {
	case "":
		return v.t("fax.number_withheld", nil)
	case fax.NoNumber:
		return v.t("fax.number_none", nil)
	}
	main, extension, _ := strings.Cut(e164, "*")
	if n, ok := phone.Parse(main, ""); ok {
		main = grouped(n, v.country())
	}
	if extension != "" {
		main += " * " + extension
	}
	return main
}

func grouped(n phone.Number, country string) string {
	if country != "" && !isTestNumber(n.String()) && n.Country() == country {
		return n.AtHome()
	}
	return strings.ReplaceAll(n.Abroad(), "-", " ")
}

// country is the one in which the person's national numbers are meant.
func (v *visit) country() string {
	if v.caller == nil {
		return ""
	}
	return v.caller.Organization.Country
}

// pages says how many pages there are.
func (v *visit) pages(n int) string { return v.t("fax.pages", map[string]any{"count": n}) }

// bytes is a size in the unit in which people think of files.
func (v *visit) bytes(n int64) string {
	switch {
	case n >= 1<<20:
		return locale.Number((n+1<<19)>>20) + " MB"
	case n >= 1<<10:
		return locale.Number((n+1<<9)>>10) + " KB"
	}
	return v.t("fax.bytes", map[string]any{"count": n})
}
