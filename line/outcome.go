package line

import "slices"

// Outcome is the class of a call's end, which decides whether it is tried again and
// what people are told.
type Outcome string

// The outcomes. Behind each stands the status of a fax whose last attempt ended so.
const (
	OK      Outcome = "ok"      // success: every page confirmed
	Partial Outcome = "partial" // partially_sent, partially_received: some pages confirmed

	// Before a fax machine was heard; these are the telephone network's.
	Busy             Outcome = "busy"              // failed_user_busy
	NoAnswer         Outcome = "no_answer"         // failed_no_answer
	InvalidNumber    Outcome = "invalid_number"    // failed_unallocated_number
	Rejected         Outcome = "rejected"          // failed_normal_clearing
	TrunkUnavailable Outcome = "trunk_unavailable" // failed_normal_temporary_failure

	// After the call was answered; these are T.30's.
	NoFax        Outcome = "no_fax"       // failed_fs_2: no fax machine answered, perhaps a voice
	Dropped      Outcome = "dropped"      // failed_fs_49: hung up in the middle
	Incompatible Outcome = "incompatible" // failed_to_send: the machines have no mode in common
	BadLine      Outcome = "bad_line"     // failed_to_send: training or pages failed, replies stayed away

	// Our own trouble.
	BadDocument   Outcome = "bad_document"   // failed_image_preparation: no fax TIFF
	StorageFailed Outcome = "storage_failed" // failed_internal_process_error: a page could not be kept
	TooLong       Outcome = "too_long"       // failed_to_send: the call's time was up
	EngineCrashed Outcome = "engine_crashed" // failed_internal_process_error: faxmodem died or hung
	Interrupted   Outcome = "interrupted"    // failed_internal_process_error: the node went away
)

// Outcomes are all of them.
func Outcomes() []Outcome {
	return []Outcome{OK, Partial, Busy, NoAnswer, InvalidNumber, Rejected, TrunkUnavailable,
		NoFax, Dropped, Incompatible, BadLine,
		BadDocument, StorageFailed, TooLong, EngineCrashed, Interrupted}
}

// Known reports whether o is one of Outcomes.
func (o Outcome) Known() bool { return slices.Contains(Outcomes(), o) }

// Classify finds the class of a call that T.30 ended with code, after so many pages
// were confirmed. complete says that nothing was left: a sender's last page was
// confirmed, or a receiver confirmed a page followed by EOP.
//
// Pages count for more than the code: on a bad line the ends disagree about the last
// message, and a page that was confirmed has arrived.
func Classify(role Role, code T30Code, confirmed int, complete bool) Outcome {
	switch {
	case complete && confirmed > 0:
		return OK
	case confirmed > 0:
		return Partial
	}
	return code.outcome(role)
}
