package fax

import (
	"context"
	"net/netip"
	"time"
)

// TrunkState is how a trunk stands on this node.
type TrunkState struct {
	// Reach is unknown, registered, reachable, refused, unreachable, unresolvable or closed.
	Reach string
	// Code is the status that the trunk last answered (RFC 3261 21), Reason its words or
	// those of the network. Zero and empty: none.
	Code    int
	Reason  string
	Address netip.AddrPort // where it was reached; invalid: nowhere
	Public  netip.AddrPort // this server as the trunk sees it; invalid: it did not say
	Since   time.Time      // of Reach; zero: not known
	Expires time.Time      // of the registration; zero: there is none
	Calls   int            // at present, of at most Max
	Max     int
	Ended   map[string]int // calls that are over since the start, by outcome
}

// TrunkClosed is the Reach of a trunk for which this node could not open its sockets.
const TrunkClosed = "closed"

// Up reports whether calls can be made over the trunk.
func (s TrunkState) Up() bool { return s.Reach == "registered" || s.Reach == "reachable" }

// TrunkCheck is a step of the test of a trunk.
type TrunkCheck struct {
	Step   string // dns, transport, registration, nat, call, codec, t38
	State  string // ok, warning, failed, skipped
	Code   int    // the status that was answered; zero: none
	Detail string // in the words of the protocol
}

// TrunkBoard knows how the trunks of all organizations stand, and tests them.
type TrunkBoard interface {
	// States are by the trunks' ids.
	States() map[string]TrunkState
	// Check tests a trunk, which has its password in hand, step by step. call is a number to
	// call, or empty.
	Check(ctx context.Context, t Trunk, call string) ([]TrunkCheck, error)
}
