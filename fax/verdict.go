package fax

import (
	"maps"
	"slices"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/locale"
)

// Verdict says how one attempt ended, for people: what happened, on whose side the cause
// is, and whether another try is worth it. It is more exact than the Status, of which the
// wire has 23.
type Verdict struct {
	Code   string // one of VerdictCodes
	Side   Side
	Again  Again
	Params map[string]any // of the sentences
}

// Side is where the cause of a verdict is.
type Side string

// The sides.
const (
	Ours    Side = "ours"    // this server, its settings, or what was asked of it
	Theirs  Side = "theirs"  // the other fax machine, or whoever has it
	Network Side = "network" // what is in between: the trunk and the telephone network
	Nobody  Side = "nobody"  // nothing is wrong
)

// Again says whether another try is worth it.
type Again string

// The answers. Why, is Verdict.Why.
const (
	AgainNow   Again = "yes"
	AgainLater Again = "later" // when something has changed by itself
	AgainNot   Again = "no"    // before somebody changes something
	AgainNone  Again = "none"  // there is nothing left to be sent
)

// Sentence is what happened, in one sentence.
func (v Verdict) Sentence(l locale.Language) string {
	return locale.Text(l, "verdict."+v.Code, v.Params)
}

// Why says why another try is worth it or not, and what to do first.
func (v Verdict) Why(l locale.Language) string {
	return locale.Text(l, "verdict_why."+v.Code, v.Params)
}

// judgement is what goes with the code of a verdict.
type judgement struct {
	side  Side
	again Again
}

var judgements = map[string]judgement{
	// Every page was confirmed.
	"ok":           {Nobody, AgainNone},
	"ok_slower":    {Nobody, AgainNone},  // than 14400 bit/s
	"ok_retrained": {Network, AgainNone}, // the line was worse than it should be
	"ok_bad_rows":  {Network, AgainNone},

	// Some were.
	"partial":          {Network, AgainNow},
	"partial_dropped":  {Theirs, AgainNow},
	"partial_lost":     {Network, AgainLater},
	"partial_ended":    {Ours, AgainNow}, // the call was ended here
	"partial_received": {Theirs, AgainNow},

	// Before anybody answered.
	"busy":              {Theirs, AgainLater},
	"no_answer":         {Theirs, AgainLater},
	"unallocated":       {Ours, AgainNot},
	"number_incomplete": {Ours, AgainNot},
	"rejected":          {Theirs, AgainNot},
	"trunk_forbids":     {Network, AgainNot},
	"trunk_password":    {Ours, AgainNot},
	"trunk_unreachable": {Network, AgainLater},
	"trunk_full":        {Network, AgainLater},
	"trunk_refuses":     {Network, AgainLater},
	"no_trunk":          {Ours, AgainNot},
	"no_codec":          {Ours, AgainNot},

	// After that.
	"no_fax":         {Theirs, AgainLater},
	"nothing_heard":  {Network, AgainNot}, // not one packet came
	"t38_silent":     {Network, AgainNow},
	"t38_refused":    {Network, AgainLater},
	"lost":           {Network, AgainLater},
	"training":       {Network, AgainLater},
	"ecm":            {Network, AgainNow},
	"no_reply":       {Network, AgainNow},
	"bad_line":       {Network, AgainLater},
	"dropped":        {Theirs, AgainNow},
	"machine_ended":  {Theirs, AgainLater}, // as T.30 has it: it did not want the fax
	"incompatible":   {Theirs, AgainNot},
	"width":          {Theirs, AgainNot},
	"bad_document":   {Ours, AgainNot},
	"too_long":       {Ours, AgainNot},
	"storage_failed": {Ours, AgainLater},
	"engine_crashed": {Ours, AgainNow},
	"interrupted":    {Ours, AgainNow},
	"failed":         {Nobody, AgainLater}, // an outcome of which this version knows nothing
}

// VerdictCodes are all codes that a verdict can have, sorted.
func VerdictCodes() []string { return slices.Sorted(maps.Keys(judgements)) }

// VerdictOf judges an attempt of a fax.
func VerdictOf(a Attempt, d Direction) Verdict {
	code := verdictCode(a, d)
	j := judgements[code]
	return Verdict{Code: code, Side: j.side, Again: j.again, Params: map[string]any{
		"pages": a.Pages, "total": max(a.Total, a.Pages), "rate": a.Rate, "retrains": a.Retrains, "bad_rows": a.BadRows,
		"lost": missed(a), "packets": missed(a) + a.Traffic.Received, "sip": a.SIP,
	}}
}

