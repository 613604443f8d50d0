package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
)

// adminTrace is `faxgate admin trace`: the packets of a call, as Wireshark reads them.
type adminTrace struct {
	organizationFlag
	Fax       string `arg:"" name:"fax"` // its id
	Attempt   int    `placeholder:"N"`   // zero: the last
	WithPages bool
	Output    string `short:"o" placeholder:"FILE"` // empty: the standard output
}

// shownCapture is what was written, in JSON.
type shownCapture struct {
	FaxID     string `json:"fax_id"`
	Attempt   int    `json:"attempt"`
	WithPages bool   `json:"with_pages"`
	File      string `json:"file"`
	Size      int64  `json:"size"`
}

func (c *adminTrace) run(ctx context.Context, in *invocation) error {
	if c.Attempt < 0 {
		return fault.New(fault.Invalid, "attempt_number").At("--attempt")
	}
	return in.withData(ctx, false, func(a *admin) (err error) {
		if a.Traces.Blobs, err = in.commands.Admin.documents(a.key); err != nil {
			return err
		}
		org, err := a.organizationOf(ctx, c.organizationFlag, func(o auth.Organization) error {
			_, err := a.Traces.Attempts(ctx, o.ID, c.Fax)
			return err
		})
		if err != nil {
			return err
		}
		capture, err := a.Traces.Capture(ctx, org.ID, c.Fax, c.Attempt)
		if err != nil {
			return err
		}
		defer capture.Close()
		if err := a.Organizations.TakeCapture(ctx, auth.Operator(org), c.Fax, capture.Attempt, c.WithPages); err != nil {
			return err
		}
		return c.write(a, capture)
	})
}

// write writes the packets, to a file for whoever runs the command alone.
func (c *adminTrace) write(a *admin, capture *fax.Capture) error {
	write := capture.WriteWithoutPages
	if c.WithPages {
		write = capture.Write
	}
	if c.Output == "" {
		return write(a.stdout)
	}
	size, err := writePrivate(c.Output, write)
	if pathErr := new(fs.PathError); errors.As(err, &pathErr) {
		return fault.New(fault.Unavailable, "file_unwritable", "path", c.Output, "cause", cause(err))
	}
	if err != nil {
		return err
	}
	shown := shownCapture{c.Fax, capture.Attempt, c.WithPages, c.Output, size}
	return a.print(shown, "cli.trace_written", map[string]any{"file": c.Output, "size": size, "attempt": capture.Attempt})
}

// writePrivate makes a file that its owner alone reads, and gives its size. One that broke
// off is removed.
func writePrivate(path string, write func(io.Writer) error) (size int64, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	err = write(file)
	if err == nil {
		size, err = file.Seek(0, io.SeekCurrent)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return size, err
}
