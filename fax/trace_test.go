package fax_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
)

// packets are what a capture has, in place of packets.
var packets = bytes.Repeat([]byte("a packet with page and number "), 5000)

// recorded is the flight recorder of a call, with a capture or without.
func (c *clinic) recorded(capture []byte) *line.Trace {
	t := &line.Trace{Began: c.clock.Now(), Events: []line.Event{{Layer: line.T30, Name: "DIS"}}}
	if capture != nil {
		t.Capture = tempFile(c.t, capture)
	}
	return t
}

// traces are the rules of flight recorders. What has no pages is in capitals.
func (c *clinic) traces() *fax.Traces {
	return &fax.Traces{Store: c.db, Blobs: c.blobs, WithoutPages: func(w io.Writer, r io.Reader) error {
		b, err := io.ReadAll(r)
		if err == nil {
			_, err = w.Write(bytes.ToUpper(b))
		}
		return err
	}}
}

// read is the capture of attempt n of a fax.
func (c *clinic) read(id string, n int, write func(*fax.Capture, io.Writer) error) []byte {
	c.t.Helper()
	capture, err := c.traces().Capture(c.t.Context(), c.owner.OrganizationID, id, n)
	c.must(err)
	defer capture.Close()
	var b bytes.Buffer
	c.must(write(capture, &b))
	return b.Bytes()
}

// Every attempt has its flight recorder, while the fax is on its way and afterwards.
func TestEachAttemptKeepsItsTrace(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.phone.answer = func(_ context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
			if out.Attempt == 1 {
				return line.Result{Outcome: line.Busy, SIP: 486, Trace: c.recorded(packets)}, nil
			}
			r, err := success(out, progress)
			r.Trace = c.recorded(nil)
			return r, err
		}
		s := c.letter("+81312345678")
		s.Retry = fax.Retry{Count: 1, Delay: 10 * time.Second}
		id := c.submit(s)[0]
		c.run(c.dispatcher("a"), func() bool {
			j, err := c.outbox.Job(t.Context(), c.owner, id)
			return err == nil && len(j.Attempts) == 1
		})
		if got := c.read(id, 0, (*fax.Capture).Write); !bytes.Equal(got, packets) {
			t.Errorf("in the outbox there are %d bytes, want %d", len(got), len(packets))
		}
		c.clock.Advance(10 * time.Second)
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		f := c.sent(id)
		traces, err := c.traces().Of(t.Context(), f.OrganizationID, id)
		first, second := traces[f.Attempts[0].ID], traces[f.Attempts[1].ID]
		if err != nil || len(traces) != 2 || first.Size != int64(len(packets)) || second.Blob != "" || second.Events[0].Name != "DIS" {
			t.Errorf("kept is %+v, %v", traces, err)
		}
		if got := c.read(id, 1, (*fax.Capture).WriteWithoutPages); !bytes.Equal(got, bytes.ToUpper(packets)) {
			t.Errorf("without pages there are %d bytes", len(got))
		}
		_, err = c.traces().Capture(t.Context(), f.OrganizationID, id, 2)
		is(t, "the second", err, "capture_none")
		_, err = c.traces().Capture(t.Context(), f.OrganizationID, id, 3)
		is(t, "a third", err, "attempt_unknown")
		_, err = c.traces().Capture(t.Context(), "another", id, 1)
		is(t, "for another organization", err, "fax_unknown")
		c.clock.Advance(fax.TraceAge + time.Hour)
		c.purge()
		_, err = c.traces().Capture(t.Context(), f.OrganizationID, id, 1)
		is(t, "after 30 days", err, "trace_gone")
	})
}

// All faxes that a call brought have its packets, once.
func TestFaxesOfOneCallShareTheCapture(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.must(c.numbers.Assign(t.Context(), c.owner, c.number, c.member.AccountID))
		reception, outcome := c.receiver.Accept(t.Context(), line.Incoming{To: c.number, From: "+81312345678"})
		if outcome != line.OK {
			t.Fatal(outcome)
		}
		recorded := c.recorded(packets)
		reception.Done(line.Result{Outcome: line.OK, Pages: make([]line.Page, 1), Trace: recorded}, tempFile(t, tiff(1)))
		if recorded.Capture != nil {
			t.Error("the capture is still open")
		}
		mine, err := c.faxes.List(t.Context(), c.owner, fax.Filter{})
		c.must(err)
		theirs, err := c.faxes.List(t.Context(), c.member, fax.Filter{})
		c.must(err)
		for _, f := range append(mine, theirs...) {
			if got := c.read(f.ID, 1, (*fax.Capture).Write); !bytes.Equal(got, packets) {
				t.Errorf("there are %d bytes, want %d", len(got), len(packets))
			}
		}
		c.must(c.faxes.Delete(t.Context(), c.owner, mine[0].ID))
		c.sweep()
		c.read(theirs[0].ID, 1, (*fax.Capture).Write)
		c.must(c.faxes.Delete(t.Context(), c.member, theirs[0].ID))
		c.sweep()
		if n := c.stored(); n != 0 {
			t.Errorf("%d blobs are left", n)
		}
	})
}

func TestWhatIsTakenBackLeavesNoTrace(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.phone.answer = func(context.Context, line.Outgoing, func(line.Progress)) (line.Result, error) {
			return line.Result{Outcome: line.Busy, Trace: c.recorded(packets)}, nil
		}
		s := c.letter("+81312345678")
		s.Retry = fax.Retry{Count: 1, Delay: 10 * time.Second}
		id := c.submit(s)[0]
		c.run(c.dispatcher("a"), func() bool {
			j, err := c.outbox.Job(t.Context(), c.owner, id)
			return err == nil && len(j.Attempts) == 1
		})
		c.must(c.outbox.Cancel(t.Context(), c.owner, id))
		traces, err := c.traces().Of(t.Context(), c.owner.OrganizationID, id)
		if err != nil || len(traces) != 0 {
			t.Errorf("kept is %+v, %v", traces, err)
		}
	})
}

// A disk that has no room for the packets costs neither the fax nor the ladder.
func TestACaptureThatCannotBeKeptCostsNoFax(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.phone.answer = func(_ context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
			r, err := success(out, progress)
			r.Trace = c.recorded(packets)
			return r, err
		}
		id := c.submit(c.letter("+81312345678"))[0]
		c.convertOnly()
		d := c.dispatcher("a")
		d.Blobs = full{c.blobs}
		c.run(d, c.outboxIsEmpty)
		f := c.sent(id)
		traces, err := c.traces().Of(t.Context(), f.OrganizationID, id)
		if trace := traces[id]; f.Status != fax.Success || err != nil || len(trace.Events) != 1 || trace.Blob != "" {
			t.Errorf("%s, kept is %+v, %v", f.Status, traces, err)
		}
	})
}

// full is a blob store that takes nothing more.
type full struct{ *blob.Folder }

func (full) Put(context.Context, string, io.Reader) (int64, error) {
	return 0, errors.New("no space left on device")
}
