package fax

import (
	"compress/gzip"
	"context"
	"io"

	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/fault"
)

// TraceStore is what flight recorders need of the database. What another organization
// has does not exist.
type TraceStore interface {
	// TracesOf gives what is kept of the calls for a fax, or for a job, in their order.
	TracesOf(ctx context.Context, organizationID, faxID string) ([]Trace, error)
	// AttemptsOf gives the attempts of a fax or a job, or fault.NotFound "fax_unknown".
	AttemptsOf(ctx context.Context, organizationID, faxID string) ([]Attempt, error)
}

// Traces are the flight recorders of faxes, and of those on their way.
type Traces struct {
	Store TraceStore
	Blobs Blobs
	// WithoutPages copies a capture without what can be seen of pages in it.
	WithoutPages func(w io.Writer, r io.Reader) error
}

// Of gives what is kept of the calls for a fax, by the ids of the attempts. Whoever asks
// has been shown the fax. Attempts of which nothing was recorded, or whose time is over,
// are not there.
func (x *Traces) Of(ctx context.Context, organizationID, faxID string) (map[string]Trace, error) {
	all, err := x.Store.TracesOf(ctx, organizationID, faxID)
	byAttempt := make(map[string]Trace, len(all))
	for _, t := range all {
		byAttempt[t.AttemptID] = t
	}
	return byAttempt, err
}

// Attempts gives those of a fax of an organization, or of a job, or fault.NotFound
// "fax_unknown".
func (x *Traces) Attempts(ctx context.Context, organizationID, faxID string) ([]Attempt, error) {
	return x.Store.AttemptsOf(ctx, organizationID, faxID)
}

// Capture opens the packets of attempt n of a fax, from 1; zero is the last. It must be
// closed. There may be none: fault.NotFound "fax_unknown", "attempt_unknown", "trace_gone"
// (nothing was recorded, or its time is over) or "capture_none" (the call had no packets).
func (x *Traces) Capture(ctx context.Context, organizationID, faxID string, n int) (*Capture, error) {
	attempts, err := x.Store.AttemptsOf(ctx, organizationID, faxID)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		n = len(attempts)
	}
	if n < 1 || n > len(attempts) {
		return nil, fault.New(fault.NotFound, "attempt_unknown", "attempts", len(attempts))
	}
	traces, err := x.Of(ctx, organizationID, faxID)
	if err != nil {
		return nil, err
	}
	t, found := traces[attempts[n-1].ID]
	switch {
	case !found:
		return nil, fault.New(fault.NotFound, "trace_gone", "days", int(TraceAge.Hours()/24))
	case t.Blob == "":
		return nil, fault.New(fault.NotFound, "capture_none")
	}
	return x.open(ctx, t, n)
}

func (x *Traces) open(ctx context.Context, t Trace, n int) (*Capture, error) {
	b, err := x.Blobs.Open(ctx, t.Blob)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		b.Close()
		return nil, err
	}
	return &Capture{Trace: t, Attempt: n, blob: b, plain: z, withoutPages: x.WithoutPages}, nil
}

// Capture are the packets of one call, open for reading once.
type Capture struct {
	Trace   Trace
	Attempt int // from 1

	blob         *blob.Blob
	plain        io.Reader
	withoutPages func(w io.Writer, r io.Reader) error
}

// Close ends the reading.
func (c *Capture) Close() error { return c.blob.Close() }

// Write writes the packets, a file that Wireshark opens, with what can be seen of the
// pages.
func (c *Capture) Write(w io.Writer) error {
	_, err := io.Copy(w, c.plain)
	return err
}

// WriteWithoutPages is Write without the pages.
func (c *Capture) WriteWithoutPages(w io.Writer) error { return c.withoutPages(w, c.plain) }
