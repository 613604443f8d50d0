package convert

import (
	"errors"
	"fmt"
	"os"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/page"
	"github.com/faxgate/faxgate/page/sheet"
)

// errTooLarge is a child that writes more than any document has.
var errTooLarge = errors.New("too many bytes")

// mostDrawn is how many bytes the pages of a document may have: five hundred photos.
const mostDrawn = 512 << 20

// drawn is the pages of a document: a fax TIFF in a file that has no name, so that
// nothing is left of it when this program ends, however that comes.
type drawn struct {
	*page.TIFF // after open
	file       *os.File
	size       int64
}

func newDrawn(folder string) (*drawn, error) {
	f, err := os.CreateTemp(folder, "faxgate-pages-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &drawn{file: f}, nil
}

// Write takes what the child writes.
func (d *drawn) Write(b []byte) (int, error) {
	if d.size += int64(len(b)); d.size > mostDrawn {
		return 0, errTooLarge
	}
	return d.file.Write(b)
}

// open reads the directories of what was written.
func (d *drawn) open() (err error) {
	if d.TIFF, err = page.OpenTIFF(d.file, d.size); err != nil {
		return fmt.Errorf("pages drawn: %w", err)
	}
	return nil
}

// Close gives the pages up.
func (d *drawn) Close() error { return d.file.Close() }

// joined is pages of several sources, one after the other.
type joined struct {
	parts []page.Source
	pages int
	files []*drawn
}

// add appends a document.
func (j *joined) add(d *drawn) {
	j.parts, j.files = append(j.parts, d), append(j.files, d)
	j.pages += d.Pages()
}

// prepend puts the cover page before what there is, when one is wanted.
func (j *joined) prepend(o page.Options) error {
	if o.Cover == nil {
		return nil
	}
	covers, err := sheet.Cover(o.Paper, o.Resolution, *o.Cover, j.pages)
	if err != nil {
		return page.Refuse(page.FailedTIFF, fault.New(fault.Invalid, "cover_page_failed").Because(err))
	}
	var coded page.Document
	for _, p := range covers {
		coded = append(coded, p.Code())
	}
	j.parts = append([]page.Source{coded}, j.parts...)
	j.pages += len(coded)
	return nil
}

// Pages is the number of pages.
func (j *joined) Pages() int { return j.pages }

// Coded is page i.
func (j *joined) Coded(i int) (page.Coded, error) {
	for _, part := range j.parts {
		if i < part.Pages() {
			return part.Coded(i)
		}
		i -= part.Pages()
	}
	return page.Coded{}, fmt.Errorf("page beyond the last: %w", page.ErrNotFax)
}

// close gives up all documents.
func (j *joined) close() error {
	var all error
	for _, f := range j.files {
		all = errors.Join(all, f.Close())
	}
	return all
}

// verified reads each page whole before it is handed on: who drew it had a stranger's
// document in its process.
type verified struct{ page.Source }

// Coded is page i, unchanged.
func (v verified) Coded(i int) (page.Coded, error) {
	coded, err := v.Source.Coded(i)
	if err != nil {
		return page.Coded{}, err
	}
	if _, err := coded.Page(); err != nil {
		return page.Coded{}, fmt.Errorf("page %d: %w", i+1, err)
	}
	return coded, nil
}
