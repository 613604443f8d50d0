package loop_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/loop"
	"github.com/faxgate/faxgate/page"
)

// me is a number of this server, unknown is not.
const (
	me      = "+15005551000"
	unknown = "+15005551999"
)

// mailbox takes the calls to me.
type mailbox struct {
	mu    sync.Mutex
	calls []*delivery
}

// delivery is one call as it was told of.
type delivery struct {
	line.Incoming
	told   []line.Page
	result line.Result
	pages  []*page.Page
	tiff   []byte
	done   int
}

func (m *mailbox) Accept(_ context.Context, in line.Incoming) (line.Reception, line.Outcome) {
	if in.To != me {
		return nil, line.InvalidNumber
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	d := &delivery{Incoming: in}
	m.calls = append(m.calls, d)
	return d, line.OK
}

func (d *delivery) Page(n int, p line.Page) {
	if d.told = append(d.told, p); n != len(d.told) {
		panic("a page out of turn")
	}
}

func (d *delivery) Done(r line.Result, document *os.File) {
	d.done++
	d.result = r
	if document == nil {
		return
	}
	d.tiff, _ = io.ReadAll(document)
	if tiff, err := page.OpenTIFF(document, int64(len(d.tiff))); err == nil {
		for i := range tiff.Pages() {
			if p, err := tiff.Page(i); err == nil {
				d.pages = append(d.pages, p)
			}
		}
	}
}

// each runs a test on a simulated line and, where it was built, on one with engines.
func each(t *testing.T, test func(t *testing.T, l *loop.Line, m *mailbox)) {
	for _, simulated := range []bool{true, false} {
		name := map[bool]string{true: "simulated", false: "engine"}[simulated]
		if !simulated && !built {
			continue // TestEngineIsThere says so where it must not be
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := new(mailbox)
			l := &loop.Line{Inbound: m, Dir: t.TempDir()}
			if !simulated {
				l.Engine = faxmodem(t)
			}
			test(t, l, m)
			if left, err := os.ReadDir(l.Dir); err != nil || len(left) > 0 {
				t.Errorf("%d files are left, %v", len(left), err)
			}
		})
	}
}

// send sends pages, and gives the stages on the way in words.
func send(t *testing.T, l *loop.Line, out line.Outgoing) (line.Result, string) {
	t.Helper()
	var way []string
	r, err := l.Send(t.Context(), out, func(p line.Progress) {
		way = append(way, strings.TrimSpace(string(p.Stage)+" "+string(p.Transport)))
	})
	if err != nil {
		t.Fatal(err)
	}
	return r, strings.Join(way, ", ")
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	const (
		answered = "dialling, answered t38, trained t38, confirmed t38"
		g711     = "dialling, answered pcmu, trained pcmu, confirmed pcmu"
	)
	for _, tt := range []struct {
		number  string
		attempt int
		want    line.Outcome
		pages   int
		way     string
	}{
		{line.TestOK, 1, line.OK, 2, answered + ", confirmed t38"},
		{line.TestBusy, 1, line.Busy, 0, "dialling"},
		{line.TestNoAnswer, 1, line.NoAnswer, 0, "dialling"},
		{line.TestOnceThenOK, 0, line.TrunkUnavailable, 0, "dialling"},
		{line.TestOnceThenOK, 1, line.TrunkUnavailable, 0, "dialling"},
		{line.TestOnceThenOK, 2, line.OK, 2, answered + ", confirmed t38"},
		{line.TestNeverOK, 3, line.Rejected, 0, "dialling"},
		{line.TestNoT38, 1, line.OK, 2, g711 + ", confirmed pcmu"},
		{line.TestDrops, 1, line.Partial, 1, answered},
		{line.TestVoice, 1, line.NoFax, 0, "dialling, answered pcmu"},
		{line.TestUnallocated, 1, line.InvalidNumber, 0, "dialling"},
		{unknown, 1, line.InvalidNumber, 0, "dialling"},
	} {
		t.Run(tt.number, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, l *loop.Line, m *mailbox) {
				pages := text(t, 1100, 1100)
				began := time.Now()
				r, way := send(t, l, line.Outgoing{From: me, To: tt.number, Attempt: tt.attempt, Document: document(t, pages)})
				t.Logf("%s, %s of fax in %s", r.T30, r.Time, time.Since(began).Round(time.Millisecond))
				if r.Outcome != tt.want || len(r.Pages) != tt.pages || r.Simulated != l.Simulated() {
					t.Errorf("Send = %+v, want %s and %d pages", r, tt.want, tt.pages)
				}
				if way != tt.way {
					t.Errorf("its way was %q, want %q", way, tt.way)
				}
				if len(m.calls) > 0 {
					t.Errorf("there was a call into this server: %+v", m.calls[0])
				}
			})
		})
	}
}

