package line_test

import (
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		role      line.Role
		code      line.T30Code
		confirmed int
		complete  bool
		want      line.Outcome
	}{
		{"all pages, and a clean end", line.Sender, line.T30OK, 3, true, line.OK},
		{"all pages, but the last DCN was lost", line.Receiver, 29, 3, true, line.OK},
		{"all pages, then the line went", line.Sender, line.T30CallDropped, 3, true, line.OK},
		{"a page, then the line went", line.Sender, line.T30CallDropped, 1, false, line.Partial},
		{"a clean end without a page", line.Receiver, line.T30OK, 0, false, line.Dropped},
		{"complete means nothing without a page", line.Sender, line.T30CallDropped, 0, true, line.Dropped},
		{"a voice answered", line.Sender, line.T30NoFax, 0, false, line.NoFax},
		{"nobody called with a fax machine", line.Receiver, line.T30NoDIS, 0, false, line.NoFax},
		{"training failed at every speed", line.Sender, 6, 0, false, line.BadLine},
		{"the far end cannot receive", line.Sender, 9, 0, false, line.Incompatible},
		{"hung up before DIS", line.Sender, 17, 0, false, line.Dropped},
		{"nothing came after the page", line.Sender, 21, 0, false, line.BadLine},
		{"no fax TIFF", line.Sender, 43, 0, false, line.BadDocument},
		{"nowhere to put the page", line.Receiver, 41, 0, false, line.StorageFailed},
		{"a password was asked for", line.Sender, 56, 0, false, line.Incompatible},
		{"a code of the future", line.Sender, 99, 0, false, line.BadLine},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := line.Classify(tt.role, tt.code, tt.confirmed, tt.complete); got != tt.want {
				t.Errorf("Classify = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestEveryCodeHasAKnownOutcomeAndAName(t *testing.T) {
	t.Parallel()
	for code := line.T30Code(-1); code < 70; code++ {
		for _, role := range []line.Role{line.Sender, line.Receiver} {
			if o := line.Classify(role, code, 0, false); !o.Known() || o == line.OK {
				t.Errorf("Classify(%s, %d) = %q", role, code, o)
			}
		}
		if code.String() == "" {
			t.Errorf("code %d has no name", code)
		}
	}
	if got := line.T30CallDropped.String(); got != "CALLDROPPED" {
		t.Errorf("49 is called %s", got)
	}
	if line.Outcome("").Known() {
		t.Error("no outcome is a known one")
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	good := line.Call{Role: line.Sender, Transport: line.T38, StationID: "+81 3 1234 5678"}
	if err := good.Check(); err != nil {
		t.Errorf("Check = %v", err)
	}
	for name, spoil := range map[string]func(*line.Call){
		"no role":               func(c *line.Call) { c.Role = "" },
		"no transport":          func(c *line.Call) { c.Transport = "" },
		"a long station id":     func(c *line.Call) { c.StationID = "123456789012345678901" },
		"a control character":   func(c *line.Call) { c.StationID = "1\n2" },
		"a speed nobody has":    func(c *line.Call) { c.MaxRate = 28800 },
		"a call of two days":    func(c *line.Call) { c.MaxTime = 48 * time.Hour },
		"a call of minus a sec": func(c *line.Call) { c.MaxTime = -time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := good
			spoil(&bad)
			if bad.Check() == nil {
				t.Errorf("Check has nothing against %+v", bad)
			}
		})
	}
}

func TestCleanStationID(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                          "",
		"  +1 500 555 0001  ":       "+1 500 555 0001",
		"\x00\x1b[2J+1\xff":         "[2J+1",
		"1234567890123456789012345": "12345678901234567890",
		"東京 03":                     "03",
	} {
		if got := line.CleanStationID(in); got != want {
			t.Errorf("CleanStationID(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTicksAndElapsedAreInverse(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{0, 20 * time.Millisecond, time.Second, 24 * time.Hour} {
		if got := line.Elapsed(line.Ticks(d)); got != d {
			t.Errorf("Elapsed(Ticks(%s)) = %s", d, got)
		}
	}
}
