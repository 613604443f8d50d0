//go:build spandsp && cgo

package engine_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
	"github.com/faxgate/faxgate/page"
)

// build builds faxmodem with tags, once.
func build(name, tags string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		path := filepath.Join(programs, name)
		out, err := exec.Command("go", "build", "-tags", tags, "-o", path,
			"github.com/faxgate/faxgate/cmd/faxmodem").CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("%w: %s", err, out)
		}
		return path, nil
	})
}

var (
	faxmodem  = build("faxmodem", "spandsp")
	unguarded = build("unguarded", "spandsp unguarded")
)

func program(t *testing.T, built func() (string, error)) *engine.Engine {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return &engine.Engine{Path: path, StepTimeout: time.Minute}
}

// hand gives what one end sends to the other.
func hand(sent []engine.Sent, to *engine.Session) {
	for _, s := range sent {
		if s.Audio != nil {
			to.Audio(s.Audio)
			continue
		}
		to.Packet(s.Packet.Seq, s.Packet.Data)
	}
}

// connect carries what both ends say, 20 ms at a time, until the call is over at both
// or stop says so.
func connect(a, b *engine.Session, stop func() bool) {
	for (!a.Over() || !b.Over()) && !stop() {
		step(a, b)
	}
}

// step is 20 ms of a call.
func step(a, b *engine.Session) {
	fromA, fromB := a.Advance(160), b.Advance(160)
	hand(fromA, b)
	hand(fromB, a)
}

func never() bool { return false }

func TestVersionNamesTheLibrary(t *testing.T) {
	t.Parallel()
	got, err := program(t, faxmodem).Version(t.Context())
	if err != nil || got[:len("libspandsp")] != "libspandsp" {
		t.Errorf("Version = %q, %v", got, err)
	}
}

// Two engines back to back, in virtual time: what comes out is what went in.
func TestPagesComeOutAsTheyWentIn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		transport  line.Transport
		withoutECM bool
		maxRate    int
	}{
		{"T.38 with ECM", line.T38, false, 0},
		{"T.38 without ECM", line.T38, true, 0},
		{"T.38 over V.27ter", line.T38, false, 4800},
		{"G.711 mu-law with ECM", line.ULaw, false, 0},
		{"G.711 A-law without ECM", line.ALaw, true, 0},
		{"G.711 over V.29", line.ULaw, false, 9600},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			call := line.Call{Transport: tt.transport, WithoutECM: tt.withoutECM, MaxRate: tt.maxRate}
			pages := fine(t, 2200, 1100, 2200)
			received := newDocument(t)
			e := program(t, faxmodem)
			began := time.Now()
			call.Role, call.StationID = line.Sender, "+1 500 555 0100"
			a := start(t, e, call, writeTIFF(t, pages))
			call.Role, call.StationID = line.Receiver, "+1 500 555 0001"
			b := start(t, e, call, received)
			connect(a, b, never)
			t.Logf("%s of fax in %s", a.Result().Time, time.Since(began).Round(time.Millisecond))
			want := facts{line.OK, 3, tt.withoutECM, 14400}
			if tt.maxRate != 0 {
				want.rate = tt.maxRate
			}
			want.check(t, "sender", a.Result(), "+1 500 555 0001")
			want.check(t, "receiver", b.Result(), "+1 500 555 0100")
			same(t, readTIFF(t, received), pages)
		})
	}
}

// facts are what both ends should agree on.
type facts struct {
	outcome    line.Outcome
	pages      int
	withoutECM bool
	rate       int
}

func (want facts) check(t *testing.T, who string, r line.Result, station string) {
	t.Helper()
	if r.Outcome != want.outcome || len(r.Pages) != want.pages || r.ECM == want.withoutECM || r.Rate != want.rate {
		t.Errorf("%s: Result = %+v, want %+v", who, r, want)
	}
	if r.StationID != station {
		t.Errorf("%s: the other end is %q, want %q", who, r.StationID, station)
	}
	for i, p := range r.Pages {
		if p.Width != 1728 || p.Length < 1100 || p.BadRows != 0 || p.XDPM < 8030 || p.XDPM > 8040 || p.YDPM != 7700 {
			t.Errorf("%s: page %d is %+v", who, i+1, p)
		}
	}
}

// pair starts both ends of a call over T.38.
func pair(t *testing.T, pages []*page.Page, received *os.File) (a, b *engine.Session) {
	t.Helper()
	e := program(t, faxmodem)
	a = start(t, e, line.Call{Role: line.Sender, Transport: line.T38}, writeTIFF(t, pages))
	return a, start(t, e, receive, received)
}

// Between pages of different shapes the machines negotiate anew (EOM, T.30 5.3.6.1.6).
func TestPagesOfAllShapes(t *testing.T) {
	t.Parallel()
	var pages []*page.Page
	for i, g := range []page.Geometry{
		{Width: page.WidthA4, Rows: 1100, Resolution: page.Standard},
		{Width: page.WidthA4, Rows: 4400, Resolution: page.Superfine},
		{Width: page.WidthB4, Rows: 1100, Resolution: page.Fine},
		{Width: page.WidthA3, Rows: 1100, Resolution: page.Standard},
		{Width: page.WidthA4, Rows: 1, Resolution: page.Fine},
	} {
		pages = append(pages, text(t, uint64(i), g))
	}
	received := document(t)
	a, b := pair(t, pages, received)
	connect(a, b, never)
	for who, r := range map[string]line.Result{"sender": a.Result(), "receiver": b.Result()} {
		if r.Outcome != line.OK || len(r.Pages) != len(pages) {
			t.Errorf("%s: Result = %+v, want ok", who, r)
		}
	}
	same(t, readTIFF(t, received), pages)
}

