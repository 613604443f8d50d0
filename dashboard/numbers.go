package dashboard

import (
	"slices"
	"strings"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
)

const numbersPath = "/numbers"

// numbersPage lists the organization's numbers and the trunks that carry them. Who does
// not administer sees their own numbers, and no trunks.
type numbersPage struct {
	frame
	Administers bool
	Numbers     []numberRow
	Trunks      []trunkRow
}

// numberRow is one fax number.
type numberRow struct {
	E164, Text string
	ID         string // of its form
	Test       bool
	Trunks     []link
	Holders    []holder
	Others     []option // accounts that do not have it
}

// Changeable reports whether there is anybody to give it to, or to take it from.
func (r numberRow) Changeable() bool {
	return len(r.Others) > 0 || slices.ContainsFunc(r.Holders, func(h holder) bool { return !h.Fixed })
}

// holder is an account that has a number.
type holder struct {
	ID, Name string
	Fixed    bool // the owner, from whom it cannot be taken
}

func (s *Server) numbers(v *visit, c auth.Caller) error { return s.showNumbers(v, c, nil) }

func (s *Server) showNumbers(v *visit, c auth.Caller, p *problem) error {
	all, err := s.numbersInOrder(v, c)
	if err != nil {
		return err
	}
	page := &numbersPage{frame: v.page(v.t("numbers.title_own", nil), numbersPath), Administers: c.Administers()}
	if page.Administers {
		page.Title = v.t("numbers.title", nil)
		if err := s.showWhoHas(v, c, page, all); err != nil {
			return err
		}
	} else {
		for _, n := range all {
			page.Numbers = append(page.Numbers, numberRow{E164: n.Number, Text: v.number(n.Number), Test: n.Test})
		}
	}
	if p != nil {
		p.Field = "" // there is a form for each number
	}
	page.with(p)
	return v.show("numbers", page)
}

// numbersInOrder are those that the person may see, the test number first.
func (s *Server) numbersInOrder(v *visit, c auth.Caller) ([]fax.Number, error) {
	all, err := s.Numbers.List(v.r.Context(), own(c))
	slices.SortStableFunc(all, func(a, b fax.Number) int {
		if a.Test != b.Test && a.Test {
			return -1
		}
		if a.Test != b.Test {
			return 1
		}
		return strings.Compare(a.Number, b.Number)
	})
	return all, err
}

// showWhoHas fills in what administrators see: trunks, and who has the numbers.
func (s *Server) showWhoHas(v *visit, c auth.Caller, page *numbersPage, all []fax.Number) error {
	accounts, err := s.Accounts.List(v.r.Context(), c)
	if err != nil {
		return err
	}
	trunks, err := s.Trunks.List(v.r.Context(), own(c))
	if err != nil {
		return err
	}
	states := s.trunkStates()
	for _, t := range trunks {
		page.Trunks = append(page.Trunks, v.trunkRow(t, states))
	}
	for _, n := range all {
		page.Numbers = append(page.Numbers, v.numberRow(n, accounts, trunks))
	}
	return nil
}

func (v *visit) numberRow(n fax.Number, accounts []auth.Account, trunks []fax.Trunk) numberRow {
	row := numberRow{E164: n.Number, Text: v.number(n.Number), ID: "account-" + n.ID, Test: n.Test}
	for _, id := range n.TrunkIDs {
		for _, t := range trunks {
			if t.ID == id {
				row.Trunks = append(row.Trunks, link{Path: trunkPath(t.ID), Text: t.Name})
			}
		}
	}
	for _, acc := range accounts {
		switch {
		case slices.Contains(n.AssignedTo, acc.ID):
			row.Holders = append(row.Holders, holder{acc.ID, acc.DisplayName(), acc.ID == n.OwnerID})
		case acc.Status != auth.Disabled:
			row.Others = append(row.Others, option{Value: acc.ID, Text: acc.DisplayName()})
		}
	}
	return row
}

// assignNumber gives a number to one more account.
func (s *Server) assignNumber(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	if err := s.Numbers.Assign(v.r.Context(), own(c), form.Get("number"), form.Get("account")); err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showNumbers(v, c, p) })
	}
	return v.done(numbersPath, "number_assigned")
}

// revokeNumber takes a number from an account.
func (s *Server) revokeNumber(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	if err := s.Numbers.Revoke(v.r.Context(), own(c), form.Get("number"), form.Get("account")); err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showNumbers(v, c, p) })
	}
	return v.done(numbersPath, "number_revoked")
}
