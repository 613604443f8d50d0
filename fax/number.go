package fax

import "time"

// Number is a fax number of an organization.
type Number struct {
	ID             string
	OrganizationID string
	Number         string // E.164
	OwnerID        string // the organization's owner, from whom it cannot be taken
	// AssignedTo are the accounts that may send from it and that get what arrives.
	AssignedTo []string
	AcquiredAt time.Time
	// TrunkIDs are the trunks that carry it, in the order in which they are tried. Empty:
	// calls to and from it are made on the test line, or not at all.
	TrunkIDs []string
	Test     bool // of the test line: it leads nowhere outside this server
}