// got checks the only call: from whom it was, and that it brought these pages.
func (m *mailbox) got(t *testing.T, from string, want []*page.Page) {
	t.Helper()
	if len(m.calls) != 1 {
		t.Fatalf("%d calls came in, want one", len(m.calls))
	}
	d := m.calls[0]
	if d.From != from || d.To != me || d.done != 1 || d.result.Outcome != line.OK || len(d.result.Pages) != len(want) {
		t.Errorf("received %+v, want %d pages from %s", d, len(want), from)
	}
	if !slices.Equal(d.told, d.result.Pages) {
		t.Errorf("it was told of pages %+v and then of %+v", d.told, d.result.Pages)
	}
	same(t, d.pages, want)
}

// An organization's own number leads into its inbox.
func TestCallIntoThisServer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l *loop.Line, m *mailbox) {
		pages := text(t, 1100, 2200, 1)
		r, _ := send(t, l, line.Outgoing{From: "+81312345678", To: me, Document: document(t, pages), Call: line.Call{StationID: "+81 3 1234 5678"}})
		if r.Outcome != line.OK || r.Total != 3 || !l.Simulated() && r.StationID != me {
			t.Errorf("Send = %+v, want ok", r)
		}
		m.got(t, "+81312345678", pages)
		got := m.calls[0].result
		if !l.Simulated() && (got.StationID != "+81 3 1234 5678" || got.Rate != 14400 || !got.ECM || got.Time < time.Minute) {
			t.Errorf("received %+v", got)
		}
		for i, p := range got.Pages {
			if p.Width != 1728 || p.Length < pages[i].Rows || p.XDPM < 8030 || p.XDPM > 8040 || p.YDPM != 7700 || p.Octets == 0 {
				t.Errorf("page %d is %+v", i+1, p)
			}
		}
	})
}

// Who answers is there already; that an extension was dialled is told of calls that were
// answered, and of no others.
func TestAnExtensionIsDialledAfterTheAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l *loop.Line, m *mailbox) {
		want := text(t, 300)
		for to, extension := range map[string]string{me: "12", line.TestNoT38: "12", line.TestVoice: "12", line.TestBusy: "", line.TestUnallocated: ""} {
			r, _ := send(t, l, line.Outgoing{To: to, Extension: "12", Document: document(t, want)})
			if r.Extension != extension {
				t.Errorf("%s: dialled was %q, want %q", to, r.Extension, extension)
			}
		}
		if len(m.calls) != 1 || m.calls[0].To != me || m.calls[0].result.Extension != "" {
			t.Fatalf("the calls were %+v", m.calls)
		}
		same(t, m.calls[0].pages, want)
	})
}

// A document of one page is complete before the line drops.
func TestDropAfterTheOnlyPageIsSuccess(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l *loop.Line, _ *mailbox) {
		if r, _ := send(t, l, line.Outgoing{To: line.TestDrops, Document: document(t, text(t, 1100))}); r.Outcome != line.OK {
			t.Errorf("Send = %+v, want ok", r)
		}
	})
}

// What is sent back comes in where the sender says, and goes to no other number.
func TestSendBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l *loop.Line, m *mailbox) {
		l.Inbound = nil
		pages := text(t, 1100, 1100)
		for _, tt := range []struct {
			to   string
			want line.Outcome
		}{
			{me, line.OK}, {unknown, line.InvalidNumber}, {"+81312345678", line.InvalidNumber}, {line.TestOK, line.InvalidNumber},
		} {
			r, err := l.SendBack(t.Context(), line.Outgoing{From: line.TestOK, To: tt.to, Document: document(t, pages)}, m)
			if err != nil || r.Outcome != tt.want || r.Simulated != l.Simulated() {
				t.Errorf("to %s: %+v, %v; want %s", tt.to, r, err, tt.want)
			}
		}
		m.got(t, line.TestOK, pages)
		if r, err := l.SendBack(t.Context(), line.Outgoing{From: line.TestOK, To: me}, m); err == nil {
			t.Errorf("without a document: %+v", r)
		}
	})
}

