package engine_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/engine"
)

var receive = line.Call{Role: line.Receiver, Transport: line.T38}

func start(t *testing.T, e *engine.Engine, call line.Call, document *os.File) *engine.Session {
	t.Helper()
	s, err := e.Start(call, document)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestResultIsWhatWasConfirmed(t *testing.T) {
	t.Parallel()
	s := start(t, &engine.Engine{Path: fake(t, "finishes"), StepTimeout: soon}, receive, document(t))
	if s.Over() || s.Result().Outcome != "" {
		t.Errorf("a call that has not begun is over: %+v", s.Result())
	}
	s.Advance(160)
	got := s.Result()
	if !s.Over() || got.Outcome != line.OK || len(got.Pages) != 1 || got.Rate != 14400 {
		t.Errorf("Result = %+v, want ok with the one page that was told of", got)
	}
	if got.Transport != line.T38 || got.SIP != 0 || got.StationID != "+1" || got.Time != 20*time.Millisecond {
		t.Errorf("Result = %+v: the process had its word about what it cannot know", got)
	}
}

func TestProcessHasNoEnvironment(t *testing.T) {
	t.Setenv("FAXGATE_SECRET", "not for faxmodem")
	s := start(t, &engine.Engine{Path: fake(t, "shows itself"), StepTimeout: soon}, receive, document(t))
	s.Advance(160)
	if got, want := s.Result().Detail, "0 variables, in /"; got != want {
		t.Errorf("the process has %s, want %s", got, want)
	}
}

// What an engine does wrong ends its call as engine_crashed, within the time for a step.
func TestCrashedEngines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		behaviour string
		pages     int
		detail    string
	}{
		{"crashes", 1, "segmentation violation"},
		{"hangs", 0, "timeout"},
		{"hangs at last", 1, "killed"},
		{"fails at last", 1, "exit status 1"},
		{"babbles", 0, "malformed frame"},
		{"invents", 0, `outcome "splendid"`},
		{"floods", 0, "packets in one step"},
		{"boasts", 0, "stages in one step"},
		{"chatters", 0, "T.30 frames in one step"},
		{"asks", 0, "malformed frame"},
	} {
		t.Run(tt.behaviour, func(t *testing.T) {
			t.Parallel()
			s := start(t, &engine.Engine{Path: fake(t, tt.behaviour), StepTimeout: soon / 4}, receive, document(t))
			for range 2 {
				s.Packet(0, []byte{6})
				s.Advance(160)
			}
			got := s.Result()
			if !s.Over() || got.Outcome != line.EngineCrashed || len(got.Pages) != tt.pages {
				t.Errorf("Result = %+v, want engine_crashed and %d pages", got, tt.pages)
			}
			if !strings.Contains(got.Detail, tt.detail) {
				t.Errorf("Detail = %q, want something about %q", got.Detail, tt.detail)
			}
			if sent := s.Advance(160); sent != nil {
				t.Errorf("a crashed engine still sends %v", sent)
			}
		})
	}
}

// Whether the page of a crashed sender has arrived is not known; nor does it matter before
// there can be one, or at a receiver.
func TestUnsureAfterACrash(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		role      line.Role
		behaviour string
		want      bool
	}{
		{line.Sender, "crashes on a page", true},
		{line.Receiver, "crashes on a page", false},
		{line.Sender, "hangs", false},
	} {
		s := start(t, &engine.Engine{Path: fake(t, tt.behaviour), StepTimeout: soon / 4}, line.Call{Role: tt.role, Transport: line.T38}, document(t))
		for range 2 {
			s.Advance(160)
		}
		if r := s.Result(); r.Outcome != line.EngineCrashed || r.Unsure != tt.want {
			t.Errorf("%s %s: Result = %+v, want unsure: %t", tt.role, tt.behaviour, r, tt.want)
		}
	}
}

func TestNoEngine(t *testing.T) {
	nowhere := &engine.Engine{Path: filepath.Join(t.TempDir(), "faxmodem")}
	if _, err := nowhere.Version(t.Context()); !errors.Is(err, engine.ErrNoEngine) {
		t.Errorf("Version = %v, want ErrNoEngine", err)
	}
	if _, err := nowhere.Start(receive, document(t)); !errors.Is(err, engine.ErrNoEngine) {
		t.Errorf("Start = %v, want ErrNoEngine", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, _, err := engine.Open(t.Context()); !errors.Is(err, engine.ErrNoEngine) {
		t.Errorf("Open = %v, want ErrNoEngine", err)
	}
	if _, err := nowhere.Start(line.Call{}, document(t)); err == nil || errors.Is(err, engine.ErrNoEngine) {
		t.Errorf("Start of no call = %v", err)
	}
}
