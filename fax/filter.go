package fax

import "time"

// Category is a part of an account's faxes. A fax is in one of them.
type Category string

// The categories. The empty one is all but spam.
const (
	Inbox Category = "inbox"
	Sent  Category = "sent"
	Spam  Category = "spam"
)

// SortBy is what a list is sorted by.
type SortBy string

// What a list may be sorted by; the empty one is ByDate.
const (
	ByDate    SortBy = "date" // Fax.Started
	ByFrom    SortBy = "from"
	ByTo      SortBy = "to"
	ByComment SortBy = "comment"
	ByPages   SortBy = "pages"
)

// The number of faxes that a list has.
const (
	DefaultLimit = 50
	MaxLimit     = 500
)

// Filter says which faxes a list has. The zero value is the newest DefaultLimit that
// are not spam.
type Filter struct {
	Category  Category
	After     time.Time // Started then or later; zero: any
	Before    time.Time // Started earlier; zero: any
	Status    Status    // empty: any
	Failed    bool      // only those of which not every page arrived
	IsRead    *bool     // nil: either
	MinPages  int
	MaxPages  int    // zero: any
	From, To  string // as people write numbers; empty: any
	SortBy    SortBy
	Ascending bool // false: the newest, the largest, the last first
	Limit     int  // zero: DefaultLimit; at most MaxLimit
	Offset    int
	// InProgress true means those on their way. They are Jobs, so that the list is empty;
	// false and nil: those that are over.
	InProgress *bool
}

// Result is what became of one item of a bulk call.
type Result struct {
	ID  string
	Err error // nil: done. Otherwise a fault
}

// MaxBulk is how many ids a bulk call may have. Repeated ids count once.
const MaxBulk = 100
