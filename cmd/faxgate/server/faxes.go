package server

import (
	"cmp"
	"context"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
	"github.com/faxgate/faxgate/line/loop"
	"github.com/faxgate/faxgate/page/sheet"
	"github.com/faxgate/faxgate/store"
)

// Faxes is what a server needs to send and receive, besides the bytes of documents. The
// zero value sends nothing.
type Faxes struct {
	// Engine speaks T.30 on the test line. Nil: the line is simulated.
	Engine *engine.Engine
	// EngineVersion names it, such as "libspandsp 0.0.6". Empty: there is none.
	EngineVersion string
	// Converter makes pages of documents. Nil: nothing is sent.
	Converter fax.Converter
	// Signalling is how trunks are spoken to.
	Signalling Signalling
	// Calls is how many faxes are sent at a time on this node. Zero: 10.
	Calls int
	// Dir is for pages under way. Their files have no names. Empty: os.TempDir.
	Dir string
}

// newDispatcher joins the outbox to the lines, and the lines to the inbox. Both are nil where
// nothing can be sent.
func newDispatcher(db *store.DB, c Config, r *Rules, board *fax.Board) (*fax.Dispatcher, *trunks) {
	if c.Blobs == nil || c.Converter == nil {
		return nil, nil
	}
	inbound := &fax.Receiver{Store: db, Blobs: c.Blobs, Now: c.Now, NewID: auth.NewID, Log: c.Log}
	test := &loop.Line{Engine: c.Engine, Inbound: inbound, Dir: c.Dir}
	outside := &trunks{
		Signalling: c.Signalling, rules: r.Trunks, engine: c.Engine, inbound: inbound, dir: c.Dir, node: c.Node,
		agent: "faxgate/" + cmp.Or(c.Version, "dev"), now: c.Now, log: c.Log, woken: make(chan struct{}, 1),
	}
	d := &fax.Dispatcher{
		Store: db, Blobs: c.Blobs, Converter: c.Converter, Stamp: sheet.Stamped, Node: c.Node, Dir: c.Dir, Grace: drainTimeout,
		Line: lines{test, outside}, TestLine: test, Receiver: inbound, Board: board, Now: c.Now, NewID: auth.NewID, Log: c.Log,
		Calls: c.Calls,
	}
	r.Outbox.Wake = d.Wake
	return d, outside
}

// lines finds the line to a number. The test numbers lead to the test line, and nowhere
// else; all others over trunks.
type lines struct{ test, trunks line.Line }

// Send makes the call.
func (l lines) Send(ctx context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
	if line.IsTestNumber(out.To) {
		return l.test.Send(ctx, out, progress)
	}
	return l.trunks.Send(ctx, out, progress)
}
