package fax

import (
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/faxgate/faxgate/line"
)

// Trace is the flight recorder of one attempt, as it is kept for TraceAge.
type Trace struct {
	FaxID          string // of the fax; its job in the outbox has the same id
	AttemptID      string
	OrganizationID string
	At             time.Time // when the call began: the times of Events count from here
	Events         []line.Event
	Missing        int // how many events there were beyond those that are kept
	// Blob is the capture in the blob store, a pcapng file compressed by gzip. The faxes
	// that one call brought share it. Empty: there is none.
	Blob string
	Size int64 // of the capture in bytes, as it is before it is compressed
}

// TraceAge is how long traces are kept.
const TraceAge = 30 * 24 * time.Hour

// KeptUntil is when the trace goes. The zero value, which is of no call, has no such time.
func (t Trace) KeptUntil() time.Time {
	if t.At.IsZero() {
		return time.Time{}
	}
	return t.At.Add(TraceAge)
}

// Of is the trace as that of the last attempt of a fax.
func (t Trace) Of(f Fax) Trace {
	t.FaxID, t.AttemptID, t.OrganizationID = f.ID, f.LastAttempt().ID, f.OrganizationID
	return t
}

// captureTime bounds how long the end of a call waits for its capture to be on disk.
const captureTime = 10 * time.Second

// captures is where the packets of calls are kept.
type captures struct {
	doom  func(ctx context.Context, blob string, due time.Time) error
	blobs Blobs
	now   func() time.Time
	newID func() string
	log   *slog.Logger
}

// keep makes a trace that can be stored of what a call recorded, and closes that. A
// capture that cannot be kept is logged and left out: no fax is lost for it. A call that
// recorded nothing has no trace.
func (c captures) keep(ctx context.Context, recorded *line.Trace) *Trace {
	if recorded == nil {
		return nil
	}
	defer recorded.Close()
	t := &Trace{At: recorded.Began.UTC().Truncate(time.Millisecond), Events: recorded.Events, Missing: recorded.Missing}
	if recorded.Began.IsZero() {
		t.At = c.now().UTC().Truncate(time.Millisecond)
	}
	if recorded.Capture == nil {
		return t
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), captureTime)
	defer cancel()
	blob, size, err := c.put(ctx, recorded.Capture)
	if err != nil {
		c.log.Error("fax capture", "error", err)
		return t
	}
	t.Blob, t.Size = blob, size
	return t
}

// put writes a capture to the blob store, and gives its size.
func (c captures) put(ctx context.Context, capture io.Reader) (blob string, size int64, err error) {
	blob = c.newID()
	if err := c.doom(ctx, blob, c.now().Add(doomFor)); err != nil {
		return "", 0, err
	}
	compressed, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		z := gzip.NewWriter(w)
		size, err = io.Copy(z, capture)
		if err == nil {
			err = z.Close()
		}
		w.CloseWithError(err)
	}()
	_, putErr := c.blobs.Put(ctx, blob, compressed)
	compressed.CloseWithError(putErr) // whoever writes stops
	<-done
	if putErr != nil {
		err = putErr
	}
	return blob, size, err
}
