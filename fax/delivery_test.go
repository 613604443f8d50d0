package fax_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/page"
)

func TestAFaxArrives(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.owner.Header = "Sakura"
		id := c.submit(c.letter("+14155550100*12"))[0]
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		f := c.sent(id)
		if f.ID != id || f.Status != fax.Success || f.Direction != fax.Outgoing || f.Pages != 2 || f.To != "+14155550100*12" ||
			f.From != c.number || f.Duration != time.Minute || f.FileName() != id+".tiff" || f.Sender() != "Sakura "+c.number {
			t.Errorf("the fax is %+v", f)
		}
		if len(f.Attempts) != 1 || f.Attempts[0].ID != id || f.Attempts[0].Outcome != "ok" || f.Attempts[0].Rate != 14400 ||
			!f.Attempts[0].ECM || f.Attempts[0].StationID != "+81 3 0000 0000" || f.Attempts[0].T30Name != "OK" ||
			f.Attempts[0].Extension != "12" {
			t.Errorf("the attempts are %+v", f.Attempts)
		}
		if call := c.phone.calls[0]; call.To != "+14155550100" || call.Extension != "12" || call.From != c.number || call.Attempt != 1 {
			t.Errorf("the call was %+v", call)
		}
		if o := c.converter.options[0]; o.Resolution != page.Fine || o.Tone != page.Photo || o.Cover != nil {
			t.Errorf("converted with %+v", o)
		}
		_, err := c.outbox.Job(t.Context(), c.owner, id)
		is(t, "the job", err, "fax_unknown")
		events := c.events()
		if len(events) != 1 || events[0].Kind != fax.FaxSent || events[0].Fax.ID != id || events[0].AttemptID != id {
			t.Errorf("the events are %+v", events)
		}
		if events := c.events(); len(events) != 0 {
			t.Errorf("told twice: %+v", events)
		}
	})
}

// events hands on what there is.
func (c *clinic) events() (all []fax.Event) {
	c.t.Helper()
	x := &fax.Events{Store: c.db, Now: c.clock.Now, Hand: func(_ context.Context, e fax.Event) error {
		all = append(all, e)
		return nil
	}}
	_, err := x.HandDue(c.t.Context())
	c.must(err)
	return all
}

func TestARefusedEventComesAgain(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.submit(c.letter(line.TestOK))
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		x := &fax.Events{Store: c.db, Now: c.clock.Now, Log: c.dispatcher("").Log, Hand: func(context.Context, fax.Event) error {
			return errors.New("not now")
		}}
		_, err := x.HandDue(t.Context())
		c.must(err)
		if n := len(c.events()); n != 0 {
			t.Errorf("%d events at once, want none", n)
		}
		c.clock.Advance(time.Minute)
		if n := len(c.events()); n != 1 {
			t.Errorf("%d events a minute later, want one", n)
		}
	})
}

func TestDestinationsShareOneConversion(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		s := c.letter()
		for i := range 20 {
			s.To = append(s.To, fmt.Sprintf("+8131234%04d", i))
		}
		ids := c.submit(s)
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		if len(c.converter.options) != 1 {
			t.Errorf("%d conversions, want one", len(c.converter.options))
		}
		c.phone.mu.Lock()
		defer c.phone.mu.Unlock()
		if len(c.phone.calls) != 20 || c.phone.most > 2 {
			t.Errorf("%d calls, %d at once; want 20, at most two from one number", len(c.phone.calls), c.phone.most)
		}
		for _, id := range ids {
			if f := c.sent(id); f.Status != fax.Success {
				t.Errorf("%s ended as %s", f.To, f.Status)
			}
		}
	})
}

func TestABadDocumentEndsAllItsJobs(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.converter.err = fmt.Errorf("letter.txt: %w", page.Refuse(page.FailedPages, fault.New(fault.Invalid, "document_too_many_pages",
			"name", "a “list”.pdf", "limit", 5000).Because(errors.New("not for people"))))
		ids := c.submit(c.letter(line.TestOK, line.TestBusy))
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		for _, id := range ids {
			f := c.sent(id)
			if f.Status != fax.FailedSeparatePages || f.Pages != 0 || len(f.Attempts) != 0 || f.FileName() != "" {
				t.Errorf("the fax is %+v", f)
			}
			sentence, next := f.Reason(locale.English)
			if sentence != "“a “list”.pdf” has more pages than can be sent: 5,000 at most." || next != "Send it in several faxes." {
				t.Errorf("people read: %s %s", sentence, next)
			}
			_, err := c.faxes.Open(t.Context(), c.owner, id)
			is(t, "its pages", err, "fax_without_pages")
		}
		if n := len(c.events()); n != 2 || c.phone.made() != 0 {
			t.Errorf("%d events, %d calls", n, c.phone.made())
		}
	})
}

