package loop

import (
	"context"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
)

// stride is the time that passes at once, in ticks: 200 ms. What one end says is heard by
// the other one stride later, as by way of a satellite. Each stride costs both processes
// a question and an answer: with 20 ms, four times fewer faxes a second went through.
const stride = line.SampleRate / 5

// converse puts two engines back to back and lets them talk.
func (c *call) converse(ctx context.Context) (sent, received line.Result) {
	sender, receiver, err := c.engines()
	if err != nil {
		return c.failed(err), c.failed(err)
	}
	defer sender.Close()
	defer receiver.Close()
	c.progress(line.Progress{Stage: line.Answered, Transport: c.transport()})
	t := c.record()
	for !sender.Over() || !receiver.Over() {
		if ctx.Err() != nil || c.drops > 0 && len(sender.Confirmed()) >= c.drops || crashed(sender, receiver) {
			sender.HangUp()
			receiver.HangUp()
		} else {
			fromSender, fromReceiver := sender.Advance(stride), receiver.Advance(stride)
			hand(fromSender, receiver)
			hand(fromReceiver, sender)
		}
		c.report(sender, receiver)
		keep(t.sender, sender.Events())
		keep(t.receiver, receiver.Events())
	}
	sent, received = agreed(sender.Result(), receiver.Result())
	sent.Trace, received.Trace = t.sender, t.receiver
	return sent, received
}

// agreed are the results of both ends where one may have been cut off before it heard of
// the other. The sender is told whose engine it was. The receiver keeps only pages that
// the sender knows to have arrived: it may send all others again, and none of them twice.
func agreed(sent, received line.Result) (line.Result, line.Result) {
	if sent.Outcome != line.OK && received.Outcome == line.EngineCrashed {
		sent.Outcome, sent.Detail = line.EngineCrashed, "at the other end: "+received.Detail
	}
	sent.Unsure = false
	if n := len(sent.Pages); len(received.Pages) > n {
		received.Pages = received.Pages[:n]
		received.Outcome, received.Detail = line.Dropped, "before the other end knew that the page had arrived"
		if n > 0 {
			received.Outcome = line.Partial
		}
	}
	return sent, received
}

// crashed reports whether an end's process is gone: there is nobody to wait for.
func crashed(ends ...*engine.Session) bool {
	for _, s := range ends {
		if s.Result().Outcome == line.EngineCrashed {
			return true
		}
	}
	return false
}

// engines starts both ends.
func (c *call) engines() (sender, receiver *engine.Session, err error) {
	if sender, err = c.sender(); err != nil {
		return nil, nil, err
	}
	if c.arrived, err = engine.NewDocument(c.line.Dir); err == nil {
		receiver, err = c.line.Engine.Start(line.Call{
			Role: line.Receiver, Transport: c.transport(), StationID: c.To, MaxTime: c.Call.MaxTime,
		}, c.arrived)
	}
	if err != nil {
		sender.Close()
		return nil, nil, err
	}
	return sender, receiver, nil
}

// sender starts the end that sends.
func (c *call) sender() (*engine.Session, error) {
	settings := c.Call
	settings.Role, settings.Transport = line.Sender, c.transport()
	return c.line.Engine.Start(settings, c.Document)
}

// failed is the result of an engine that did not even start.
func (c *call) failed(err error) line.Result {
	return line.Result{Outcome: line.EngineCrashed, Transport: c.transport(), Detail: err.Error()}
}

// hand gives what one end sent to the other.
func hand(sent []engine.Sent, to *engine.Session) {
	for _, s := range sent {
		if s.Audio != nil {
			to.Audio(s.Audio)
		} else {
			to.Packet(s.Packet.Seq, s.Packet.Data)
		}
	}
}

// report tells both sides what the last step brought.
func (c *call) report(sender, receiver *engine.Session) {
	for _, p := range sender.Progress() {
		c.progress(p)
	}
	for _, p := range receiver.Progress() {
		if p.Stage == line.Confirmed {
			c.confirmed(p.Page, receiver.Confirmed()[p.Page-1])
		}
	}
}
