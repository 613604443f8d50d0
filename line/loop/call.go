package loop

import (
	"context"
	"os"

	"github.com/faxgate/faxgate/line"
)

// call is one call on the test line.
type call struct {
	line.Outgoing
	number
	line    *Line
	tell    func(line.Progress) // nil: nobody listens
	inbound line.Inbound        // takes calls into this server; nil: nobody has a number

	reception line.Reception // who receives in this server; nil: nobody
	arrived   *os.File       // what the receiving engine wrote; nil: there was none
	document  *os.File       // the confirmed pages, written anew; nil: none
}

// close closes the documents. They have no names: that is their end.
func (c *call) close() {
	for _, f := range []*os.File{c.arrived, c.document} {
		if f != nil {
			f.Close()
		}
	}
}

// make makes the call: it rings, somebody answers or nobody does, the fax is sent, and
// what arrived is handed over.
func (c *call) make(ctx context.Context) line.Result {
	c.progress(line.Progress{Stage: line.Dialling})
	if outcome := c.dial(ctx); outcome != line.OK {
		return line.Result{Outcome: outcome, SIP: statuses[outcome], Simulated: c.line.Simulated()}
	}
	sent, received := c.carry(ctx)
	sent.Extension = c.Extension // whoever answers a test number is there already, and lets it pass
	if ctx.Err() != nil && len(sent.Pages) == 0 {
		sent.Outcome = line.Interrupted
	}
	if c.reception != nil {
		c.deliver(received)
	}
	return sent
}

func (c *call) progress(p line.Progress) {
	if c.tell != nil {
		c.tell(p)
	}
}

// dial is what the telephone network says. OK: the call is answered, by the reception
// if it is for this server.
func (c *call) dial(ctx context.Context) (outcome line.Outcome) {
	switch {
	case ctx.Err() != nil:
		return line.Interrupted
	case c.number != number{}:
		return c.answers(c.Attempt)
	case c.inbound == nil:
		return line.InvalidNumber
	}
	c.reception, outcome = c.inbound.Accept(ctx, line.Incoming{To: c.To, From: c.From})
	return outcome
}

// carry sends the fax, by engines or without.
func (c *call) carry(ctx context.Context) (sent, received line.Result) {
	switch {
	case c.line.Simulated():
		return c.simulate(ctx)
	case c.voice:
		return c.talk(ctx), line.Result{}
	}
	return c.converse(ctx)
}

// transport is what the call is carried by. A person does not ask for T.38.
func (c *call) transport() line.Transport {
	if c.noT38 || c.voice || c.line.WithoutT38 {
		return line.ULaw
	}
	return line.T38
}

// confirmed tells the receiving side of page n.
func (c *call) confirmed(n int, p line.Page) {
	if c.reception != nil {
		c.reception.Page(n, p)
	}
}

// deliver writes the pages that arrived anew and hands them to the reception.
func (c *call) deliver(r line.Result) {
	var err error
	if len(r.Pages) > 0 {
		if c.document, err = c.rewrite(len(r.Pages)); err != nil {
			r.Outcome, r.Detail = line.StorageFailed, err.Error()
		}
	}
	c.reception.Done(r, c.document)
}
