package auth

import (
	"context"

	"github.com/faxgate/faxgate/fault"
)

// below reports whether the account stands under the caller, at any depth.
func (x *Accounts) below(ctx context.Context, c Caller, acc Account) (bool, error) {
	all, err := x.Store.Accounts(ctx, c.Organization.ID)
	if err != nil {
		return false, err
	}
	return isBelow(hierarchy(all), acc.ID, c.Account.ID), nil
}

// hierarchy is who stands above each account.
func hierarchy(all []Account) (above map[string]string) {
	above = make(map[string]string, len(all))
	for _, acc := range all {
		above[acc.ID] = acc.ManagerID
	}
	return above
}

// isBelow walks up from an account. A circle ends the walk.
func isBelow(above map[string]string, id, managerID string) bool {
	for range above {
		id = above[id]
		if id == "" || id == managerID {
			break
		}
	}
	return id != "" && id == managerID
}

// manager checks that an account may stand above another.
func (x *Accounts) manager(ctx context.Context, c Caller, id, managerID string) (string, error) {
	if managerID == "" {
		return "", nil
	}
	all, err := x.Store.Accounts(ctx, c.Organization.ID)
	if err != nil {
		return "", err
	}
	for _, acc := range all {
		if acc.ID == managerID && acc.ID != id && !isBelow(hierarchy(all), managerID, id) {
			return managerID, nil
		}
	}
	return "", fault.New(fault.Invalid, "manager_unknown").At("manager")
}

// FaxesOf finds the account whose faxes the caller asks for. Of the own account, and
// of those below somebody who manages, whole is true: everything may be seen and
// changed. Owners and admins may see of everybody else what was received, and not
// what was sent. Otherwise it fails as Account does.
func (x *Accounts) FaxesOf(ctx context.Context, c Caller, id string) (acc Account, whole bool, err error) {
	if id == c.Account.ID {
		return c.Account, true, nil
	}
	if acc, err = x.Account(ctx, c, id); err != nil || !c.Administers() {
		return acc, err == nil, err
	}
	whole, err = x.below(ctx, c, acc)
	return acc, whole, err
}

// WithFaxes gives the accounts of whose faxes FaxesOf lets the caller see something, the
// own one first. Who was invited and has not come yet has no faxes and is left out.
func (x *Accounts) WithFaxes(ctx context.Context, c Caller) ([]Account, error) {
	own := []Account{c.Account}
	if !c.Administers() && c.Account.Role != Manager {
		return own, nil
	}
	all, err := x.Store.Accounts(ctx, c.Organization.ID)
	if err != nil {
		return nil, err
	}
	above := hierarchy(all)
	for _, acc := range all {
		seen := c.Administers() || isBelow(above, acc.ID, c.Account.ID)
		if seen && acc.ID != c.Account.ID && acc.Status != Invited {
			own = append(own, acc)
		}
	}
	return own, nil
}
