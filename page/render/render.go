// Package render turns one document into fax pages. What documents are made of comes
// from strangers, and is read by programs that were not written for that; so this runs
// in a process of its own, which has no environment, no files but its pipes, and limits
// of memory, time and file sizes, and which ends after one document (package convert
// starts it).
//
//	server                      child
//	request, document  ──────▶  standard input
//	fax TIFF           ◀──────  standard output, page by page as they are drawn
//	refusal            ◀──────  standard error, with exit status ExitRefused
package render

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/faxgate/faxgate/child"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/page"
)

// Command is the argument after which the program is the child process.
const Command = "render"

// What the child's exit status says.
const (
	ExitDone    = 0
	ExitFailed  = 1 // the reason stands on standard error, for the log
	ExitRefused = 3 // a refusal stands on standard error
)

// What a document may use. Go and WebAssembly reserve several gigabytes of addresses. A
// page takes 40 ms of processor time, so that the longest document that is accepted takes
// a fraction of the limit. LibreOffice opens some dozens of files.
var limits = child.Limits{Addresses: 16 << 30, Memory: 1 << 30, ProcessorTime: 600, FileSize: 512 << 20, Files: 256}

// Main is the whole child process: it reads a request and a document from standard input
// and returns the exit status. With an argument, a folder, it compiles the PDF engine
// into that folder instead, and sees no document.
func Main(args []string) int {
	os.Clearenv()
	err := child.Confine(limits)
	switch {
	case err != nil:
	case len(args) == 1:
		err = compile(args[0])
	default:
		err = serve(os.Stdin, os.Stdout)
	}
	return exit(err, os.Stderr)
}

// exit tells what went wrong.
func exit(err error, log io.Writer) int {
	if err == nil {
		return ExitDone
	}
	if r := new(page.Refusal); errors.As(err, &r) && writeRefusal(log, r) == nil {
		return ExitRefused
	}
	fmt.Fprintln(log, err)
	return ExitFailed
}

// memoryGoal is the size at which Go works hardest at collecting garbage, in bytes: far
// enough below the limit that the process ends with.
const memoryGoal = 700 << 20

// serve does what is asked for on in.
func serve(in io.Reader, out io.Writer) error {
	debug.SetMemoryLimit(memoryGoal)
	r, document, err := receive(in)
	if err != nil {
		return err
	}
	pages, err := open(r, document)
	if err != nil {
		return err
	}
	if pages.Pages() > r.MaxPages {
		return r.tooLong()
	}
	err = page.WriteTIFF(out, pages)
	for _, damage := range []error{page.ErrDamaged, page.ErrNotFax, page.ErrTooLarge} {
		if errors.Is(err, damage) {
			return r.damaged(err)
		}
	}
	return err
}

// open reads a document, whatever it is.
func open(r request, document []byte) (page.Source, error) {
	switch kindOf(document) {
	case isPDF:
		return openPDF(r, document)
	case isJPEG:
		return openJPEG(r, document)
	case isPNG:
		return openPNG(r, document)
	case isTIFF:
		return openTIFF(r, document)
	case isText:
		return openText(r, document)
	case isOffice:
		return openOffice(r, document)
	case isSealed:
		return nil, r.encrypted()
	case isNothing:
		return nil, page.Refuse(page.FailedTIFF, fault.New(fault.Invalid, "document_empty", "name", r.Name))
	}
	return nil, page.Refuse(page.FailedType, fault.New(fault.Invalid, "document_type_unknown", "name", r.Name))
}