func verdictCode(a Attempt, d Direction) string {
	switch outcome := line.Outcome(a.Outcome); outcome {
	case line.OK:
		return arrived(a)
	case line.Partial:
		return brokenOff(a, d)
	case line.Busy:
		return "busy"
	case line.NoAnswer:
		return "no_answer"
	case line.InvalidNumber, line.Rejected, line.TrunkUnavailable:
		return refused(a, outcome)
	case line.NoFax:
		return nobodyFaxed(a)
	case line.Dropped:
		return dropped(a)
	case line.Incompatible:
		return incompatible(a)
	case line.BadLine:
		return badLine(a)
	case line.EngineCrashed, line.Interrupted, line.TooLong:
		if a.Pages > 0 && d == Outgoing {
			return "partial_ended"
		}
		return a.Outcome
	case line.BadDocument, line.StorageFailed:
		return a.Outcome
	}
	return "failed"
}

// fastest is the rate of V.17, above which no fax goes.
const fastest = 14400

// arrived tells good calls from those that show a line to look after.
func arrived(a Attempt) string {
	switch {
	case a.BadRows > 0:
		return "ok_bad_rows"
	case a.Retrains > 0:
		return "ok_retrained"
	case a.Rate > 0 && a.Rate < fastest:
		return "ok_slower"
	}
	return "ok"
}

func brokenOff(a Attempt, d Direction) string {
	switch {
	case lossy(a):
		return "partial_lost"
	case d == Incoming:
		return "partial_received"
	case hungUp(a):
		return "partial_dropped"
	}
	return "partial"
}

// refused is a call that nobody answered, by the status that ended it (RFC 3261 21). The
// test line has trunks and numbers that behave as such.
func refused(a Attempt, o line.Outcome) string {
	switch sip := a.SIP; {
	case sip == 484:
		return "number_incomplete"
	case o == line.InvalidNumber:
		return "unallocated"
	case sip == 401 || sip == 407: // the answer to the challenge was none
		return "trunk_password"
	case sip == 402 || sip == 403:
		return "trunk_forbids"
	case sip == 415 || sip == 488 || sip == 606:
		return "no_codec"
	case o == line.Rejected:
		return "rejected"
	case sip == 503:
		return "trunk_full"
	case sip == 0 && a.Trunk == "":
		return "no_trunk"
	case sip == 0 || sip == 408: // nothing came, or so says the transaction (8.1.3.1)
		return "trunk_unreachable"
	}
	return "trunk_refuses"
}

// nobodyFaxed is a call in which T.30 did not begin.
func nobodyFaxed(a Attempt) string {
	switch {
	case a.Traffic.Sent > 0 && a.Traffic.Received == 0:
		return "nothing_heard"
	case a.T38 == string(line.SwitchDone):
		return "t38_silent" // somebody there asked for T.38, or agreed: it is a machine
	}
	return "no_fax"
}

func dropped(a Attempt) string {
	switch {
	case lossy(a):
		return "lost"
	case line.T30Code(a.T30) == line.T30CallDropped || a.T30 == int(line.T30OK):
		return "dropped"
	}
	return "machine_ended"
}

func incompatible(a Attempt) string {
	switch {
	case a.Transport == "" && a.SIP > 0:
		return "no_codec"
	case line.T30Code(a.T30) == line.T30NoSize:
		return "width"
	}
	return "incompatible"
}

// badLine tells apart what went wrong with the modems, by the codes of the T.30 engine.
func badLine(a Attempt) string {
	audio := a.Transport == string(line.ULaw) || a.Transport == string(line.ALaw)
	switch {
	case lossy(a):
		return "lost"
	case audio && a.T38 == string(line.SwitchRefused):
		return "t38_refused"
	}
	switch a.T30Name {
	case "CANNOT_TRAIN":
		return "training"
	case "TX_ECMPHD", "RX_ECMPHD", "RX_T2EXPRR", "RX_DCNRRD":
		return "ecm"
	case "T3_EXPIRED", "TX_PHBDEAD", "TX_PHDDEAD", "TX_T5EXP", "RETRYDCN":
		return "no_reply"
	}
	return "bad_line"
}

// hungUp reports whether the other end ended a call out of turn: by hanging up, or by a
// DCN of T.30.
func hungUp(a Attempt) bool {
	switch a.T30Name {
	case "CALLDROPPED", "TX_GOTDCN", "RX_DCNWHY", "RX_DCNDATA", "RX_DCNFAX", "RX_DCNPHD", "RX_DCNRRD", "RX_DCNNORTN":
		return true
	}
	return false
}

// missed are the packets that were not there when they were needed.
func missed(a Attempt) int { return a.Traffic.Lost + a.Traffic.Late }

// lossy reports whether so many packets were missed that nothing else need be to blame:
// one of a thousand, which already spoils a page over G.711, and which T.38 misses only
// after its redundancy.
func lossy(a Attempt) bool {
	lost := missed(a)
	return lost > 0 && lost*1000 >= lost+a.Traffic.Received
}
