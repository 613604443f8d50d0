package loop

import "github.com/faxgate/faxgate/line"

// number is what happens at a number. The zero value is a call into this server.
type number struct {
	refuses line.Outcome // empty: the call is answered
	once    bool         // it refuses the first attempt only
	machine bool         // a fax machine of ours answers, which forgets what it receives
	noT38   bool         // … over G.711
	drops   int          // … and hangs up after so many pages; zero: it does not
	voice   bool         // a person answers
}

// numbers are those with a behaviour of their own.
var numbers = map[string]number{
	line.TestOK:          {machine: true},
	line.TestBusy:        {refuses: line.Busy},
	line.TestNoAnswer:    {refuses: line.NoAnswer},
	line.TestOnceThenOK:  {refuses: line.TrunkUnavailable, once: true, machine: true},
	line.TestNeverOK:     {refuses: line.Rejected},
	line.TestNoT38:       {machine: true, noT38: true},
	line.TestDrops:       {machine: true, drops: 1},
	line.TestVoice:       {voice: true},
	line.TestUnallocated: {refuses: line.InvalidNumber},
}

// statuses are those with which a telephone network ends such attempts (RFC 3261 21), so
// that people are told of the test line what they would be told of a trunk.
var statuses = map[line.Outcome]int{
	line.Busy: 486, line.NoAnswer: 480, line.InvalidNumber: 404, line.Rejected: 603, line.TrunkUnavailable: 503,
}

// answers says how the network ends an attempt before anybody answers; OK: not at all.
func (n number) answers(attempt int) line.Outcome {
	if n.refuses == "" || n.once && attempt > 1 {
		return line.OK
	}
	return n.refuses
}
