//go:build spandsp && cgo

package loop_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
	"github.com/faxgate/faxgate/line/loop"
)

// built says whether these tests have an engine.
const built = true

// program builds the engine, once.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(programs, engine.Program)
	out, err := exec.Command("go", "build", "-tags", "spandsp", "-o", path, "github.com/faxgate/faxgate/cmd/faxmodem").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func faxmodem(t testing.TB) *engine.Engine {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return &engine.Engine{Path: path, StepTimeout: time.Minute}
}

// What comes out is what went in, whatever carries it.
func TestPagesComeOutAsTheyWentIn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		withoutT38 bool
		call       line.Call
	}{
		{"T.38 with ECM", false, line.Call{}},
		{"T.38 without ECM", false, line.Call{WithoutECM: true}},
		{"G.711 with ECM", true, line.Call{}},
		{"G.711 without ECM", true, line.Call{WithoutECM: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := new(mailbox)
			l := &loop.Line{Engine: faxmodem(t), Inbound: m, WithoutT38: tt.withoutT38}
			pages := text(t, 2200, 1100, 2200)
			doc := document(t, pages)
			began := time.Now()
			r, _ := send(t, l, line.Outgoing{From: "+81312345678", To: me, Document: doc, Call: tt.call})
			t.Logf("%s of fax in %s", r.Time, time.Since(began).Round(time.Millisecond))
			transport := line.T38
			if tt.withoutT38 {
				transport = line.ULaw
			}
			for who, r := range map[string]line.Result{"sender": r, "receiver": m.calls[0].result} {
				if r.Outcome != line.OK || r.Transport != transport || r.ECM == tt.call.WithoutECM || r.Rate != 14400 || r.Simulated {
					t.Errorf("%s: Result = %+v", who, r)
				}
			}
			m.got(t, "+81312345678", pages)
		})
	}
}

// Both ends have a ladder of the call, each from its own side.
func TestBothEndsHaveATrace(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	m := new(mailbox)
	l := &loop.Line{Engine: faxmodem(t), Inbound: m, Now: func() time.Time { return began }}
	r, _ := send(t, l, line.Outgoing{To: me, Document: document(t, text(t, 1100))})
	sender := "→ t38, ← CSI, ← DIS, → DCS, ← CFR, → PPS-EOP, ← MCF, → DCN"
	receiver := "← t38, → CSI, → DIS, ← DCS, → CFR, ← PPS-EOP, → MCF, ← DCN"
	for want, r := range map[string]line.Result{sender: r, receiver: m.calls[0].result} {
		if r.Trace == nil || r.Trace.Began != began || r.Trace.Missing != 0 || r.Trace.Capture != nil {
			t.Fatalf("Trace = %+v", r.Trace)
		}
		var got []string
		for _, e := range r.Trace.Events {
			got = append(got, map[bool]string{true: "→ ", false: "← "}[e.Sent]+e.Name)
		}
		if got := strings.Join(got, ", "); got != want {
			t.Errorf("the ladder is %s\nwant %s", got, want)
		}
		if last := r.Trace.Events[len(r.Trace.Events)-1]; last.At < 20*time.Second || last.At > r.Time {
			t.Errorf("%+v in a call of %s", last, r.Time)
		}
	}
	if r, _ := send(t, l, line.Outgoing{To: line.TestVoice, Document: document(t, text(t, 1))}); r.Trace == nil || len(r.Trace.Events) != 1 {
		t.Errorf("a person answers: Trace = %+v", r.Trace)
	}
	if r, _ := send(t, l, line.Outgoing{To: line.TestBusy, Document: document(t, text(t, 1))}); r.Trace != nil {
		t.Errorf("nobody answers: Trace = %+v", r.Trace)
	}
}

