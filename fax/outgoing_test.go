package fax_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/page"
)

// A machine without B4 paper gets the same pages on A4, by a second call that costs the
// sender nothing; the record has the pages of that call.
func TestAMachineWithoutWidePaperGetsNarrowPages(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		wide, err := page.New(page.B4.Geometry(page.Fine))
		c.must(err)
		wide.Blacken(400, 100, 900)
		var b bytes.Buffer
		c.must(page.WriteTIFF(&b, page.Document{wide.Code()}))
		c.converter.tiff, c.converter.pages = b.Bytes(), 1
		c.phone.answer = func(_ context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
			info, err := out.Document.Stat()
			if err != nil {
				return line.Result{}, err
			}
			sent, err := page.OpenTIFF(out.Document, info.Size())
			if err != nil {
				return line.Result{}, err
			}
			if first, err := sent.Coded(0); err != nil || first.Width > page.WidthA4 {
				return line.Result{Outcome: line.Incompatible, T30: line.T30NoSize, Transport: line.T38}, err
			}
			return success(out, progress)
		}
		id := c.submit(c.letter("+14155550100"))[0]
		c.run(c.dispatcher("a"), func() bool { return c.phone.made() == 1 && c.waits(id) })
		c.clock.Advance(time.Minute)
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		f := c.sent(id)
		if f.Status != fax.Success || len(f.Attempts) != 2 || !f.Attempts[0].Free || f.Pages != 1 {
			t.Errorf("it ends as %s, %+v", f.Status, f.Attempts)
		}
		record := c.record(id)
		pages, err := page.OpenTIFF(bytes.NewReader(record), int64(len(record)))
		c.must(err)
		if first, err := pages.Coded(0); err != nil || first.Width != page.WidthA4 {
			t.Errorf("the record has %v, %v", first.Geometry, err)
		}
	})
}

// waits reports whether a job waits for its next attempt.
func (c *clinic) waits(id string) bool {
	job, err := c.outbox.Job(c.t.Context(), c.owner, id)
	c.must(err)
	return job.Status == fax.Scheduled && len(job.Attempts) == 1
}
