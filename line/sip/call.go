package sip

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/emiago/sipgo/sip"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
)

// call is one call from its answer to its end. Its goroutine owns everything here but the
// channels.
type call struct {
	dialog
	line     *Line
	trunk    *trunk
	recorder *recorder
	settings line.Call           // what T.30 is to do; the transport changes
	tell     func(line.Progress) // of a sender; nil: nobody listens

	reception line.Reception // of a receiver
	document  *os.File       // what is sent, or what is being received

	media   *media
	carrier carrier
	session *engine.Session // nil: T.30 has not begun
	result  line.Result     // of T.30, when it is over
	over    bool            // it is
	gone    bool            // the dialog has ended, whoever ended it

	inbox   chan delivery // requests of the other end
	replies chan reply    // to our re-INVITE
	ended   chan struct{} // closed when nothing is taken from inbox any more

	steps     int  // that have passed since the answer
	owed      int  // steps of T.38 that are not taken yet
	quiet     int  // steps without anything on the line
	leaveAt   int  // the step at which a receiver hangs up if the other end has not
	committed bool // the machines have begun to agree on a page: too late to go to T.38
	exchange  exchange
	timer     sessionTimer
	accepted  *accepted // our 200 that is not acknowledged yet; nil: there is none
	digits    *keypad   // what is still to be dialled; nil: nothing
	without   bool      // T.38 is not wanted on this call
	cause     string    // why we hung up; empty: we did not
}

// delivery is a request within the dialog on its way to the call.
type delivery struct {
	request *sip.Request
	tx      sip.ServerTransaction
	done    chan struct{} // closed when it is answered
}

// What a call waits for, in steps.
const (
	watchdog   = int(45 * time.Second / Step)       // without media
	askSoon    = int(200 * time.Millisecond / Step) // T38We
	askLater   = int(700 * time.Millisecond / Step) // T38Auto, as a receiver
	askLast    = int(3 * time.Second / Step)        // T38Auto, as a sender
	leaveAfter = int(time.Second / Step)            // for the sender's BYE
)

// run is the call, until it has ended. When ctx ends, it hangs up.
func (c *call) run(ctx context.Context) {
	defer c.close()
	ticker := c.line.Clock.Ticker()
	defer ticker.Stop()
	if c.digits == nil {
		c.start(c.carrier.transport())
	}
	for !c.gone {
		select {
		case <-ctx.Done():
			c.leave("hung up")
		case d := <-c.inbox:
			c.take(d)
			close(d.done)
		case r := <-c.replies:
			c.replied(r)
		case <-ticker.C():
			steps, late := ticker.Due()
			c.punctual(late)
			c.pass(steps)
			ticker.Done(c.exchange.asking || c.accepted != nil)
		}
	}
}

// punctual notes how late a step is.
func (c *call) punctual(late time.Duration) {
	c.line.late.note(late)
	if late > lateWarn {
		c.line.Log.Warn("media late", "by", late, "trunk", c.trunk.Name)
		c.recorder.add(line.Media, true, "late", fmt.Sprintf("%d ms", late.Milliseconds()))
	}
}

// The steps that are taken together: each exchange with an engine wakes a process, which
// costs more than what the modem does. G.711 is then sent frame by frame all the same. T.38
// has no playout to keep up with, and takes its steps at once when something comes in.
const (
	strideAudio = 2
	strideT38   = 3
)

// pass lets steps pass.
func (c *call) pass(steps int) {
	c.listen()
	switch x := c.carrier.(type) {
	case *image:
		if c.owed += steps; c.owed >= strideT38 || len(x.ready) > 0 {
			c.step(c.owed)
			c.owed = 0
		}
	case *audio:
		for range steps {
			if c.digits != nil || c.over {
				c.step(1)
			} else if !x.release(c.send) {
				c.step(strideAudio)
				x.release(c.send)
			}
		}
	}
}

// step lets so many steps pass at once.
func (c *call) step(steps int) {
	if c.gone {
		return
	}
	c.steps += steps
	c.quiet += steps
	if c.digits != nil {
		c.dialOn()
		return
	}
	if !c.over {
		c.carrier.hear(c.session, steps)
		c.speak(c.session.Advance(uint32(steps) * stepTicks)) //nolint:gosec // at most maxCatchUp and a stride
		c.report()
	}
	c.watch()
}

// listen takes what has come in over the network.
func (c *call) listen() {
	for {
		data, from, ok := c.media.receive()
		if !ok {
			return
		}
		c.recorder.packet(c.carrier.transport(), false, c.media.local, from, data)
		if c.carrier.arrived(data) {
			c.quiet = 0
		}
	}
}

// speak sends what the engine says.
func (c *call) speak(sent []engine.Sent) {
	if c.carrier.say(sent, c.send) {
		c.quiet = 0
	}
}

// send sends a packet of media.
func (c *call) send(packet []byte) {
	c.recorder.packet(c.carrier.transport(), true, c.media.local, c.media.to, packet)
	c.media.send(packet)
}

