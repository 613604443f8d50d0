package dashboard

import (
	"cmp"
	"strings"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/phone"
)

// mailbox is the signed-in person in the words of package fax: these pages are about
// one's own faxes.
func mailbox(c auth.Caller) fax.Actor {
	acc := c.Account
	return fax.Actor{
		OrganizationID: acc.OrganizationID, AccountID: acc.ID, Name: c.Actor().Name, Address: c.Address,
		Country: c.Organization.Country, Quota: acc.MemberDetail.Quota, Administers: acc.Role.Administers(),
		Header: acc.Preferences.Settings.CallerIDName, Language: acc.MailLanguage(c.Organization),
		TimeZone: cmp.Or(acc.TimeZone, c.Organization.TimeZone),
	}
}

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
