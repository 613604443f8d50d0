// Package convert makes the pages of a fax out of documents: each is drawn by a child
// process of its own (package page/render); what comes back is checked, gets a cover page
// before it, and becomes one fax TIFF.
package convert

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/page"
	"github.com/faxgate/faxgate/page/render"
)

// Converter makes faxes of documents. Its fields do not change once it is used, by any
// number of goroutines.
type Converter struct {
	// Program is what is started for each document: this program (os.Executable). It
	// calls render.Main when its first argument is render.Command.
	Program string
	// Cache is a folder, made when it is missing, for the machine code of the PDF engine.
	// Who can write to it can run programs as this one.
	Cache string
	// Office is the path of LibreOffice's soffice; see FindOffice. Empty: there is none,
	// and documents of office programs are refused.
	Office string
	// Temp is where files stand while a conversion takes: pages without a name and, for
	// LibreOffice alone, the document. Empty: os.TempDir.
	Temp string
	// MaxPages is how many pages the documents of a fax may have. Zero: 500.
	MaxPages int
	// Parallel is how many documents are drawn at a time; each may take a gigabyte of
	// memory. Zero: as many as there are processors.
	Parallel int
	// Patience is how long a document may take for its first page, and then for each
	// further one. Zero: 15 s; for LibreOffice's part of the work, 45 s more.
	Patience time.Duration
	// Longest is how long a document may take as a whole. Zero: 5 minutes.
	Longest time.Duration

	once  sync.Once
	slots chan struct{} // one for each document that is being drawn

	secluding sync.Once
	secluded  error

	compiling sync.Mutex
	compiled  string // the path of Cache, once it is filled
}

// FindOffice is the path of LibreOffice's soffice; empty when it is not installed.
func FindOffice() string {
	for _, name := range []string{"soffice", "libreoffice"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Prepare compiles the PDF engine into Cache, unless that was done before: it takes
// seconds, for which the first PDF else waits.
func (c *Converter) Prepare(ctx context.Context) error {
	c.compiling.Lock()
	defer c.compiling.Unlock()
	if c.compiled != "" {
		return nil
	}
	if err := c.seclude(); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Cache, 0o700); err != nil {
		return fmt.Errorf("PDF engine: %w", err)
	}
	cache, err := filepath.Abs(c.Cache) // the child stands elsewhere
	if err != nil {
		return fmt.Errorf("PDF engine: %w", err)
	}
	const patience = 2 * time.Minute // on a slow and busy processor
	nothing := func(io.Writer) error { return nil }
	err = run(ctx, command{program: c.Program, args: []string{render.Command, cache},
		patience: patience, longest: patience}, nothing, io.Discard)
	if err != nil {
		return fmt.Errorf("PDF engine: %w", err)
	}
	c.compiled = cache
	return nil
}

// seclude sees to it, once, that children inherit no descriptor.
func (c *Converter) seclude() error {
	c.secluding.Do(func() {
		if err := keepDescriptors(); err != nil {
			c.secluded = fmt.Errorf("descriptors: %w", err)
		}
	})
	return c.secluded
}

// Convert writes the documents, in order, as one fax TIFF, and says how many pages it has.
// A document that cannot become pages gives a page.Refusal, whose fault has the sentence
// for people; every other error is this server's own trouble, and another try may do
// better. What was written then is nothing to be used.
func (c *Converter) Convert(ctx context.Context, w io.Writer, files []page.File, o page.Options) (pages int, err error) {
	if err := c.seclude(); err != nil {
		return 0, err
	}
	var all joined
	defer func() { err = errors.Join(err, all.close()) }()
	for _, file := range files {
		p, err := c.draw(ctx, file, o, c.maxPages()-all.Pages())
		if err != nil {
			return 0, fmt.Errorf("document %d of %d: %w", len(all.parts)+1, len(files), err)
		}
		all.add(p)
	}
	if err := all.prepend(o); err != nil {
		return 0, err
	}
	to := bufio.NewWriterSize(w, 64<<10)
	if err := page.WriteTIFF(to, verified{&all}); err != nil {
		return 0, err
	}
	return all.Pages(), to.Flush()
}

func (c *Converter) maxPages() int {
	if c.MaxPages > 0 {
		return c.MaxPages
	}
	return 500
}

// draw has a child process draw a document of at most so many pages.
func (c *Converter) draw(ctx context.Context, file page.File, o page.Options, most int) (*drawn, error) {
	if most < 1 {
		return nil, page.Refuse(page.FailedPages, fault.New(fault.Invalid, "document_too_many_pages",
			"name", file.Name, "limit", c.maxPages()))
	}
	free, err := c.slot(ctx)
	if err != nil {
		return nil, err
	}
	defer free()
	document, err := file.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	defer document.Close()
	d, err := newDrawn(c.Temp)
	if err != nil {
		return nil, err
	}
	if err = c.fill(ctx, d, document, file.Name, o, most); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// fill puts the pages of a document into d.
func (c *Converter) fill(ctx context.Context, d *drawn, document io.Reader, name string, o page.Options, most int) error {
	r := render.Request{
		Name: name, Paper: o.Paper, Resolution: o.Resolution, Tone: o.Tone,
		MaxPages: most,
	}
	limits := command{program: c.Program, args: []string{render.Command}, patience: c.Patience, longest: c.Longest}
	if limits.patience <= 0 {
		limits.patience = 15 * time.Second
	}
	if limits.longest <= 0 {
		limits.longest = 5 * time.Minute
	}
	front := bufio.NewReader(document)
	if render.MayBePDF(front) || render.MayBeOffice(front) {
		if err := c.Prepare(ctx); err != nil {
			return err
		}
		r.Cache = c.compiled
	}
	if c.Office != "" && render.MayBeOffice(front) {
		temp, err := os.MkdirTemp(c.Temp, "faxgate-office-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temp)
		if temp, err = filepath.Abs(temp); err != nil {
			return err
		}
		const start = 45 * time.Second // of LibreOffice, on a busy machine, and its part of the work
		limits.patience += start
		r.Office, r.Temp = c.Office, temp
	}
	send := func(to io.Writer) error { return r.Send(to, front) }
	if err := run(ctx, limits, send, d); err != nil {
		return refusalOf(err, name)
	}
	return d.open()
}

// slot waits until a document may be drawn. Call free when it is.
func (c *Converter) slot(ctx context.Context) (free func(), err error) {
	c.once.Do(func() {
		n := c.Parallel
		if n <= 0 {
			n = runtime.GOMAXPROCS(0)
		}
		c.slots = make(chan struct{}, n)
	})
	select {
	case c.slots <- struct{}{}:
		return func() { <-c.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
