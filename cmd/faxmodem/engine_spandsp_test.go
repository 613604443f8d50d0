//go:build spandsp && cgo

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/pipe"
)

// TestMain is faxmodem itself when it is started as faxmodem is.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && (os.Args[1] == "call" || os.Args[1] == "version") {
		main()
	}
	os.Exit(m.Run())
}

// call runs faxmodem with these frames as its input, and gives what it answered.
func call(t *testing.T, frames ...pipe.Frame) (answer []pipe.Frame, status int, log string) {
	t.Helper()
	var in, out, stderr bytes.Buffer
	w := pipe.NewWriter(&in)
	for _, f := range frames {
		if err := w.Write(f); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	document, err := os.Create(filepath.Join(t.TempDir(), "fax.tiff"))
	if err != nil {
		t.Fatal(err)
	}
	defer document.Close()
	cmd := exec.Command(os.Args[0], "call")
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = &in, &out, &stderr, []*os.File{document}
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := pipe.NewReader(&out)
	for f, err := r.Read(); err == nil; f, err = r.Read() {
		f.Data = bytes.Clone(f.Data)
		answer = append(answer, f)
	}
	return answer, cmd.ProcessState.ExitCode(), stderr.String()
}

func begin(t *testing.T, transport line.Transport) pipe.Frame {
	t.Helper()
	data, err := json.Marshal(line.Call{Role: line.Receiver, Transport: transport, StationID: "+1"})
	if err != nil {
		t.Fatal(err)
	}
	return pipe.Frame{Kind: pipe.Start, Data: data}
}

func TestAudioIsAnsweredInTime(t *testing.T) {
	t.Parallel()
	answer, status, log := call(t, begin(t, line.ULaw),
		pipe.Frame{Kind: pipe.Audio, Time: 0, Data: make([]byte, 160)},
		pipe.Frame{Kind: pipe.Advance, Time: 400},
		pipe.Frame{Kind: pipe.Hangup, Time: 480})
	if status != exitOK || log != "" {
		t.Fatalf("status %d, %s", status, log)
	}
	var got strings.Builder
	for _, f := range answer {
		got.WriteByte(byte(f.Kind))
	}
	if want := "AADAR"; got.String() != want { // 400 ticks are two steps of 160, 480 are three
		t.Errorf("the answer is %s, want %s", got.String(), want)
	}
	var r line.Result
	if err := json.Unmarshal(answer[len(answer)-1].Data, &r); err != nil || r.Outcome != line.Dropped {
		t.Errorf("Result = %+v, %v; want dropped", r, err)
	}
}

// Frames of T.30 that are more than a modem could send in the time are not all told of.
func TestFramesByTheTon(t *testing.T) {
	t.Parallel()
	const indicator, field, good = "\x06", "\x80\x00\x02\xff\xc0\xc2", "\x20" // V.21 begins; TSI; its FCS (T.38 7.2)
	frames := []pipe.Frame{begin(t, line.T38)}
	for i := range uint16(pipe.MaxPackets) {
		ifp := "\xc0\x14" + strings.Repeat(field+good, 10)
		if i == 0 {
			ifp = indicator
		}
		frames = append(frames, pipe.Frame{Kind: pipe.Packet, Data: pipe.IFP{Seq: i, Count: 1, Data: []byte(ifp)}.Append(nil)})
	}
	answer, status, log := call(t, append(frames, pipe.Frame{Kind: pipe.Advance, Time: 160})...)
	if status != exitOK || log != "" {
		t.Fatalf("status %d, %s", status, log)
	}
	told := 0
	for _, f := range answer {
		if f.Kind != pipe.Signal {
			continue
		}
		told++
		if h, err := pipe.ParseHDLC(f.Data); err != nil || h.Sent || h.Octets[2] != 0x43 {
			t.Fatalf("%+v, %v; want a TSI that was received", h, err)
		}
	}
	if told != pipe.MaxSignals {
		t.Errorf("%d frames are told of, want %d", told, pipe.MaxSignals)
	}
}

func TestEndOfInputIsAHangup(t *testing.T) {
	t.Parallel()
	if answer, status, log := call(t, begin(t, line.T38)); status != exitOK || len(answer) != 0 || log != "" {
		t.Errorf("%d frames, status %d, %s", len(answer), status, log)
	}
}

// Whatever is no call ends at once, with a word about it and without a result.
func TestBrokenProtocol(t *testing.T) {
	t.Parallel()
	packet := pipe.Frame{Kind: pipe.Packet, Data: []byte{0, 0, 1, 6}}
	var many []pipe.Frame
	for range pipe.MaxPackets + 1 {
		many = append(many, packet)
	}
	for name, tt := range map[string]struct {
		frames []pipe.Frame
		want   string
	}{
		"nothing":             {nil, "start: EOF"},
		"no start":            {[]pipe.Frame{packet}, "the first frame is P"},
		"no JSON":             {[]pipe.Frame{{Kind: pipe.Start, Data: []byte("hello")}}, "start: "},
		"no call":             {[]pipe.Frame{{Kind: pipe.Start, Data: []byte("{}")}}, "role"},
		"a long step":         {[]pipe.Frame{begin(t, line.T38), {Kind: pipe.Advance, Time: pipe.MaxStep + 1}}, "in one step"},
		"a second start":      {[]pipe.Frame{begin(t, line.T38), begin(t, line.T38)}, "a frame S"},
		"an answer":           {[]pipe.Frame{begin(t, line.T38), {Kind: pipe.Done}}, "a frame D"},
		"audio over T.38":     {[]pipe.Frame{begin(t, line.T38), {Kind: pipe.Audio, Data: make([]byte, 160)}}, "audio over t38"},
		"packets over G.711":  {[]pipe.Frame{begin(t, line.ALaw), packet}, "over pcma"},
		"an empty packet":     {[]pipe.Frame{begin(t, line.T38), {Kind: pipe.Packet}}, "malformed frame"},
		"packets by the ton":  {append([]pipe.Frame{begin(t, line.T38)}, many...), "packet 201"},
		"audio without end":   {[]pipe.Frame{begin(t, line.ULaw), {Kind: pipe.Audio, Data: make([]byte, pipe.MaxStep)}, {Kind: pipe.Audio, Data: []byte{0}}}, "audio over pcmu"},
		"time runs backwards": {[]pipe.Frame{begin(t, line.T38), {Kind: pipe.Advance, Time: 160}, {Kind: pipe.Advance, Time: 80}}, "time 80 after 160"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, status, log := call(t, tt.frames...)
			if status != exitFailed || !strings.Contains(log, tt.want) {
				t.Errorf("status %d, %q; want %d and a word about %q", status, log, exitFailed, tt.want)
			}
			for _, f := range answer {
				if f.Kind == pipe.Result {
					t.Error("there is a result")
				}
			}
		})
	}
}

// Limits are those of the process: read where the kernel keeps them.
func TestProcessIsConfined(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0], "call")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w := pipe.NewWriter(in)
	w.Write(begin(t, line.T38))
	w.Write(pipe.Frame{Kind: pipe.Advance, Time: 160})
	w.Flush()
	if _, err := pipe.NewReader(out).Read(); err != nil { // it has begun
		t.Fatal(err)
	}
	for file, want := range map[string][]string{
		"limits": {"Max core file size 0 0", "Max address space 4294967296 4294967296", "Max data size 1073741824 1073741824", "Max cpu time 900 900",
			"Max open files 32 32", "Max file size 268435456 268435456"},
		"status": {"NoNewPrivs: 1"},
	} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", cmd.Process.Pid, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range want {
			if !strings.Contains(strings.Join(strings.Fields(string(text)), " "), line) {
				t.Errorf("%s lacks %q:\n%s", file, line, text)
			}
		}
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
