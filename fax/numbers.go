package fax

import (
	"context"
	"slices"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// NumberStore is what the rules of numbers need of the database. A number that the
// organization does not have is fault.NotFound "number_unknown".
type NumberStore interface {
	// NumbersIn lists the organization's numbers, the test number first.
	NumbersIn(ctx context.Context, organizationID string) ([]Number, error)
	// PutTestNumber gives the organization a number of its own on the test line,
	// assigned to its oldest owner, unless it has one. When all are taken it gets none.
	PutTestNumber(ctx context.Context, organizationID, id string, now time.Time) error
	// AssignNumber adds an account to those that have the number. An account of another
	// organization is fault.NotFound "account_unknown".
	AssignNumber(ctx context.Context, organizationID, number, accountID string, now time.Time) error
	// RevokeNumber takes the number from an account.
	RevokeNumber(ctx context.Context, organizationID, number, accountID string) error
}

// Numbers are the rules of fax numbers.
type Numbers struct {
	Store NumberStore
	Now   func() time.Time
	NewID func() string
}

// ensure gives an organization its number on the test line when it first needs one.
func (x *Numbers) ensure(ctx context.Context, by Actor) error {
	all, err := x.Store.NumbersIn(ctx, by.OrganizationID)
	if err != nil || slices.ContainsFunc(all, func(n Number) bool { return n.Test }) {
		return err
	}
	return x.Store.PutTestNumber(ctx, by.OrganizationID, x.NewID(), x.Now())
}

// List gives an administrator all numbers of the organization, others those that are
// assigned to them. The number on the test line comes first.
func (x *Numbers) List(ctx context.Context, by Actor) ([]Number, error) {
	if err := x.ensure(ctx, by); err != nil {
		return nil, err
	}
	all, err := x.Store.NumbersIn(ctx, by.OrganizationID)
	if err != nil || by.Administers {
		return all, err
	}
	return slices.DeleteFunc(all, func(n Number) bool { return !slices.Contains(n.AssignedTo, by.AccountID) }), nil
}

// Number finds one of those that List gives, as people write it, or fault.NotFound
// "number_unknown".
func (x *Numbers) Number(ctx context.Context, by Actor, text string) (Number, error) {
	number, err := ParseNumber(text, by.Country)
	if err != nil {
		return Number{}, fault.Of(err).At("number")
	}
	all, err := x.List(ctx, by)
	if err != nil {
		return Number{}, err
	}
	for _, n := range all {
		if n.Number == number {
			return n, nil
		}
	}
	return Number{}, fault.New(fault.NotFound, "number_unknown", "number", number)
}

// Assign adds an account to those that have the number. It is for administrators:
// fault.Forbidden "role_required".
func (x *Numbers) Assign(ctx context.Context, by Actor, text, accountID string) error {
	n, err := x.administered(ctx, by, text)
	if err != nil {
		return err
	}
	return x.Store.AssignNumber(ctx, by.OrganizationID, n.Number, accountID, x.Now())
}

// Revoke takes the number from an account. It is for administrators; from its owner no
// number can be taken: fault.Invalid "number_of_owner".
func (x *Numbers) Revoke(ctx context.Context, by Actor, text, accountID string) error {
	n, err := x.administered(ctx, by, text)
	if err != nil {
		return err
	}
	if n.OwnerID == accountID {
		return fault.New(fault.Invalid, "number_of_owner", "number", n.Number)
	}
	if !slices.Contains(n.AssignedTo, accountID) {
		return fault.New(fault.NotFound, "number_unknown", "number", n.Number)
	}
	return x.Store.RevokeNumber(ctx, by.OrganizationID, n.Number, accountID)
}

func (x *Numbers) administered(ctx context.Context, by Actor, text string) (Number, error) {
	if !by.Administers {
		return Number{}, fault.New(fault.Forbidden, "role_required", "role", "admin")
	}
	return x.Number(ctx, by, text)
}
