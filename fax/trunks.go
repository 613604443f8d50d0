package fax

import (
	"context"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/seal"
)

// TrunkStore is what the rules of trunks need of the database. An organization that has no
// such trunk gets fault.NotFound "trunk_unknown".
type TrunkStore interface {
	// TrunksIn lists an organization's trunks in the order in which they are tried; an
	// empty organization: those of all.
	TrunksIn(ctx context.Context, organizationID string) ([]Trunk, error)
	// PutTrunk stores a new trunk and its numbers, which the organization gets where it has
	// them not: they are its oldest owner's to begin with. A name that is taken is
	// fault.Conflict "trunk_name_taken", a number of another organization "number_taken".
	PutTrunk(ctx context.Context, t Trunk, newID func() string, a Audit) error
	// ChangeTrunk replaces a trunk. A nil Sealed keeps the password.
	ChangeTrunk(ctx context.Context, t Trunk, newID func() string, a Audit) error
	// DeleteTrunk removes a trunk, and the numbers that no other one carries.
	DeleteTrunk(ctx context.Context, organizationID, id string, a Audit) error
	// HoldTrunks takes for a node each trunk that nobody holds at that time, prolongs those
	// that it holds, and gives the ids of both.
	HoldTrunks(ctx context.Context, node string, now, until time.Time) (ids []string, err error)
}

// Audit is a record of a change; the organization is that of the thing.
type Audit struct {
	ID     string
	At     time.Time
	By     Actor
	Action string // trunk.add, trunk.change, trunk.remove
	Detail string // a few words; never a secret
}

// Trunks are the rules of trunks. Administrators alone see and change them:
// fault.Forbidden "role_required".
type Trunks struct {
	Store TrunkStore
	Key   *seal.Key
	Now   func() time.Time
	NewID func() string
}

// trunkPassword is the purpose under which passwords are sealed.
const trunkPassword = "trunk password"

func mayAdminister(by Actor) error {
	if by.Administers {
		return nil
	}
	return fault.New(fault.Forbidden, "role_required", "role", "admin")
}

// List gives the organization's trunks, in the order in which they are tried.
func (x *Trunks) List(ctx context.Context, by Actor) ([]Trunk, error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	return x.Store.TrunksIn(ctx, by.OrganizationID)
}

// Trunk finds one of the organization's by its id or its name, or fault.NotFound
// "trunk_unknown".
func (x *Trunks) Trunk(ctx context.Context, by Actor, idOrName string) (Trunk, error) {
	all, err := x.List(ctx, by)
	if err != nil {
		return Trunk{}, err
	}
	for _, t := range all {
		if t.ID == idOrName || t.Name == idOrName {
			return t, nil
		}
	}
	return Trunk{}, fault.New(fault.NotFound, "trunk_unknown", "name", cut(idOrName))
}

// Add adds a trunk. It may fail with fault.Invalid and the field at fault, and as
// TrunkStore.PutTrunk does.
func (x *Trunks) Add(ctx context.Context, by Actor, t Trunk) (Trunk, error) {
	if err := mayAdminister(by); err != nil {
		return Trunk{}, err
	}
	if t.User != "" && t.Password == "" {
		return Trunk{}, fault.New(fault.Invalid, "trunk_password_missing").At("password")
	}
	if err := t.check(by.Country); err != nil {
		return Trunk{}, err
	}
	t.ID, t.OrganizationID, t.CreatedAt = x.NewID(), by.OrganizationID, x.Now().Truncate(time.Millisecond)
	t = x.sealed(t)
	return t, x.Store.PutTrunk(ctx, t, x.NewID, x.audit(by, "trunk.add", t))
}

// Change replaces a trunk, which its id names. An empty password with a user keeps what
// there is.
func (x *Trunks) Change(ctx context.Context, by Actor, t Trunk) (Trunk, error) {
	before, err := x.Trunk(ctx, by, t.ID)
	if err != nil {
		return Trunk{}, err
	}
	if err := t.check(by.Country); err != nil {
		return Trunk{}, err
	}
	t.ID, t.OrganizationID, t.CreatedAt, t.Sealed = before.ID, before.OrganizationID, before.CreatedAt, before.Sealed
	if t.User != "" && t.Password == "" && before.User == "" {
		return Trunk{}, fault.New(fault.Invalid, "trunk_password_missing").At("password")
	}
	if t.User == "" || t.Password != "" {
		t = x.sealed(t)
	}
	return t, x.Store.ChangeTrunk(ctx, t, x.NewID, x.audit(by, "trunk.change", t))
}

// Remove removes a trunk and gives what it was. Its numbers go with it, but for those that
// another trunk carries.
func (x *Trunks) Remove(ctx context.Context, by Actor, idOrName string) (Trunk, error) {
	t, err := x.Trunk(ctx, by, idOrName)
	if err != nil {
		return Trunk{}, err
	}
	return t, x.Store.DeleteTrunk(ctx, t.OrganizationID, t.ID, x.audit(by, "trunk.remove", t))
}

// Opened gives a trunk its password, for those who speak to it.
func (x *Trunks) Opened(t Trunk) (Trunk, error) {
	if t.User == "" {
		return t, nil
	}
	password, err := x.Key.Open(trunkPassword, t.Sealed)
	t.Password = string(password)
	return t, err
}

// All gives the trunks of all organizations with their passwords, for the line alone.
func (x *Trunks) All(ctx context.Context) ([]Trunk, error) {
	all, err := x.Store.TrunksIn(ctx, "")
	for i := range all {
		if err == nil {
			all[i], err = x.Opened(all[i])
		}
	}
	return all, err
}

// sealed is a trunk whose password is sealed and not in hand.
func (x *Trunks) sealed(t Trunk) Trunk {
	t.Sealed = []byte{}
	if t.User != "" {
		t.Sealed = x.Key.Seal(trunkPassword, []byte(t.Password))
	}
	t.Password = ""
	return t
}

func (x *Trunks) audit(by Actor, action string, t Trunk) Audit {
	return Audit{ID: x.NewID(), At: x.Now(), By: by, Action: action, Detail: t.Name + ", " + t.Host}
}