// Both ends tell how far they are: what was agreed, before the first page of each shape,
// then each page.
func TestProgress(t *testing.T) {
	t.Parallel()
	pages := append(fine(t, 1100, 1100), text(t, 3, page.Geometry{Width: page.WidthA4, Rows: 1100}))
	a, b := pair(t, pages, document(t))
	got := map[*engine.Session][]line.Progress{}
	for !a.Over() || !b.Over() {
		step(a, b)
		for _, s := range []*engine.Session{a, b} {
			got[s] = append(got[s], s.Progress()...)
		}
	}
	agreed := line.Progress{Stage: line.Trained, Transport: line.T38, Rate: 14400, ECM: true}
	for s, total := range map[*engine.Session]int{a: 3, b: 0} {
		agreed.Total = total
		var want []line.Progress
		for _, n := range []int{0, 1, 2, 0, 3} {
			p := agreed
			if p.Page = n; n > 0 {
				p.Stage = line.Confirmed
			}
			want = append(want, p)
		}
		if !slices.Equal(got[s], want) {
			t.Errorf("Progress = %+v\nwant %+v", got[s], want)
		}
	}
}

func TestHangUpInTheMiddleIsPartial(t *testing.T) {
	t.Parallel()
	pages, received := fine(t, 1100, 1100, 1100), document(t)
	a, b := pair(t, pages, received)
	connect(a, b, func() bool { return len(b.Confirmed()) == 1 && len(a.Confirmed()) == 1 })
	for who, r := range map[string]line.Result{"sender": a.HangUp(), "receiver": b.HangUp()} {
		if r.Outcome != line.Partial || len(r.Pages) != 1 || r.T30 != line.T30CallDropped {
			t.Errorf("%s: Result = %+v, want partial, one page, CALLDROPPED", who, r)
		}
	}
	same(t, readTIFF(t, received)[:1], pages[:1])
}

func TestSilenceIsNoFax(t *testing.T) {
	t.Parallel()
	for _, transport := range []line.Transport{line.T38, line.ULaw} {
		t.Run(string(transport), func(t *testing.T) {
			t.Parallel()
			s := start(t, program(t, faxmodem), line.Call{Role: line.Sender, Transport: transport},
				writeTIFF(t, fine(t, 1100)))
			for s.Now() < line.Ticks(5*time.Minute) && !s.Over() {
				s.Advance(800)
			}
			if r := s.Result(); r.Outcome != line.NoFax || r.Time > 2*time.Minute {
				t.Errorf("Result = %+v, want no_fax within two minutes", r)
			}
		})
	}
}

func TestCallHasALimit(t *testing.T) {
	t.Parallel()
	s := start(t, program(t, faxmodem), line.Call{Role: line.Sender, Transport: line.T38, MaxTime: 10 * time.Second},
		writeTIFF(t, fine(t, 1100)))
	for s.Now() < line.Ticks(time.Minute) && !s.Over() {
		s.Advance(800)
	}
	if r := s.Result(); r.Outcome != line.TooLong || r.Time != 10*time.Second {
		t.Errorf("Result = %+v, want too_long after 10 s", r)
	}
}

func TestBadDocument(t *testing.T) {
	t.Parallel()
	a := start(t, program(t, faxmodem), line.Call{Role: line.Sender, Transport: line.T38}, document(t))
	b := start(t, program(t, faxmodem), receive, document(t))
	connect(a, b, never)
	if r := a.Result(); r.Outcome != line.BadDocument {
		t.Errorf("Result = %+v, want bad_document", r)
	}
	if r := b.Result(); r.Outcome == line.OK || len(r.Pages) != 0 {
		t.Errorf("receiver: Result = %+v", r)
	}
}

// Nothing is confirmed that cannot be read back.
func TestFullDiskConfirmsNothing(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	a, b := pair(t, fine(t, 1100), full)
	connect(a, b, never)
	if r := b.Result(); r.Outcome != line.StorageFailed || len(r.Pages) != 0 {
		t.Errorf("receiver: Result = %+v, want storage_failed", r)
	}
	if r := a.Result(); r.Outcome == line.OK || len(r.Pages) != 0 {
		t.Errorf("sender: Result = %+v, though nothing was kept", r)
	}
}

// The process keeps nothing open that the server was started with: a pipe that it
// inherits reads as ended when we close our end.
func TestProcessClosesWhatItInherits(t *testing.T) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], 0); err != nil { // to be inherited
		t.Fatal(err)
	}
	s := start(t, program(t, faxmodem), receive, document(t))
	s.Advance(160)
	syscall.Close(ends[1])
	r := os.NewFile(uintptr(ends[0]), "pipe")
	defer r.Close()
	ended := make(chan error, 1)
	go func() { _, err := r.Read(make([]byte, 1)); ended <- err }()
	select {
	case <-ended:
	case <-time.After(soon):
		t.Error("the process holds a descriptor that is none of its own")
	}
	if s.Over() {
		t.Errorf("Result = %+v", s.Result())
	}
}