func TestAConverterThatBreaksIsTriedThreeTimes(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.converter.err = errors.New("out of memory")
		id := c.submit(c.letter(line.TestOK))[0]
		d := c.dispatcher("a")
		d.Lease = time.Hour // by the clock of the test, which stands still
		c.run(d, func() bool {
			c.clock.Advance(time.Hour)
			return c.outboxIsEmpty()
		})
		if f := c.sent(id); f.Status != fax.FailedUnknownConverter || len(c.converter.options) != 3 {
			t.Errorf("%s after %d conversions, want %s after 3", f.Status, len(c.converter.options), fax.FailedUnknownConverter)
		}
	})
}

func TestBusyTwiceThenOK(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.phone.answer = func(_ context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
			if out.Attempt < 3 {
				return line.Result{Outcome: line.Busy, SIP: 486}, nil
			}
			return success(out, progress)
		}
		s := c.letter(line.TestOK)
		s.Retry = fax.Retry{Count: 2, Delay: 10 * time.Second}
		id := c.submit(s)[0]
		seen := 0 // attempts that are over
		c.run(c.dispatcher("a"), func() bool {
			if j, err := c.outbox.Job(t.Context(), c.owner, id); err == nil && len(j.Attempts) > seen {
				seen = len(j.Attempts)
				if j.Status != fax.Scheduled || j.NextAt.Sub(c.clock.Now()) != 10*time.Second {
					t.Errorf("between two calls: %s, next at %s", j.Status, j.NextAt)
				}
				c.clock.Advance(10 * time.Second)
			}
			return c.outboxIsEmpty()
		})
		f := c.sent(id)
		if f.Status != fax.Success || len(f.Attempts) != 3 || f.Attempts[0].SIP != 486 || f.Attempts[0].ID != id {
			t.Errorf("the fax is %+v", f)
		}
		if e := c.events(); len(e) != 1 || e[0].AttemptID == id || e[0].AttemptID != f.LastAttempt().ID {
			t.Errorf("the events are %+v", e)
		}
	})
}

func TestAScheduledFaxWaits(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		s := c.letter(line.TestOK)
		s.SendTime = c.clock.Now().Add(time.Hour).Format("2006-01-02 15:04:05 -0700")
		id := c.submit(s)[0]
		d := c.dispatcher("a")
		c.run(d, func() bool {
			j, err := c.outbox.Job(t.Context(), c.owner, id)
			c.must(err)
			return j.Status == fax.Scheduled
		})
		if n := c.phone.made(); n != 0 {
			t.Errorf("%d calls before the time", n)
		}
		c.clock.Advance(time.Hour)
		c.run(d, c.outboxIsEmpty)
		if f := c.sent(id); f.Status != fax.Success || !f.Scheduled.Equal(c.clock.Now()) {
			t.Errorf("the fax is %+v", f)
		}
	})
}

func TestDuringTheCall(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		begun, finish := make(chan struct{}), make(chan struct{})
		c.phone.answer = func(_ context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
			close(begun)
			<-finish
			return success(out, progress)
		}
		id := c.submit(c.letter(line.TestOK))[0]
		go func() {
			<-begun
			defer close(finish)
			is(t, "cancel", c.outbox.Cancel(t.Context(), c.owner, id), "fax_sending")
			is(t, "comment", c.outbox.Comment(t.Context(), c.owner, id, "x"), "fax_sending")
			j, err := c.outbox.Job(t.Context(), c.owner, id)
			if err != nil || j.Status != fax.Sending {
				t.Errorf("the job is %s, %v", j.Status, err)
			}
			var way []fax.OutboxStatus
			for _, change := range j.Changes {
				way = append(way, change.Status)
			}
			if want := []fax.OutboxStatus{fax.Submitted, fax.Converting, fax.Scheduled, fax.Sending}; !slices.Equal(way, want) {
				t.Errorf("its way was %s, want %s", way, want)
			}
		}()
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
	})
}

