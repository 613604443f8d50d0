package fax_test

import (
	"bytes"
	"context"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
)

// echo is a test number whose calls back end as the test says.
type echo func(out line.Outgoing, in line.Reception) line.Result

func (x echo) SendBack(ctx context.Context, out line.Outgoing, in line.Inbound) (line.Result, error) {
	reception, outcome := in.Accept(ctx, line.Incoming{To: out.To, From: out.From})
	if outcome != line.OK {
		return line.Result{Outcome: outcome}, nil
	}
	return x(out, reception), nil
}

// arrives brings both pages.
func arrives(out line.Outgoing, in line.Reception) line.Result {
	r := line.Result{Outcome: line.OK, Pages: make([]line.Page, 2)}
	in.Done(r, out.Document)
	return r
}

// echoing is a node with a test number.
func (c *clinic) echoing(node string, x echo) *fax.Dispatcher {
	d := c.dispatcher(node)
	d.TestLine, d.Receiver, d.Grace = x, c.receiver, time.Minute
	return d
}

// cameBack are the faxes in the owner's inbox.
func (c *clinic) cameBack() []fax.Fax {
	c.t.Helper()
	all, err := c.faxes.List(c.t.Context(), c.owner, fax.Filter{Category: fax.Inbox})
	c.must(err)
	return all
}

// wantReturn checks whether a fax is due to be sent back, and claims it if it is.
func (c *clinic) wantReturn(what, code string) {
	c.t.Helper()
	now := c.clock.Now()
	_, err := c.db.ClaimReturn(c.t.Context(), now, now.Add(time.Minute))
	is(c.t, what, err, code)
}

func TestAFaxIsSentBack(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.owner.Header = "Sakura"
		var back bytes.Buffer
		id := c.submit(c.letter(line.TestOK))[0]
		c.run(c.echoing("a", func(out line.Outgoing, in line.Reception) line.Result {
			if _, err := io.Copy(&back, out.Document); err != nil {
				t.Error(err)
			}
			if out.From != line.TestOK || out.To != c.number || out.Call.StationID != line.TestOK {
				t.Errorf("the call is %+v", out)
			}
			return arrives(out, in)
		}), func() bool { return len(c.cameBack()) > 0 })
		if f := c.cameBack()[0]; f.From != line.TestOK || f.To != c.number || f.Pages != 2 || f.Status != fax.Success {
			t.Errorf("what came back is %+v", f)
		}
		p, err := c.faxes.Open(t.Context(), c.owner, id)
		c.must(err)
		defer p.Close()
		var sent bytes.Buffer
		c.must(p.WriteTIFF(&sent))
		if !bytes.Equal(back.Bytes(), sent.Bytes()) {
			t.Error("what came back is not what was sent, header line and all")
		}
		c.clock.Advance(time.Hour)
		c.wantReturn("an hour later", "fax_none")
	})
}

// A node that dies between the end of a fax and what is sent back leaves a lease that
// runs out. Another one sends it back, and whatever the first one still does, it comes
// back once.
func TestADeadNodesFaxIsSentBackOnce(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		var dead func()
		id := c.submit(c.letter(line.TestOK))[0]
		c.run(c.echoing("dead", func(_ line.Outgoing, in line.Reception) line.Result {
			dead = func() { in.Done(line.Result{Outcome: line.OK, Pages: make([]line.Page, 2)}, tempFile(t, tiff(2))) }
			return line.Result{Outcome: line.Interrupted}
		}), c.outboxIsEmpty)
		if f := c.sent(id); f.Status != fax.Success || len(c.cameBack()) != 0 {
			t.Fatalf("it was sent with %s, and %d came back", f.Status, len(c.cameBack()))
		}
		c.clock.Advance(44 * time.Second)
		c.wantReturn("under the lease", "fax_none")
		c.clock.Advance(time.Second)
		c.run(c.echoing("b", arrives), func() bool { return len(c.cameBack()) > 0 })
		dead()
		c.clock.Advance(time.Hour)
		c.wantReturn("an hour later", "fax_none")
		if n := len(c.cameBack()); n != 1 {
			t.Errorf("%d came back, want one", n)
		}
		if n := len(c.events()); n != 2 {
			t.Errorf("%d events, want one of each fax", n)
		}
	})
}

