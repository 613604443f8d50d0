package line_test

import (
	"os"
	"testing"

	"github.com/faxgate/faxgate/line"
)

func TestIsE164(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]bool{
		"+15005550001": true, "+81312345678": true, "+123456789012345": true, "+12345678": true,
		"": false, "+": false, "15005550001": false, "+0312345678": false, "+1 500 555 0001": false,
		"+1234567": false, "+1234567890123456": false, "+1500555000a": false, "+1500555000１": false,
	} {
		if got := line.IsE164(number); got != want {
			t.Errorf("IsE164(%q) = %t", number, got)
		}
	}
}

func TestOutgoingCheck(t *testing.T) {
	t.Parallel()
	good := line.Outgoing{To: line.TestOK, Document: os.Stdin}
	if err := good.Check(); err != nil {
		t.Errorf("Check = %v", err)
	}
	good.Extension = "0123456789"
	if err := good.Check(); err != nil {
		t.Errorf("with an extension, Check = %v", err)
	}
	for name, spoil := range map[string]func(*line.Outgoing){
		"nobody to call":          func(o *line.Outgoing) { o.To = "" },
		"a national number":       func(o *line.Outgoing) { o.To = "0312345678" },
		"a caller of letters":     func(o *line.Outgoing) { o.From = "no_number" },
		"an extension of letters": func(o *line.Outgoing) { o.Extension = "12w" },
		"a long extension":        func(o *line.Outgoing) { o.Extension = "01234567890" },
		"attempt minus one":       func(o *line.Outgoing) { o.Attempt = -1 },
		"no document":             func(o *line.Outgoing) { o.Document = nil },
		"a setting":               func(o *line.Outgoing) { o.Call.MaxRate = 1 },
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

func TestIsTestNumber(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]bool{
		line.TestOK: true, line.TestUnallocated: true, "+15005551000": true, "+15005559999": true,
		"": false, "+1500555": false, "+150055500010": false, "+15005560001": false, "+81500555001": false, "+1500555000x": false,
	} {
		if got := line.IsTestNumber(number); got != want {
			t.Errorf("IsTestNumber(%q) = %t", number, got)
		}
	}
}