// A server that is stopped hangs up, and another one makes the call again.
func TestAStoppedServerLosesNothing(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.phone.answer = func(ctx context.Context, _ line.Outgoing, progress func(line.Progress)) (line.Result, error) {
			progress(line.Progress{Stage: line.Trained})
			<-ctx.Done()
			return line.Result{Outcome: line.Interrupted}, nil
		}
		id := c.submit(c.letter(line.TestOK))[0]
		c.run(c.dispatcher("a"), func() bool { return c.phone.made() == 1 })
		c.phone.answer = nil
		c.clock.Advance(time.Minute)
		c.run(c.dispatcher("b"), c.outboxIsEmpty)
		f := c.sent(id)
		if f.Status != fax.Success || len(f.Attempts) != 2 || f.Attempts[0].Outcome != "interrupted" || !f.Attempts[0].Free {
			t.Errorf("the fax is %+v", f)
		}
	})
}

// … unless they end by themselves soon.
func TestACallUnderWayMayEndWhenTheServerStops(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		under, hungUp := make(chan struct{}), make(chan error, 1)
		c.phone.answer = func(ctx context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
			close(under)
			select { // far less than the grace
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
			hungUp <- ctx.Err()
			return success(out, progress)
		}
		ids := c.submit(c.letter("+81312345678"))
		d := c.dispatcher("a")
		d.Grace = time.Minute
		ctx, stop := context.WithCancel(t.Context())
		go func() {
			<-under
			stop()
		}()
		d.Run(ctx)
		if err := <-hungUp; err != nil {
			t.Errorf("the call is hung up: %v", err)
		}
		if f := c.sent(ids[0]); f.Status != fax.Success {
			t.Errorf("the fax is %s", f.Status)
		}
	})
}

// A node that dies in the middle of a call leaves a lease that runs out.
func TestADeadNodesCall(t *testing.T) {
	for name, tt := range map[string]struct {
		trained bool
		retries int
		status  fax.Status
		calls   int // of the node that takes over
	}{
		"before any page":           {false, 0, fax.Success, 1},
		"when pages may have gone":  {true, 0, fax.FailedInternal, 0},
		"and the sender wants more": {true, 1, fax.Success, 1},
	} {
		t.Run(name, func(t *testing.T) {
			eachClinic(t, func(t *testing.T, c *clinic) {
				s := c.letter(line.TestOK)
				s.Retry.Count = tt.retries
				id := c.submit(s)[0]
				c.convertOnly()
				now := c.clock.Now()
				d, err := c.db.ClaimJob(t.Context(), "dead", now, now.Add(time.Minute), 1)
				c.must(err)
				if d.ID != id || d.Left || !d.Started.Equal(now) {
					t.Fatalf("claimed was %+v", d)
				}
				if tt.trained {
					c.must(c.db.MarkTrained(t.Context(), "dead", id, now))
				}
				_, err = c.db.ClaimJob(t.Context(), "b", now.Add(59*time.Second), now.Add(2*time.Minute), 1)
				is(t, "under the lease", err, "fax_none")
				c.clock.Advance(time.Minute)
				c.run(c.dispatcher("b"), func() bool {
					c.clock.Advance(time.Second)
					return c.outboxIsEmpty()
				})
				f := c.sent(id)
				if f.Status != tt.status || c.phone.made() != tt.calls || f.Attempts[0].Outcome != "interrupted" || !f.Attempts[0].StartedAt.Equal(now) {
					t.Errorf("%s after %d calls, %+v", f.Status, c.phone.made(), f.Attempts)
				}
				d.Over, d.Status = true, fax.Success
				is(t, "the dead node comes back", c.db.SettleJob(t.Context(), "dead", d, f), "fax_claimed")
				is(t, "and goes on", c.db.MarkTrained(t.Context(), "dead", id, now), "fax_claimed")
			})
		})
	}
}

// convertOnly lets a node make all pages, and no calls.
func (c *clinic) convertOnly() {
	c.t.Helper()
	now := c.clock.Now()
	for {
		doc, err := c.db.ClaimConversion(c.t.Context(), "converter", now, now.Add(time.Minute))
		if err != nil {
			is(c.t, "conversion", err, "fax_none")
			return
		}
		doc.Blob, doc.Pages = c.putBlob(tiff(2)), 2
		c.must(c.db.FinishConversion(c.t.Context(), "converter", doc.Document, now))
	}
}

