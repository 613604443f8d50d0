package engine_test

import (
	"encoding/json"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/faxgate/faxgate/child"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/pipe"
)

// programs is a folder for engines: those built by tests, and links to the test's own
// program, which behaves as its name says when it is started as faxmodem is.
var programs string

func TestMain(m *testing.M) {
	if behave, ok := behaviours[filepath.Base(os.Args[0])]; ok {
		behave(pipe.NewReader(os.Stdin), pipe.NewWriter(os.Stdout))
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

// behaviours are engines that misbehave, and one that does not.
var behaviours = map[string]func(*pipe.Reader, *pipe.Writer){
	"finishes": finishes,
	"shows itself": func(r *pipe.Reader, w *pipe.Writer) {
		untilAdvance(r)
		cwd, _ := os.Getwd()
		write(w, pipe.Result, line.Result{Outcome: line.OK,
			Detail: fmt.Sprintf("%d variables, in %s", len(os.Environ()), cwd)})
	},
	"crashes": func(r *pipe.Reader, w *pipe.Writer) {
		untilAdvance(r)
		write(w, pipe.Page, line.Page{Width: 1728})
		write(w, pipe.Done, nil)
		untilAdvance(r)
		fmt.Fprintln(os.Stderr, "SIGSEGV: segmentation violation")
		os.Exit(2)
	},
	"crashes on a page": func(r *pipe.Reader, w *pipe.Writer) {
		untilAdvance(r)
		write(w, pipe.Trained, line.Progress{Stage: line.Trained, Total: 1})
		write(w, pipe.Done, nil)
		untilAdvance(r)
		os.Exit(2)
	},
	"hangs":         func(*pipe.Reader, *pipe.Writer) { hang() },
	"hangs at last": func(r *pipe.Reader, w *pipe.Writer) { finishes(r, w); hang() },
	"fails at last": func(r *pipe.Reader, w *pipe.Writer) { finishes(r, w); os.Exit(1) },
	"babbles":       func(r *pipe.Reader, w *pipe.Writer) { untilAdvance(r); os.Stdout.WriteString("hello, world") },
	"invents": func(r *pipe.Reader, w *pipe.Writer) {
		untilAdvance(r)
		write(w, pipe.Result, line.Result{Outcome: "splendid"})
	},
	"floods": func(r *pipe.Reader, w *pipe.Writer) {
		untilAdvance(r)
		for range 10 * pipe.MaxPackets {
			w.Write(pipe.Frame{Kind: pipe.Packet, Data: []byte{0, 0, 1, 6}})
		}
		write(w, pipe.Done, nil)
	},
	"boasts": func(r *pipe.Reader, w *pipe.Writer) {
		untilAdvance(r)
		for range 100 {
			w.Write(pipe.Frame{Kind: pipe.Trained, Data: []byte("{}")})
		}
		write(w, pipe.Done, nil)
	},
	"chatters": func(r *pipe.Reader, w *pipe.Writer) {
		untilAdvance(r)
		for range pipe.MaxSignals + 1 {
			w.Write(pipe.Frame{Kind: pipe.Signal, Data: []byte{0, 0, 0, 0xff, 0xc8, 0xfa}})
		}
		write(w, pipe.Done, nil)
	},
	"writes": func(r *pipe.Reader, w *pipe.Writer) {
		const most = math.MaxUint64
		err := child.Confine(child.Limits{Addresses: most, Memory: most, ProcessorTime: most, FileSize: 1 << 20, Files: 100})
		untilAdvance(r)
		n, _ := os.NewFile(3, "document").Write(make([]byte, 2<<20))
		write(w, pipe.Result, line.Result{Outcome: line.StorageFailed, Detail: fmt.Sprintf("%d octets, %v", n, err)})
	},
	"asks": func(r *pipe.Reader, w *pipe.Writer) { untilAdvance(r); write(w, pipe.Advance, nil) },
}

// finishes is a call that went well, told with some exaggeration.
func finishes(r *pipe.Reader, w *pipe.Writer) {
	untilAdvance(r)
	write(w, pipe.Page, line.Page{Width: 1728, Length: 2200})
	write(w, pipe.Result, line.Result{Outcome: line.OK, Rate: 14400, SIP: 200, StationID: "\x1b+1\n",
		Transport: line.ALaw, Pages: []line.Page{{}, {}, {}}})
}

// hang does nothing until it is killed.
func hang() { time.Sleep(time.Hour) }

// untilAdvance reads frames up to one that wants an answer.
func untilAdvance(r *pipe.Reader) {
	for {
		if f, err := r.Read(); err != nil || f.Kind == pipe.Advance {
			return
		}
	}
}

func write(w *pipe.Writer, kind pipe.Kind, value any) {
	var data []byte
	if value != nil {
		data, _ = json.Marshal(value)
	}
	if err := w.Write(pipe.Frame{Kind: kind, Data: data}); err != nil {
		panic(err)
	}
	w.Flush()
}

// fake is the path of an engine that behaves as it is called.
func fake(t *testing.T, behaviour string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), behaviour)
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// document is an open, empty file.
func document(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "fax.tiff"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

const soon = 2 * time.Second
