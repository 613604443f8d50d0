package loop_test

import (
	"encoding/json"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
	"github.com/faxgate/faxgate/line/loop"
	"github.com/faxgate/faxgate/line/pipe"
)

// programs is a folder for the engine that tests build.
var programs string

// TestMain is an engine when it is started as faxmodem is, by a name of behaviours.
func TestMain(m *testing.M) {
	if behave, ok := behaviours[filepath.Base(os.Args[0])]; ok {
		r, w := pipe.NewReader(os.Stdin), pipe.NewWriter(os.Stdout)
		var call line.Call
		if f, err := r.Read(); err != nil || json.Unmarshal(f.Data, &call) != nil {
			log.Fatal("no call: ", err)
		}
		behave(call, r, w)
		return
	}
	var err error
	if programs, err = os.MkdirTemp("", "faxmodem"); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	os.RemoveAll(programs)
	os.Exit(code)
}

var behaviours = map[string]func(line.Call, *pipe.Reader, *pipe.Writer){
	"listens":     func(_ line.Call, r *pipe.Reader, w *pipe.Writer) { listen(r, w) },
	"sender dies": func(c line.Call, r *pipe.Reader, w *pipe.Writer) { wait(r, w, c.Role == line.Sender) },
	"callee dies": func(c line.Call, r *pipe.Reader, w *pipe.Writer) { wait(r, w, c.Role == line.Receiver) },
}

// wait answers whatever it is asked, and dies after a while if it has to.
func wait(r *pipe.Reader, w *pipe.Writer, dies bool) {
	for n := 0; ; n++ {
		switch f, err := r.Read(); {
		case err != nil:
			return
		case dies && n == 3:
			os.Exit(2)
		case f.Kind == pipe.Hangup:
			result(w, line.Result{Outcome: line.Dropped, T30: line.T30CallDropped})
		case f.Kind == pipe.Advance:
			w.Write(pipe.Frame{Kind: pipe.Done, Time: f.Time})
			w.Flush()
		}
	}
}

// listen hears a call's first eight seconds and says what they were like: the loudest
// and the softest 20 ms, in dB below the loudest possible sine.
func listen(r *pipe.Reader, w *pipe.Writer) {
	loudest, softest := math.Inf(-1), math.Inf(1)
	for heard := 0; heard < 8*line.SampleRate; {
		f, err := r.Read()
		if err != nil {
			return
		}
		for at := 0; f.Kind == pipe.Audio && at < len(f.Data); at += 160 {
			level := decibels(f.Data[at : at+160])
			loudest, softest = max(loudest, level), min(softest, level)
			heard += 160
		}
		if f.Kind == pipe.Advance && heard < 8*line.SampleRate {
			w.Write(pipe.Frame{Kind: pipe.Done, Time: f.Time})
			w.Flush()
		}
	}
	detail := fmt.Sprintf("%.0f %.0f", loudest, softest)
	result(w, line.Result{Outcome: line.NoFax, T30: line.T30NoFax, Detail: detail})
}

func result(w *pipe.Writer, r line.Result) {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	w.Write(pipe.Frame{Kind: pipe.Result, Time: math.MaxUint32, Data: data})
	w.Flush()
}

// decibels is the level of G.711 µ-law.
func decibels(octets []byte) float64 {
	sum := 0.0
	for _, o := range octets {
		o = ^o
		magnitude := float64((int(o&0x0F)<<3+0x84)<<(o>>4&7) - 0x84)
		sum += magnitude * magnitude
	}
	return 10 * math.Log10(sum/float64(len(octets))/(32124*32124/2))
}

// fake is an engine that behaves as it is called.
func fake(t *testing.T, behaviour string) *engine.Engine {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), behaviour)
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return &engine.Engine{Path: path, StepTimeout: 10 * time.Second}
}

// The person who answers is as loud as people are, and silent in between.
func TestVoiceIsHeard(t *testing.T) {
	t.Parallel()
	l := &loop.Line{Engine: fake(t, "listens")}
	r, _ := send(t, l, line.Outgoing{To: line.TestVoice, Document: document(t, text(t, 1))})
	var loudest, softest float64
	if _, err := fmt.Sscan(r.Detail, &loudest, &softest); err != nil {
		t.Fatalf("Send = %+v: %v", r, err)
	}
	if loudest < -20 || loudest > -6 || softest > -50 {
		t.Errorf("the voice has %.0f dB, the room %.0f dB", loudest, softest)
	}
}

// An engine that dies ends the call on both sides, and it is known why.
func TestEngineDies(t *testing.T) {
	t.Parallel()
	for behaviour, want := range map[string]struct{ sent, received line.Outcome }{
		"sender dies": {line.EngineCrashed, line.Dropped},
		"callee dies": {line.EngineCrashed, line.EngineCrashed},
	} {
		t.Run(behaviour, func(t *testing.T) {
			t.Parallel()
			m := new(mailbox)
			l := &loop.Line{Engine: fake(t, behaviour), Inbound: m}
			r, _ := send(t, l, line.Outgoing{To: me, Document: document(t, text(t, 1))})
			if r.Outcome != want.sent || !strings.Contains(r.Detail, "exit status 2") {
				t.Errorf("Send = %+v, want %s", r, want.sent)
			}
			if d := m.calls[0]; d.done != 1 || d.result.Outcome != want.received {
				t.Errorf("received %+v, want %s", d.result, want.received)
			}
		})
	}
}