// An engine that does not start is one that crashed, on both sides.
func TestEngineIsGone(t *testing.T) {
	t.Parallel()
	m := new(mailbox)
	l := &loop.Line{Engine: &engine.Engine{Path: filepath.Join(t.TempDir(), "faxmodem")}, Inbound: m}
	for _, to := range []string{me, line.TestVoice} {
		if r, _ := send(t, l, line.Outgoing{To: to, Document: document(t, text(t, 1100))}); r.Outcome != line.EngineCrashed || r.Detail == "" {
			t.Errorf("Send = %+v, want engine_crashed", r)
		}
	}
	if d := m.calls[0]; d.done != 1 || d.result.Outcome != line.EngineCrashed {
		t.Errorf("received %+v", d)
	}
}

// witness is a reception that does something when a page is confirmed.
type witness struct {
	line.Reception
	confirmed func(n int)
}

func (w witness) Page(n int, p line.Page) {
	w.Reception.Page(n, p)
	w.confirmed(n)
}

// witnessed puts a witness into each call.
type witnessed struct {
	line.Inbound
	confirmed func(n int)
}

func (w witnessed) Accept(ctx context.Context, in line.Incoming) (line.Reception, line.Outcome) {
	r, outcome := w.Inbound.Accept(ctx, in)
	return witness{r, w.confirmed}, outcome
}

// faxmodemWithID is an engine that writes down the ids of its processes, as they start.
func faxmodemWithID(t *testing.T) (e *engine.Engine, ids func() []int) {
	t.Helper()
	list, script := filepath.Join(t.TempDir(), "ids"), filepath.Join(t.TempDir(), "faxmodem")
	e = faxmodem(t)
	text := fmt.Sprintf("#!/bin/sh\necho $$ >>%q\nexec %q \"$@\"\n", list, e.Path)
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	e.Path = script
	return e, func() (ids []int) {
		written, err := os.ReadFile(list)
		if err != nil {
			t.Error(err)
		}
		for word := range strings.FieldsSeq(string(written)) {
			id, err := strconv.Atoi(word)
			if err != nil {
				t.Error(err)
			}
			ids = append(ids, id)
		}
		return ids
	}
}

// A page of which the sending engine did not hear any more that it arrived will be sent
// again. So it is not kept.
func TestEngineDiesBeforeItHearsThatAPageArrived(t *testing.T) {
	t.Parallel()
	for last := range 2 {
		t.Run(fmt.Sprintf("after %d pages", last), func(t *testing.T) {
			t.Parallel()
			m := new(mailbox)
			e, ids := faxmodemWithID(t)
			l := &loop.Line{Engine: e, Inbound: witnessed{m, func(n int) {
				if n == last+1 {
					if err := syscall.Kill(ids()[0], syscall.SIGKILL); err != nil {
						t.Error(err)
					}
				}
			}}}
			r, _ := send(t, l, line.Outgoing{From: "+81312345678", To: me, Document: document(t, text(t, 1100, 1100))})
			if r.Outcome != line.EngineCrashed || len(r.Pages) != last || r.Unsure {
				t.Errorf("Send = %+v, want engine_crashed after %d pages for sure", r, last)
			}
			want := map[int]line.Outcome{0: line.Dropped, 1: line.Partial}[last]
			if d := m.calls[0]; len(d.told) != last+1 || d.done != 1 || len(d.pages) != last || d.result.Outcome != want {
				t.Errorf("told of %d pages, received %+v", len(d.told), d.result)
			}
		})
	}
}

// BenchmarkFax sends faxes of three dense pages into this server, as many at once as
// there are processors.
func BenchmarkFax(b *testing.B) {
	for name, withoutT38 := range map[string]bool{"T.38": false, "G.711": true} {
		b.Run(name, func(b *testing.B) {
			l := &loop.Line{Engine: faxmodem(b), Inbound: new(mailbox), WithoutT38: withoutT38}
			pages := text(b, 2200, 2200, 2200)
			b.RunParallel(func(pb *testing.PB) {
				doc := document(b, pages)
				for pb.Next() {
					if r, err := l.Send(b.Context(), line.Outgoing{To: me, Document: doc}, nil); err != nil || r.Outcome != line.OK {
						b.Errorf("Send = %+v, %v", r, err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "faxes/s")
		})
	}
}
