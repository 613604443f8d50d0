package dashboard

import "strings"

// The built-in test line. Whatever is sent to its numbers ends inside this server.
const (
	testPrefix = "+1500555"
	testOK     = "+15005550001" // takes the fax, and sends one back
)

// testOutcomes are what happens at +1 500 555 0001 and the eight that follow.
var testOutcomes = []string{
	"ok", "busy", "no_answer", "once_then_ok", "rejected", "no_t38", "drops", "voice", "unallocated",
}

// isTestNumber reports whether a number leads to the test line.
func isTestNumber(e164 string) bool {
	return strings.HasPrefix(e164, testPrefix) && len(e164) == len(testOK)
}

// testNumber is a number of the test line, with what happens there.
type testNumber struct{ Number, Text, What string }

func (v *visit) testNumbers() []testNumber {
	var all []testNumber
	for i, outcome := range testOutcomes {
		e164 := testOK[:len(testOK)-1] + string(rune('1'+i))
		all = append(all, testNumber{e164, v.number(e164), v.t("test_number."+outcome, nil)})
	}
	return all
}