// Two nodes on one database make each call once, and no more from a number than it has
// room for.
func TestTwoNodesShareTheWork(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.phone.answer = func(_ context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
			time.Sleep(time.Millisecond)
			return success(out, progress)
		}
		s := c.letter()
		for i := range 50 {
			s.To = append(s.To, fmt.Sprintf("+8131234%04d", i))
		}
		ids := c.submit(s)
		ctx, stop := context.WithCancel(t.Context())
		var nodes sync.WaitGroup
		for _, name := range []string{"a", "b"} {
			nodes.Go(func() { c.dispatcher(name).Run(ctx) })
		}
		c.eventually(c.outboxIsEmpty)
		stop()
		nodes.Wait()
		called := map[string]int{}
		for _, call := range c.phone.calls {
			called[call.To]++
		}
		if len(called) != 50 || len(c.phone.calls) != 50 || c.phone.most > 2 {
			t.Errorf("%d numbers in %d calls, %d at once; want 50 in 50, at most 2", len(called), len(c.phone.calls), c.phone.most)
		}
		for _, id := range ids {
			if f := c.sent(id); f.Status != fax.Success {
				t.Errorf("%s ended as %s", f.To, f.Status)
			}
		}
	})
}

// A node that cannot keep its claims hangs up before another one may call.
func TestALostLeaseHangsUp(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		hungUp := make(chan struct{})
		c.phone.answer = func(ctx context.Context, _ line.Outgoing, _ func(line.Progress)) (line.Result, error) {
			<-ctx.Done()
			close(hungUp)
			return line.Result{Outcome: line.Interrupted}, nil
		}
		c.submit(c.letter(line.TestOK))
		d := c.dispatcher("a")
		d.Lease = 50 * time.Millisecond
		d.Store = thief{d.Store}
		c.run(d, func() bool {
			select {
			case <-hungUp:
				return true
			default:
				return false
			}
		})
	})
}

// thief is a store in which another node has taken over all claims.
type thief struct{ fax.DeliveryStore }

func (thief) Renew(context.Context, string, time.Time) ([]string, error) { return nil, nil }

func (c *clinic) putBlob(content []byte) string {
	c.t.Helper()
	f := tempFile(c.t, content)
	id := fmt.Sprintf("%032x", time.Now().UnixNano())
	_, err := c.blobs.Put(c.t.Context(), id, f)
	c.must(err)
	return id
}

func TestWhatNobodyNeedsIsDeleted(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		ids := c.submit(c.letter(line.TestOK, line.TestNoT38))
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		c.purge()
		if n := c.stored(); n != 2 {
			t.Errorf("%d documents, want the upload and the pages", n)
		}
		c.clock.Advance(fax.UploadAge + 2*time.Hour)
		c.purge()
		if n := c.stored(); n != 1 {
			t.Errorf("%d documents a day later, want the pages", n)
		}
		c.must(c.faxes.Delete(t.Context(), c.owner, ids[0]))
		c.purge()
		if f := c.sent(ids[1]); c.stored() != 1 || f.Document.Blob == "" {
			t.Error("the other fax has lost its pages")
		}
		c.must(c.db.ChangeOrganization(t.Context(), c.owner.OrganizationID, func(o *auth.Organization) error {
			o.RetentionDays = 30
			return nil
		}, auth.Audit{ID: auth.NewID(), OrganizationID: c.owner.OrganizationID}))
		c.purge()
		c.sent(ids[1])
		c.clock.Advance(30 * 24 * time.Hour)
		c.purge()
		_, err := c.faxes.Fax(t.Context(), c.owner, ids[1])
		is(t, "after its retention", err, "fax_unknown")
		if n := c.stored(); n != 0 {
			t.Errorf("%d documents are left", n)
		}
	})
}

// stored counts the files of the blob store.
func (c *clinic) stored() int {
	found, err := filepath.Glob(filepath.Join(c.dir, "??", "*"))
	c.must(err)
	return len(found)
}

func TestReceive(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.must(c.numbers.Assign(t.Context(), c.owner, c.number, c.member.AccountID))
		if _, outcome := c.receiver.Accept(t.Context(), line.Incoming{To: "+15005559999"}); outcome != line.InvalidNumber {
			t.Errorf("a number that nobody has: %s", outcome)
		}
		ring := func(r line.Result, document *os.File) {
			t.Helper()
			reception, outcome := c.receiver.Accept(t.Context(), line.Incoming{To: c.number, From: "+81312345678"})
			if outcome != line.OK {
				t.Fatalf("Accept = %s", outcome)
			}
			reception.Done(r, document)
		}
		ring(line.Result{Outcome: line.Dropped, T30: line.T30CallDropped}, nil)
		pages := []line.Page{{BadRows: 3}, {BadRows: 4}}
		ring(line.Result{Outcome: line.Partial, Pages: pages, Time: time.Minute, StationID: "x"}, tempFile(t, tiff(2)))
		for _, by := range []fax.Actor{c.owner, c.member} {
			all, err := c.faxes.List(t.Context(), by, fax.Filter{Category: fax.Inbox})
			c.must(err)
			if len(all) != 1 {
				t.Fatalf("%d faxes, want the one with pages", len(all))
			}
			f, err := c.faxes.Fax(t.Context(), by, all[0].ID)
			c.must(err)
			if f.Status != fax.PartiallyReceived || f.From != "+81312345678" || f.To != c.number || f.Pages != 2 || f.IsRead ||
				f.AccountID != by.AccountID || len(f.Attempts) != 1 || f.Attempts[0].BadRows != 7 || f.Attempts[0].ID != f.ID {
				t.Errorf("the fax is %+v", f)
			}
			p, err := c.faxes.Open(t.Context(), by, f.ID)
			c.must(err)
			c.must(p.WritePDF(new(discard)))
			p.Close()
		}
		if e := c.events(); len(e) != 2 || e[0].Kind != fax.FaxReceived {
			t.Errorf("the events are %+v", e)
		}
	})
}

