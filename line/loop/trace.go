package loop

import (
	"time"

	"github.com/faxgate/faxgate/line"
)

// traces are the flight recorders of both ends.
type traces struct{ sender, receiver *line.Trace }

// record begins both recorders with what carries the call. Nothing on the test line goes
// over a network: there are no packets to capture.
func (c *call) record() traces {
	now := c.line.Now
	if now == nil {
		now = time.Now
	}
	began := now()
	begin := func(sent bool) *line.Trace {
		t := &line.Trace{Began: began}
		t.Add(line.Event{Layer: line.Media, Sent: sent, Name: string(c.transport())})
		return t
	}
	return traces{begin(true), begin(false)}
}

// keep adds the events of a step.
func keep(t *line.Trace, events []line.Event) {
	for _, e := range events {
		t.Add(e)
	}
}
