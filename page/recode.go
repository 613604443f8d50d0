package page

import (
	"bufio"
	"fmt"
	"io"
)

// CopyTIFF writes the first n pages of a fax TIFF of size octets that a stranger sent anew,
// as Recoded has them. One with fewer pages is ErrNotFax; nothing is written then.
func CopyTIFF(w io.Writer, from io.ReaderAt, size int64, n int) error {
	t, err := OpenTIFF(from, size)
	if err != nil {
		return err
	}
	if t.Pages() < n {
		return fmt.Errorf("TIFF of %d pages, not %d: %w", t.Pages(), n, ErrNotFax)
	}
	buffered := bufio.NewWriterSize(w, 64<<10)
	if err := WriteTIFF(buffered, t.Recoded(n)); err != nil {
		return err
	}
	return buffered.Flush()
}

// Recoded is the first n pages of the TIFF, at most those it has, with their code made
// anew from their pixels. It is for documents that strangers sent: nothing of their
// files is handed on but what can be seen.
func (t *TIFF) Recoded(n int) Source { return recoded{t, min(n, t.Pages())} }

type recoded struct {
	*TIFF
	n int
}

func (r recoded) Pages() int { return r.n }

func (r recoded) Coded(i int) (Coded, error) {
	p, err := r.Page(i)
	if err != nil {
		return Coded{}, err
	}
	return p.Code(), nil
}
