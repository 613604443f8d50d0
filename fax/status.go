package fax

import (
	"slices"

	"github.com/faxgate/faxgate/line"
)

// Status is how a fax ended, one of the 23 of the wire.
type Status string

// The statuses.
const (
	Success            Status = "success"
	PartiallySent      Status = "partially_sent"     // the receiver confirmed some pages only
	PartiallyReceived  Status = "partially_received" // the call broke off after some pages
	InsufficientCredit Status = "insufficient_credit"
	Failed             Status = "failed"

	// The telephone network.
	FailedUserBusy               Status = "failed_user_busy"
	FailedNoAnswer               Status = "failed_no_answer"
	FailedUnallocatedNumber      Status = "failed_unallocated_number"
	FailedNormalClearing         Status = "failed_normal_clearing"
	FailedNormalTemporaryFailure Status = "failed_normal_temporary_failure"
	FailedDestinationUnsupported Status = "failed_destination_not_supported"
	FailedInvalidNumberFormat    Status = "failed_invalid_number_format"

	// T.30.
	FailedToSend Status = "failed_to_send"
	FailedNoFax  Status = "failed_fs_2"  // no fax machine answered
	FailedHungUp Status = "failed_fs_49" // the other end hung up

	// The documents.
	FailedOfficeConverter  Status = "failed_office_converter_issue"
	FailedSeparatePages    Status = "failed_separate_file_pages_issue"
	FailedRenderHeader     Status = "failed_render_header_issue"
	FailedMIMEType         Status = "failed_mimetype_not_supported"
	FailedImagePreparation Status = "failed_image_preparation"
	FailedUnknownConverter Status = "failed_unknown_converter_issue"
	FailedConvertToTIFF    Status = "failed_convert_to_tiff_issue"

	// Our own trouble.
	FailedInternal Status = "failed_internal_process_error"
)

// Statuses are all 23. No other value may be told to a client.
func Statuses() []Status {
	return []Status{
		Success, PartiallySent, PartiallyReceived, InsufficientCredit, Failed, FailedInternal,
		FailedUserBusy, FailedNoAnswer, FailedUnallocatedNumber, FailedOfficeConverter, FailedSeparatePages,
		FailedRenderHeader, FailedInvalidNumberFormat, FailedMIMEType, FailedDestinationUnsupported,
		FailedImagePreparation, FailedToSend, FailedNormalTemporaryFailure, FailedUnknownConverter,
		FailedNormalClearing, FailedConvertToTIFF, FailedHungUp, FailedNoFax,
	}
}

// Known reports whether s is one of Statuses.
func (s Status) Known() bool { return slices.Contains(Statuses(), s) }

// statusOf is the status of a fax whose last attempt ended so.
func statusOf(o line.Outcome, d Direction) Status {
	switch o {
	case line.OK:
		return Success
	case line.Partial:
		if d == Incoming {
			return PartiallyReceived
		}
		return PartiallySent
	case line.Busy:
		return FailedUserBusy
	case line.NoAnswer:
		return FailedNoAnswer
	case line.InvalidNumber:
		return FailedUnallocatedNumber
	case line.Rejected:
		return FailedNormalClearing
	case line.TrunkUnavailable:
		return FailedNormalTemporaryFailure
	case line.NoFax:
		return FailedNoFax
	case line.Dropped:
		return FailedHungUp
	case line.Incompatible, line.BadLine, line.TooLong:
		return FailedToSend
	case line.BadDocument:
		return FailedImagePreparation
	case line.StorageFailed, line.EngineCrashed, line.Interrupted:
		return FailedInternal
	}
	return Failed
}

// OutboxStatus is where a job stands.
type OutboxStatus string

// The statuses of the outbox, in their order. A job that is tried again goes back from
// Sending to Scheduled.
const (
	Submitted  OutboxStatus = "submitted"
	Converting OutboxStatus = "converting"
	Scheduled  OutboxStatus = "scheduled_for_sending"
	Sending    OutboxStatus = "sending"
)
