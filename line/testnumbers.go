package line

import "strings"

// The test numbers. Whatever is sent to one of the test range ends inside this server
// (IsTestNumber); no line but the test line may be asked for them.
const (
	TestOK          = "+15005550001" // OK, and the fax is sent back to the sender's number
	TestBusy        = "+15005550002" // Busy
	TestNoAnswer    = "+15005550003" // NoAnswer
	TestOnceThenOK  = "+15005550004" // TrunkUnavailable at the first attempt, then OK
	TestNeverOK     = "+15005550005" // Rejected
	TestNoT38       = "+15005550006" // OK, over G.711: the other end refuses T.38
	TestDrops       = "+15005550007" // hangs up after page 1: Partial, or OK if there is one page
	TestVoice       = "+15005550008" // NoFax: somebody says hello
	TestUnallocated = "+15005550009" // InvalidNumber
)

// testRange is what all test numbers begin with; four digits follow.
const testRange = "+1500555"

// IsTestNumber reports whether an E.164 number belongs to the test range, +1 500 555
// 0000 to 9999. Those from 1000 on are for organizations: a fax to one of them is a
// call into this server.
func IsTestNumber(number string) bool {
	return IsE164(number) && strings.HasPrefix(number, testRange) && len(number) == len(TestOK)
}
