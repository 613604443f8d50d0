package server

import (
	"context"
	"fmt"

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
	// Dir is for pages under way. Their files have no names. Empty: os.TempDir.
	Dir string
}

// newDispatcher joins the outbox to the line, and the line to the inbox. It is nil where
// nothing can be sent.
func newDispatcher(db *store.DB, c Config, r *Rules, board *fax.Board) *fax.Dispatcher {
	if c.Blobs == nil || c.Converter == nil {
		return nil
	}
	inbound := &fax.Receiver{Store: db, Blobs: c.Blobs, Now: c.Now, NewID: auth.NewID, Log: c.Log}
	test := &loop.Line{Engine: c.Engine, Inbound: inbound, Dir: c.Dir, Now: c.Now}
	d := &fax.Dispatcher{
		Store: db, Blobs: c.Blobs, Converter: c.Converter, Stamp: sheet.Stamped, Node: c.Node, Dir: c.Dir, Grace: drainTimeout,
		Line: lines{test}, TestLine: test, Receiver: inbound, Board: board, Now: c.Now, NewID: auth.NewID, Log: c.Log,
	}
	r.Outbox.Wake = d.Wake
	return d
}

// lines finds the line to a number. The test numbers lead to the test line, and
// nowhere else; there is no other line yet.
type lines struct{ test line.Line }

// Send makes the call. Where no line leads, it has failed like a call that no trunk
// takes.
func (l lines) Send(ctx context.Context, out line.Outgoing, progress func(line.Progress)) (line.Result, error) {
	if line.IsTestNumber(out.To) {
		return l.test.Send(ctx, out, progress)
	}
	if err := out.Check(); err != nil {
		return line.Result{}, err
	}
	return line.Result{Outcome: line.TrunkUnavailable, Detail: fmt.Sprintf("no trunk leads to %s", out.To)}, nil
}