// What is received is the pages and nothing else, such as the host's name, which engines
// write into their TIFFs: byte for byte what package page makes of the pages.
func TestReceivedDocumentNamesNobody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l *loop.Line, m *mailbox) {
		doc := document(t, text(t, 1100, 1100))
		send(t, l, line.Outgoing{To: me, Document: doc})
		want, err := os.ReadFile(doc.Name())
		if err != nil {
			t.Fatal(err)
		}
		if got := m.calls[0].tiff; !bytes.Equal(got, want) {
			t.Errorf("%d octets were received, which are not the %d that were sent", len(got), len(want))
		}
	})
}

func TestCancelHangsUp(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		at    line.Stage
		want  line.Outcome
		pages int
	}{
		{"while it rings", line.Dialling, line.Interrupted, 0},
		{"when it is answered", line.Answered, line.Interrupted, 0},
		{"when the machines agree", line.Trained, line.Interrupted, 0},
		{"after a page", line.Confirmed, line.Partial, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, l *loop.Line, m *mailbox) {
				ctx, cancel := context.WithCancel(t.Context())
				r, err := l.Send(ctx, line.Outgoing{From: me, To: me, Document: document(t, text(t, 1100, 1100, 1100))}, func(p line.Progress) {
					if p.Stage == tt.at {
						cancel()
					}
				})
				if err != nil || r.Outcome != tt.want || len(r.Pages) != tt.pages {
					t.Fatalf("Send = %+v, %v; want %s with %d pages", r, err, tt.want, tt.pages)
				}
				for _, d := range m.calls {
					if d.done != 1 || d.result.Outcome == line.OK || len(d.pages) != len(d.result.Pages) || len(d.pages) < tt.pages {
						t.Errorf("received %+v", d.result)
					}
				}
			})
		})
	}
}

func TestNoCallIsMade(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l *loop.Line, _ *mailbox) {
		doc := document(t, text(t, 1100))
		nobody := func(line.Progress) { t.Error("it was dialled") }
		for name, out := range map[string]line.Outgoing{
			"no document":          {To: line.TestOK},
			"no number":            {To: "0001", Document: doc},
			"a number of the rest": {To: "+81312345678", Document: doc},
		} {
			if _, err := l.Send(t.Context(), out, nobody); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := l.Send(ctx, line.Outgoing{To: line.TestOK, Document: doc}, nobody); !errors.Is(err, context.Canceled) {
			t.Errorf("Send = %v, want Canceled", err)
		}
	})
}

func TestBadDocument(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l *loop.Line, m *mailbox) {
		f, err := os.Create(t.TempDir() + "/empty.tiff")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if r, _ := send(t, l, line.Outgoing{To: me, Document: f}); r.Outcome != line.BadDocument {
			t.Errorf("Send = %+v, want bad_document", r)
		}
		if d := m.calls[0]; d.done != 1 || d.result.Outcome == line.OK || d.tiff != nil {
			t.Errorf("received %+v", d)
		}
	})
}

// A line without anything in it is a simulated one on which nobody has a number.
func TestZeroLine(t *testing.T) {
	t.Parallel()
	var l loop.Line
	if r, _ := send(t, &l, line.Outgoing{To: me, Document: document(t, text(t, 1100))}); r.Outcome != line.InvalidNumber || !r.Simulated {
		t.Errorf("Send = %+v, want invalid_number", r)
	}
}

// There are never more calls at once than the line has channels.
func TestCallsWaitForAChannel(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l *loop.Line, m *mailbox) {
		l.Calls = 2
		var mu sync.Mutex
		now, most := 0, 0
		pages := text(t, 1100)
		var wg sync.WaitGroup
		for range 8 {
			doc := document(t, pages)
			wg.Go(func() {
				r, err := l.Send(t.Context(), line.Outgoing{To: me, Document: doc}, func(p line.Progress) {
					mu.Lock()
					defer mu.Unlock()
					switch p.Stage {
					case line.Dialling:
						now++
						most = max(most, now)
					case line.Confirmed: // the only page
						now--
					}
				})
				if err != nil || r.Outcome != line.OK {
					t.Errorf("Send = %+v, %v", r, err)
				}
			})
		}
		wg.Wait()
		if most > 2 || len(m.calls) != 8 {
			t.Errorf("%d calls at once and %d in all, want 2 and 8", most, len(m.calls))
		}
	})
}