// start begins T.30, or begins it anew over another transport.
func (c *call) start(t line.Transport) {
	if c.session != nil {
		old := c.session
		c.line.routines.Go(old.Close)
		c.session = nil
	}
	settings := c.settings
	settings.Transport = t
	if settings.MaxTime == 0 {
		settings.MaxTime = line.DefaultMaxTime
	}
	settings.MaxTime = max(settings.MaxTime-time.Duration(c.steps)*Step, time.Second)
	err := c.freshDocument()
	if err == nil {
		c.session, err = c.line.Engine.Start(settings, c.document)
	}
	if err != nil {
		c.finish(line.Result{Outcome: line.EngineCrashed, Transport: t, Detail: err.Error()})
		c.leave("no engine")
		return
	}
	c.recorder.begins(t)
	c.progress(line.Progress{Stage: line.Answered, Transport: t})
}

// freshDocument gives a receiver an empty document for its next engine.
func (c *call) freshDocument() (err error) {
	if c.settings.Role != line.Receiver {
		return nil
	}
	if c.document != nil {
		c.document.Close()
	}
	c.document, err = engine.NewDocument(c.line.Dir)
	return err
}

func (c *call) progress(p line.Progress) {
	if c.tell != nil {
		c.tell(p)
	}
}

// report tells of what the last step of the engine brought.
func (c *call) report() {
	for _, e := range c.session.Events() {
		c.recorder.event(e)
		if e.Name == "DCS" {
			c.committed = true
		}
	}
	for _, p := range c.session.Progress() {
		c.progress(p)
		if p.Stage == line.Confirmed && c.reception != nil {
			c.reception.Page(p.Page, c.session.Confirmed()[p.Page-1])
		}
	}
	if c.session.Over() {
		c.finish(c.session.Result())
	}
}

// finish notes how T.30 ended. Whoever sent hangs up; a receiver lets it, for a while.
func (c *call) finish(r line.Result) {
	if c.over {
		return
	}
	c.over, c.result = true, r
	c.leaveAt = c.steps
	if c.settings.Role == line.Receiver && r.Outcome != line.EngineCrashed {
		c.leaveAt += leaveAfter
	}
}

// watch does what time asks for.
func (c *call) watch() {
	switch {
	case c.over && c.steps >= c.leaveAt:
		c.leave("")
	case !c.over && c.quiet >= watchdog:
		c.leave("nothing was heard for 45 s")
	default:
		c.remind()
		c.ask()
		c.timer.watch(c)
	}
}

// leave hangs up: T.30 first, then the call. why is for the log; empty: all was said.
func (c *call) leave(why string) {
	if c.gone {
		return
	}
	c.cause = why
	c.hangUp()
	c.bye()
}

// hangUp ends T.30.
func (c *call) hangUp() {
	if c.over || c.session == nil {
		return
	}
	r := c.session.HangUp()
	c.report()
	c.finish(r)
}

// bye ends the dialog from our side (RFC 3261 15). It is on its way when bye returns;
// nothing depends on its answer.
func (c *call) bye() {
	c.gone = true
	r := c.next(sip.BYE)
	tx, err := c.line.agent.TransactionLayer().Request(context.Background(), r)
	if err != nil {
		return // there is no way to the other end any more
	}
	c.line.routines.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), askPatience)
		defer cancel()
		res, err := final(ctx, tx)
		if err != nil || !challenge(res) {
			return
		}
		if again, ok := c.trunk.authorized(r, res); ok {
			_, _ = c.line.exchange(ctx, again)
		}
	})
}

// hungUp takes the other end's BYE. What it said before is heard first: the last page may
// be in it.
func (c *call) hungUp(r *sip.Request) {
	for range drainSteps {
		if c.over || c.session == nil {
			break
		}
		c.listen()
		c.carrier.hear(c.session, 1)
		c.speak(c.session.Advance(stepTicks))
		c.report()
	}
	c.hangUp()
	if h := r.GetHeader("Reason"); h != nil && c.cause == "" {
		c.cause = clean(h.Value())
	}
	c.gone = true
}

// drainSteps are what a playout buffer holds, and the engine's own delay.
const drainSteps = 15

// close lets go of what the call had.
func (c *call) close() {
	c.line.forget(c)
	close(c.ended)
	if c.session != nil {
		c.session.Close()
	}
	c.media.close()
}

// outcome is what became of the call.
func (c *call) outcome(ctx context.Context) line.Result {
	r := c.result
	if !c.over { // it ended before T.30 began
		r = line.Result{Outcome: line.Dropped, Transport: c.carrier.transport()}
	}
	if ctx.Err() != nil && len(r.Pages) == 0 {
		r.Outcome = line.Interrupted
	}
	r.Trunk, r.T38 = c.trunk.ID, c.exchange.end
	r.Time = time.Duration(c.steps) * Step
	r.Traffic = c.carrier.traffic()
	if r.Detail == "" {
		r.Detail = c.cause
	}
	r.Trace = c.recorder.trace(r)
	return r
}