type discard struct{}

func (*discard) Write(p []byte) (int, error) { return len(p), nil }

func TestMarks(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		reception, _ := c.receiver.Accept(t.Context(), line.Incoming{To: c.number})
		reception.Done(line.Result{Outcome: line.OK, Pages: make([]line.Page, 1)}, tempFile(t, tiff(1)))
		sent := c.submit(c.letter(line.TestOK))[0]
		c.run(c.dispatcher("a"), c.outboxIsEmpty)
		yes, no, note := true, false, "改"
		list := func(f fax.Filter) (n int) {
			all, err := c.faxes.List(t.Context(), c.owner, f)
			c.must(err)
			return len(all)
		}
		inbox, err := c.faxes.List(t.Context(), c.owner, fax.Filter{Category: fax.Inbox, IsRead: &no})
		c.must(err)
		id := inbox[0].ID
		c.must(c.faxes.Update(t.Context(), c.owner, id, fax.Change{IsRead: &yes, IsSpam: &yes, Comment: &note}))
		if f := c.sent(id); !f.IsRead || !f.IsSpam || f.Comment.Text != note || f.Status != fax.Success {
			t.Errorf("the fax is %+v", f)
		}
		if a, b, s := list(fax.Filter{}), list(fax.Filter{Category: fax.Inbox}), list(fax.Filter{Category: fax.Spam}); a != 1 || b != 0 || s != 1 {
			t.Errorf("%d in all, %d in the inbox, %d spam; want 1, 0, 1", a, b, s)
		}
		results, err := c.faxes.UpdateAll(t.Context(), c.owner, []string{id, sent, "unknown"}, fax.Change{IsSpam: &no, IsRead: &no})
		c.must(err)
		is(t, "the unknown one", results[2].Err, "fax_unknown")
		if f := c.sent(id); f.IsRead || f.IsSpam || f.Comment.Text != note {
			t.Errorf("the fax is %+v", f)
		}
		is(t, "another one's", c.faxes.Update(t.Context(), c.member, id, fax.Change{}), "fax_unknown")
		is(t, "another one's", c.faxes.Delete(t.Context(), c.member, id), "fax_unknown")
		results, err = c.faxes.DeleteAll(t.Context(), c.owner, []string{id, sent})
		c.must(err)
		if len(results) != 2 || results[0].Err != nil || results[1].Err != nil || list(fax.Filter{}) != 0 {
			t.Errorf("deleted: %+v", results)
		}
	})
}

func TestPagesAreWrittenOnThePaperOfTheCountry(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		for country, paper := range map[string]page.Paper{"JP": page.A4, "US": page.Letter} {
			c.owner.Country, c.converter.options = country, nil
			id := c.submit(c.letter("+14155550100"))[0]
			c.run(c.dispatcher("a"), c.outboxIsEmpty)
			if got := c.converter.options[0].Paper; got != paper {
				t.Errorf("in %s pages are written on %s", country, got)
			}
			if got := c.sent(id).Document.Paper; got != paper.String() {
				t.Errorf("in %s the record says %q", country, got)
			}
		}
	})
}

func TestDisplayName(t *testing.T) {
	for want, f := range map[string]fax.Fax{
		"fax-from-81312345678": {Direction: fax.Incoming, From: "+81312345678", To: "+15005551000"},
		"fax-from-unknown":     {Direction: fax.Incoming, To: "+15005551000"},
		"fax-to-1500555000112": {Direction: fax.Outgoing, From: fax.NoNumber, To: "+15005550001*12"},
	} {
		if got := f.DisplayName(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
