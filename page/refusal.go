package page

import (
	"fmt"

	"github.com/faxgate/faxgate/fault"
)

// Refusal is why a document cannot become pages, whoever tries: it is encrypted, say, or
// too long.
type Refusal struct {
	Status Status
	Fault  *fault.Error // its sentence is for people
}

// Refuse makes a Refusal.
func Refuse(s Status, f *fault.Error) *Refusal { return &Refusal{Status: s, Fault: f} }

// Error is the text for logs.
func (r *Refusal) Error() string { return fmt.Sprintf("%s: %v", r.Status, r.Fault) }

// Unwrap gives the fault.
func (r *Refusal) Unwrap() error { return r.Fault }

// Status is how a fax ends whose document is refused, by its name in the API.
type Status string

// The statuses of refusals.
const (
	// FailedOffice: a document of an office program, and no LibreOffice that reads it.
	FailedOffice Status = "failed_office_converter_issue"
	// FailedPages: a document that cannot be taken apart into pages, or has too many.
	FailedPages Status = "failed_separate_file_pages_issue"
	// FailedHeader: a header line that cannot be drawn.
	FailedHeader Status = "failed_render_header_issue"
	// FailedType: nothing that is read here.
	FailedType Status = "failed_mimetype_not_supported"
	// FailedImage: a picture that cannot be read.
	FailedImage Status = "failed_image_preparation"
	// FailedTIFF: pages that cannot be drawn.
	FailedTIFF Status = "failed_convert_to_tiff_issue"
	// FailedConverter: the converter crashed, or took too much time or memory.
	FailedConverter Status = "failed_unknown_converter_issue"
)
