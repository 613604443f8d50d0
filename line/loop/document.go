package loop

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"github.com/faxgate/faxgate/page"
)

// file is a new, empty file without a name.
func (l *Line) file() (*os.File, error) {
	f, err := os.CreateTemp(l.Dir, "fax-*.tiff")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// open reads the directories of a fax TIFF.
func open(f *os.File) (*page.TIFF, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return page.OpenTIFF(f, info.Size())
}

// rewrite makes a document of the first n pages that arrived. The engine's own TIFF
// names the host that it ran on, and has pages that were never confirmed.
func (c *call) rewrite(n int) (*os.File, error) {
	arrived := c.arrived
	if arrived == nil {
		arrived = c.Document // simulated
	}
	tiff, err := open(arrived)
	if err != nil {
		return nil, fmt.Errorf("received document: %w", err)
	}
	if tiff.Pages() < n {
		return nil, fmt.Errorf("received document: %d pages of %d", tiff.Pages(), n)
	}
	f, err := c.line.file()
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriterSize(f, 64<<10)
	if err = page.WriteTIFF(w, tiff.Recoded(n)); err == nil {
		err = w.Flush()
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("received document: %w", err)
	}
	return f, nil
}
