package sip

import "github.com/faxgate/faxgate/line"

// outcomeOf is the class of a call that was refused with a status (RFC 3261 21).
func outcomeOf(code int) line.Outcome {
	switch code {
	case 486, 600:
		return line.Busy
	case 404, 410, 484, 485, 604, 416, 414:
		return line.InvalidNumber
	case 403, 402, 433, 603, 607, 608: // 607, 608: RFC 8197, 8688, refused as unwanted
		return line.Rejected
	case 408, 480, 487:
		return line.NoAnswer
	case 415, 488, 606:
		return line.Incompatible
	}
	switch {
	case code >= 600:
		return line.Rejected
	case code >= 300 && code < 400:
		return line.Rejected // forwarded to somewhere that the trunk is not asked for
	}
	return line.TrunkUnavailable
}

// movesOn reports whether another address of the trunk, or another trunk, may do better:
// this one has trouble of its own, and nobody was called.
func movesOn(code int) bool {
	return code == 401 || code == 407 || code == 430 || code >= 500 && code < 600
}

// answerTo is how a call that is not taken is answered.
func answerTo(o line.Outcome) (code int, reason string) {
	switch o {
	case line.InvalidNumber:
		return 404, "Not Found"
	case line.Busy:
		return 486, "Busy Here"
	case line.Rejected:
		return 603, "Decline"
	case line.Incompatible:
		return 488, "Not Acceptable Here"
	}
	return 503, "Service Unavailable"
}
