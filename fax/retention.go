package fax

import (
	"context"

	"github.com/faxgate/faxgate/fault"
)

// RetentionStore is what retention needs of the database.
type RetentionStore interface {
	Retention(ctx context.Context, organizationID string) (days int, err error)
	SetRetention(ctx context.Context, organizationID string, days int) error
}

// Retention is how long an organization keeps its faxes. What is older is purged, pages
// and record.
type Retention struct {
	Store RetentionStore
}

// maxRetention is a hundred years.
const maxRetention = 36500

// Days is the organization's retention. Zero: for ever.
func (x *Retention) Days(ctx context.Context, by Actor) (int, error) {
	return x.Store.Retention(ctx, by.OrganizationID)
}

// SetDays changes it; zero is for ever. It is for administrators: fault.Forbidden
// "role_required". What is out of range is fault.Invalid "value_out_of_range".
func (x *Retention) SetDays(ctx context.Context, by Actor, days int) error {
	if !by.Administers {
		return fault.New(fault.Forbidden, "role_required", "role", "admin")
	}
	if days < 0 || days > maxRetention {
		return outOfRange("retention_days", 0, maxRetention)
	}
	return x.Store.SetRetention(ctx, by.OrganizationID, days)
}
