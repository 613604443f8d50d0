package fax

import (
	"slices"
	"strings"

	"github.com/faxgate/faxgate/page"
	"github.com/faxgate/faxgate/phone"
)

// numbered is the cover page of a submission with the numbers of both sides: a document
// is made once, so that those which are not the same for all destinations are left out.
func (c *CoverPage) numbered(by Actor, from, to []string) *CoverPage {
	if c == nil {
		return nil
	}
	// As it is written at home only for those who are at home too.
	country := by.Country
	if slices.ContainsFunc(to, func(number string) bool { return countryOf(number) != country }) {
		country = ""
	}
	out := *c
	out.SenderPhone, out.SenderFax, out.ReceiverFax = by.Phone, "", ""
	if number, err := ParseNumber(by.Phone, by.Country); err == nil {
		out.SenderPhone = writtenIn(number, country)
	}
	if len(from) == 1 {
		out.SenderFax = writtenIn(from[0], country)
	}
	if len(to) == 1 {
		out.ReceiverFax = writtenIn(to[0], country)
	}
	return &out
}

// parties are those of a cover page in the words of the sheet.
func (c *CoverPage) parties() (to, from page.Party) {
	return page.Party{Name: c.NameTo, Fax: c.ReceiverFax}, page.Party{Name: c.NameFrom, Phone: c.SenderPhone, Fax: c.SenderFax}
}

// countryOf is where a number is; empty: nowhere in particular.
func countryOf(number string) string {
	main, _, _ := strings.Cut(number, "*")
	n, _ := phone.Parse(main, "")
	return n.Country()
}
