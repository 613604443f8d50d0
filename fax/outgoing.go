package fax

import (
	"bufio"
	"io"

	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/page"
)

// outgoing is what becomes of the pages of a document on their way to one number. The
// zero value leaves them as they are kept.
type outgoing struct {
	stamp  Stamp
	header *page.Header // nil: no line
	narrow bool         // the machine there has no wide paper
}

// outgoing is how the next call sends the pages.
func (d Delivery) outgoing(stamp Stamp) outgoing {
	return outgoing{stamp, d.Document.header(d.From, d.To, d.Started), wantsNarrow(d.Attempts)}
}

// outgoing is how the last call sent the pages.
func (f Fax) outgoing(stamp Stamp) outgoing {
	if len(f.Attempts) == 0 { // nobody was called
		return outgoing{stamp, f.Document.header(f.From, f.To, f.Document.HeaderAt), false}
	}
	before, last := f.Attempts[:len(f.Attempts)-1], f.LastAttempt()
	return outgoing{stamp, f.Document.header(f.From, f.To, last.StartedAt), wantsNarrow(before)}
}

// wantsNarrow reports whether a machine has refused the width of the pages.
func wantsNarrow(attempts []Attempt) bool {
	for _, a := range attempts {
		if a.T30 == int(line.T30NoSize) {
			return true
		}
	}
	return false
}

// kept reports whether the pages go as they are kept.
func (o outgoing) kept() bool { return o.header == nil && !o.narrow }

// pages are those of a document as they go.
func (o outgoing) pages(b *blob.Blob) (page.Source, error) {
	var from page.Source
	from, err := page.OpenTIFF(b, b.Size())
	if err != nil {
		return nil, err
	}
	if o.narrow {
		from = page.Narrowed(from)
	}
	if o.header != nil {
		from = o.stamp(from, *o.header)
	}
	return from, nil
}

// write writes the pages as they go as a fax TIFF.
func (o outgoing) write(w io.Writer, b *blob.Blob) error {
	if o.kept() {
		_, err := io.Copy(w, io.NewSectionReader(b, 0, b.Size()))
		return err
	}
	from, err := o.pages(b)
	if err != nil {
		return err
	}
	to := bufio.NewWriterSize(w, 64<<10)
	if err := page.WriteTIFF(to, from); err != nil {
		return err
	}
	return to.Flush()
}
