package loop

import (
	"fmt"
	"io"
	"os"

	"github.com/faxgate/faxgate/line/engine"
	"github.com/faxgate/faxgate/page"
)

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
	f, err := engine.NewDocument(c.line.Dir)
	if err != nil {
		return nil, err
	}
	info, err := arrived.Stat()
	if err == nil {
		err = page.CopyTIFF(f, arrived, info.Size(), n)
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
