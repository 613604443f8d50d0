package fax

import "github.com/faxgate/faxgate/fault"

// Whole refuses an Actor who may see of the account what it received, and nothing else:
// fault.Forbidden "role_required". Every rule of this package that is about more asks it.
func (a Actor) Whole() error {
	if a.ReceivedOnly {
		return fault.New(fault.Forbidden, "role_required", "role", "manager")
	}
	return nil
}

// maySee refuses a fax that the Actor may not see.
func (a Actor) maySee(f Fax) error {
	if f.Direction == Incoming {
		return nil
	}
	return a.Whole()
}

// within keeps a filter to what the Actor may see.
func (f Filter) within(by Actor) (Filter, error) {
	switch {
	case !by.ReceivedOnly:
	case f.Category == Sent:
		return f, by.Whole()
	case f.Category == "":
		f.Category = Inbox
	}
	return f, nil
}
