package fax_test

import (
	"context"
	"testing"

	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
)

// steps are those of a call that has to agree on a lower speed after the first page.
var steps = []struct {
	step line.Progress
	want fax.Call
}{
	{line.Progress{Stage: line.Dialling}, fax.Call{Stage: "dialling", Pages: 2}},
	{line.Progress{Stage: line.Answered, Transport: line.T38}, fax.Call{Stage: "answered", Transport: "t38", Pages: 2}},
	{
		line.Progress{Stage: line.Trained, Transport: line.T38, Rate: 14400, ECM: true},
		fax.Call{Stage: "trained", Transport: "t38", Rate: 14400, ECM: true, Pages: 2},
	},
	{
		line.Progress{Stage: line.Confirmed, Transport: line.T38, Rate: 14400, ECM: true, Page: 1, Total: 2},
		fax.Call{Stage: "confirmed", Transport: "t38", Rate: 14400, ECM: true, Confirmed: 1, Pages: 2},
	},
	{
		line.Progress{Stage: line.Trained, Transport: line.T38, Rate: 9600, ECM: true},
		fax.Call{Stage: "trained", Transport: "t38", Rate: 9600, ECM: true, Confirmed: 1, Pages: 2},
	},
}

func TestTheBoardShowsACallWhileItLasts(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		board := new(fax.Board)
		id := c.submit(c.letter(line.TestOK))[0]
		changed, stop := board.Watch(id)
		defer stop()
		c.phone.answer = func(_ context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
			if call, found := board.Call(id); !found || call != (fax.Call{Pages: 2}) {
				t.Errorf("before the line is free: %+v, %t", call, found)
			}
			<-changed
			for _, s := range steps {
				progress(s.step)
				if call, found := board.Call(id); !found || call != s.want {
					t.Errorf("after %+v: %+v, %t; want %+v", s.step, call, found, s.want)
				}
				<-changed // or the test hangs
			}
			return success(out, func(line.Progress) {})
		}
		d := c.dispatcher("a")
		d.Board = board
		c.run(d, c.outboxIsEmpty)
		<-changed
		if call, found := board.Call(id); found {
			t.Errorf("after the end there is still %+v", call)
		}
		c.sent(id) // whoever is told of the end finds the record
	})
}

// However a call ends, nothing of it stays.
func TestTheBoardForgetsEveryCall(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		board := new(fax.Board)
		c.phone.answer = func(_ context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
			progress(line.Progress{Stage: line.Dialling})
			if out.To == line.TestBusy {
				return line.Result{Outcome: line.Busy}, nil
			}
			progress(line.Progress{Stage: line.Trained})
			return line.Result{}, context.Canceled // no call was made
		}
		ids := c.submit(c.letter(line.TestBusy, line.TestOK))
		d := c.dispatcher("a")
		d.Board = board
		c.run(d, func() bool {
			for _, id := range ids {
				if _, calling := board.Call(id); calling {
					return false
				}
			}
			return c.phone.made() == 2
		})
	})
}

// Who has stopped watching hears nothing more; the others do.
func TestAWatchOfTheBoardEnds(t *testing.T) {
	eachClinic(t, func(t *testing.T, c *clinic) {
		board := new(fax.Board)
		id := c.submit(c.letter(line.TestOK))[0]
		first, stopFirst := board.Watch(id)
		second, stopSecond := board.Watch(id)
		other, stopOther := board.Watch("another")
		defer stopSecond()
		defer stopOther()
		stopFirst()
		d := c.dispatcher("a")
		d.Board = board
		c.run(d, c.outboxIsEmpty)
		<-second
		if len(first) > 0 || len(other) > 0 {
			t.Errorf("%d, %d changes, want none", len(first), len(other))
		}
	})
}

// A node without a board makes calls all the same, and shows none.
func TestNoBoardIsAnEmptyBoard(t *testing.T) {
	t.Parallel()
	var none *fax.Board
	changed, stop := none.Watch("x")
	stop()
	if _, found := none.Call("x"); found || len(changed) > 0 {
		t.Error("there is something on no board")
	}
}
