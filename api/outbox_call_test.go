package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/page/sheet"
)

// calling is a line whose calls do what the test says.
type calling func(progress func(line.Progress)) line.Result

func (c calling) Send(_ context.Context, _ line.Outgoing, progress func(line.Progress)) (line.Result, error) {
	return c(progress), nil
}

// A program that follows a fax sees the call step by step, in the record that it asks
// for anyway.
func TestTheOutboxShowsTheCallThatIsGoingOn(t *testing.T) {
	g := sqlite(t)
	token := g.token(t, g.member, auth.FaxEdit)
	id := g.send(t, token, "+15005550001")
	g.convert(t)
	shown := func() any {
		records := g.get(t, token, "/v3/accounts/self/outbox").is(200, "").records()
		job := g.get(t, token, "/v3/accounts/self/outbox/"+id).is(200, "").json()
		if len(records) != 1 || fmt.Sprint(records[0]["call"]) != fmt.Sprint(job["call"]) {
			t.Errorf("the list has %v, the record %v", records, job["call"])
		}
		return job["call"]
	}
	if call := shown(); call != nil {
		t.Errorf("before the call: %v", call)
	}
	ctx, hangUp := context.WithCancel(t.Context())
	d := &fax.Dispatcher{
		Store: g.db, Blobs: g.blobs, Stamp: sheet.Stamped, Node: "calls", Dir: t.TempDir(), Board: g.api.Board,
		Now: g.clock.Now, NewID: auth.NewID, Log: slog.New(slog.DiscardHandler),
	}
	d.Line = calling(func(progress func(line.Progress)) line.Result {
		defer hangUp()
		for _, s := range []struct {
			step line.Progress
			want string
		}{
			{line.Progress{Stage: line.Dialling}, "map[ecm:false page_count:2 pages:0 rate:0 stage:dialling transport:]"},
			{line.Progress{Stage: line.Answered, Transport: line.T38}, "map[ecm:false page_count:2 pages:0 rate:0 stage:answered transport:t38]"},
			{
				line.Progress{Stage: line.Confirmed, Transport: line.T38, Rate: 14400, ECM: true, Page: 1, Total: 2},
				"map[ecm:true page_count:2 pages:1 rate:14400 stage:confirmed transport:t38]",
			},
		} {
			progress(s.step)
			if got := fmt.Sprint(shown()); got != s.want {
				t.Errorf("at %s: %s, want %s", s.step.Stage, got, s.want)
			}
		}
		return line.Result{Outcome: line.Busy}
	})
	d.Run(ctx)
	g.get(t, token, "/v3/accounts/self/faxes/"+id).is(200, "")
}