// Many nodes that find it at the same time send it back once.
func TestNodesThatRaceSendBackOnce(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		var mu sync.Mutex
		var receptions []line.Reception
		late := func(_ line.Outgoing, in line.Reception) line.Result {
			mu.Lock()
			defer mu.Unlock()
			receptions = append(receptions, in)
			return line.Result{Outcome: line.Dropped}
		}
		c.submit(c.letter(line.TestOK))
		for _, node := range []string{"a", "b", "c", "d"} {
			before := len(receptions)
			c.run(c.echoing(node, late), func() bool {
				mu.Lock()
				defer mu.Unlock()
				return len(receptions) > before
			})
			c.clock.Advance(time.Minute)
		}
		var all sync.WaitGroup
		for _, in := range receptions {
			document := tempFile(t, tiff(2))
			all.Go(func() { in.Done(line.Result{Outcome: line.OK, Pages: make([]line.Page, 2)}, document) })
		}
		all.Wait()
		if n := len(c.cameBack()); n != 1 || len(receptions) != 4 {
			t.Errorf("%d came back by %d calls, want one by 4", n, len(receptions))
		}
	})
}

// What does not come back whole comes again, for a while.
func TestWhatFailsToComeBack(t *testing.T) {
	for name, tt := range map[string]struct {
		result line.Result
		after  time.Duration
		code   string // of the claim a lease later
	}{
		"a dropped call":              {line.Result{Outcome: line.Partial, Pages: make([]line.Page, 1)}, 0, ""},
		"one that drops all the time": {line.Result{Outcome: line.Partial, Pages: make([]line.Page, 1)}, 10 * time.Minute, "fax_none"},
		"a number that is gone":       {line.Result{Outcome: line.InvalidNumber}, 0, "fax_none"},
	} {
		t.Run(name, func(t *testing.T) {
			eachClinic(t, func(t *testing.T, c *clinic) {
				c.submit(c.letter(line.TestOK))
				var called atomic.Bool
				c.run(c.echoing("a", func(out line.Outgoing, in line.Reception) line.Result {
					c.clock.Advance(tt.after)
					in.Done(tt.result, out.Document)
					called.Store(true)
					return tt.result
				}), called.Load)
				c.clock.Advance(time.Minute)
				c.wantReturn("a lease later", tt.code)
				if n := len(c.cameBack()); n != 0 {
					t.Errorf("%d came back, want none", n)
				}
			})
		})
	}
}

// Only the test number that says so sends anything back, and only to a number.
func TestWhatIsNotSentBack(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		c.phone.answer = func(_ context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
			if out.Extension != "" {
				return line.Result{Outcome: line.Busy}, nil
			}
			return success(out, progress)
		}
		c.submit(c.letter("+81312345678", line.TestNoT38, c.number, line.TestOK+"*12"))
		unnumbered := c.letter(line.TestOK)
		unnumbered.From = fax.NoNumber
		c.submit(unnumbered)
		c.run(c.echoing("a", func(out line.Outgoing, _ line.Reception) line.Result {
			t.Errorf("a call from %s to %s", out.From, out.To)
			return line.Result{}
		}), c.outboxIsEmpty)
		c.clock.Advance(time.Hour)
		c.wantReturn("an hour later", "fax_none")
	})
}

// Who deletes a fax before it is sent back wants nothing more of it.
func TestADeletedFaxIsNotSentBack(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		id := c.submit(c.letter(line.TestOK))[0]
		c.run(c.echoing("a", func(out line.Outgoing, in line.Reception) line.Result {
			if err := c.faxes.Delete(t.Context(), c.owner, id); err != nil {
				t.Error(err)
			}
			return arrives(out, in)
		}), c.outboxIsEmpty)
		if n := len(c.cameBack()); n != 0 {
			t.Errorf("%d came back, want none", n)
		}
	})
}
