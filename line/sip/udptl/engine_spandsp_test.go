//go:build spandsp && cgo

package udptl_test

import (
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
	"github.com/faxgate/faxgate/line/sip/udptl"
	"github.com/faxgate/faxgate/page"
)

// programs is a folder for the engine.
var programs string

func TestMain(m *testing.M) {
	var err error
	if programs, err = os.MkdirTemp("", "faxmodem"); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	os.RemoveAll(programs)
	os.Exit(code)
}

// faxmodem builds it, once.
var faxmodem = sync.OnceValues(func() (*engine.Engine, error) {
	path := filepath.Join(programs, engine.Program)
	out, err := exec.Command("go", "build", "-tags", "spandsp", "-o", path,
		"github.com/faxgate/faxgate/cmd/faxmodem").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return &engine.Engine{Path: path, StepTimeout: time.Minute}, nil
})

// direction is what carries packets from one engine to the other: UDPTL, over a network
// that loses datagrams.
type direction struct {
	sender   udptl.Sender
	receiver udptl.Receiver
	chance   *rand.Rand
	loss     float64 // 0 to 1
	renumber uint16  // the packet that begins new numbers; 0: none
	datagram []byte
}

// carry sends each packet as often as the engine wants it sent; each of the datagrams may
// get lost.
func (d *direction) carry(t *testing.T, sent []engine.Sent, to *engine.Session) {
	for _, s := range sent {
		understood(t, s.Packet.Data)
		seq := s.Packet.Seq
		if d.renumber > 0 && seq >= d.renumber {
			seq -= d.renumber
		}
		d.datagram = d.sender.Datagram(d.datagram[:0], seq, s.Packet.Data)
		for range s.Packet.Count {
			if d.chance.Float64() < d.loss {
				continue
			}
			packets, err := d.receiver.Datagram(d.datagram)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range packets {
				to.Packet(p.Seq, p.IFP)
			}
		}
	}
}

// understood holds WalkIFP against what a real engine sends: fields that fill the packet.
func understood(t *testing.T, ifp []byte) {
	size := 2 // the type, and how many fields there are
	err := udptl.WalkIFP(ifp, func(_ udptl.DataType, _ udptl.FieldType, data []byte) {
		size++
		if len(data) > 0 {
			size += 2 + len(data)
		}
	})
	if err != nil || len(ifp) != size && len(ifp) != 1 {
		t.Errorf("%x: fields fill %d octets, %v", ifp, size, err)
	}
}

// network is what both directions have in common.
type network struct {
	sender   udptl.Sender
	loss     float64
	renumber uint16
}

func (n network) direction(seed, way uint64) *direction {
	return &direction{sender: n.sender, loss: n.loss, renumber: n.renumber, chance: rand.New(rand.NewPCG(seed, way))}
}

// call is a call of two pages over a network; survived says that both ends are content and
// that what came out is what went in.
func (n network) call(t *testing.T, seed uint64) (survived bool, stats [2]udptl.Stats) {
	e, err := faxmodem()
	if err != nil {
		t.Fatal(err)
	}
	pages := []*page.Page{text(t, seed), text(t, seed+1000)}
	document := file(t)
	if err := page.WriteTIFF(document, page.Document{pages[0].Code(), pages[1].Code()}); err != nil {
		t.Fatal(err)
	}
	received := file(t)
	a := start(t, e, line.Sender, document)
	b := start(t, e, line.Receiver, received)
	there, back := n.direction(seed, 1), n.direction(seed, 2)
	for !a.Over() || !b.Over() {
		fromA, fromB := a.Advance(160), b.Advance(160)
		there.carry(t, fromA, b)
		back.carry(t, fromB, a)
	}
	survived = a.Result().Outcome == line.OK && b.Result().Outcome == line.OK && same(t, received, pages)
	if !survived {
		t.Logf("seed %d: sender %s %s, receiver %s %s", seed, a.Result().Outcome, a.Result().Detail, b.Result().Outcome, b.Result().Detail)
	}
	return survived, [2]udptl.Stats{there.receiver.Stats(), back.receiver.Stats()}
}

func start(t *testing.T, e *engine.Engine, role line.Role, document *os.File) *engine.Session {
	s, err := e.Start(line.Call{Role: role, Transport: line.T38}, document)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// text is a page that looks like text to a coder.
func text(t *testing.T, seed uint64) *page.Page {
	p, err := page.New(page.Geometry{Width: page.WidthA4, Rows: 1100, Resolution: page.Fine})
	if err != nil {
		t.Fatal(err)
	}
	chance := rand.New(rand.NewPCG(seed, 3))
	for y := 0; y < p.Rows; y += 1 + y%50/25*24 { // lines, and space between them
		for x := 150; x < p.Width-150; x += 9 + chance.IntN(120) {
			p.Blacken(y, x, x+1+chance.IntN(8))
		}
	}
	return p
}

func file(t *testing.T) *os.File {
	f, err := os.CreateTemp(t.TempDir(), "fax")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// same says that a document has these pages, pixel by pixel.
func same(t *testing.T, document *os.File, pages []*page.Page) bool {
	info, err := document.Stat()
	if err != nil {
		t.Fatal(err)
	}
	tiff, err := page.OpenTIFF(document, info.Size())
	if err != nil || tiff.Pages() != len(pages) {
		return false
	}
	for i, want := range pages {
		got, err := tiff.Page(i)
		if err != nil || got.Geometry != want.Geometry || !slices.Equal(got.Words, want.Words) {
			return false
		}
	}
	return true
}

// Two engines over a lossy network, in virtual time: how many of twenty faxes arrive whole.
func TestFaxesSurviveLoss(t *testing.T) {
	t.Parallel()
	const calls = 20
	for _, tt := range []struct {
		name     string
		network  network
		min, max int // of faxes that arrive whole
	}{
		{"10 %, redundancy 3", network{sender: udptl.Sender{Redundancy: 3}, loss: 0.10}, calls, calls},
		{"10 %, redundancy 3, datagrams of 150 octets",
			network{sender: udptl.Sender{Redundancy: 3, MaxDatagram: 150}, loss: 0.10}, 15, calls},
		{"20 %, redundancy 3", network{sender: udptl.Sender{Redundancy: 3}, loss: 0.20}, 15, calls},
		{"5 %, FEC", network{sender: udptl.Sender{FEC: true}, loss: 0.05}, calls, calls},
		{"10 %, FEC", network{sender: udptl.Sender{FEC: true}, loss: 0.10}, 15, calls},
		{"2 %, nothing", network{loss: 0.02}, 0, calls - 1},
		{"new numbers amid a page", network{sender: udptl.Sender{Redundancy: 3}, renumber: 300}, calls, calls},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			survived := 0
			var total udptl.Stats
			for seed := range uint64(calls) {
				whole, stats := tt.network.call(t, seed)
				if whole {
					survived++
				}
				for _, s := range stats {
					total.Received += s.Received
					total.Recovered += s.Recovered
					total.Lost += s.Lost
					total.Restarts += s.Restarts
				}
			}
			t.Logf("%d of %d faxes; %+v", survived, calls, total)
			if survived < tt.min || survived > tt.max {
				t.Errorf("%d of %d faxes survived, want %d to %d", survived, calls, tt.min, tt.max)
			}
			if renumbered := total.Restarts > 0; renumbered != (tt.network.renumber > 0) {
				t.Errorf("%d new numberings", total.Restarts)
			}
		})
	}
}
