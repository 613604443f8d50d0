package fault_test

import (
	"strings"
	"testing"

	"github.com/faxgate/faxgate/fault"
)

func TestNearestHasTheFewestEdits(t *testing.T) {
	t.Parallel()
	known := []string{"serve", "version", "help"}
	for _, tt := range []struct {
		name    string
		known   []string
		nearest string
		edits   int
	}{
		{"serve", known, "serve", 0},
		{"sreve", known, "serve", 2},
		{"versions", known, "version", 1},
		{"Help", known, "help", 1},
		{"", known, "help", 4},
		{"x", []string{"ab", "cd"}, "ab", 2},
		{"x", nil, "", 0},
		{strings.Repeat("x", 1<<20), known, "serve", 64},
	} {
		if nearest, edits := fault.Nearest(tt.name, tt.known); nearest != tt.nearest || edits != tt.edits {
			t.Errorf("Nearest(%.20q, %q) = %q, %d, want %q, %d", tt.name, tt.known, nearest, edits, tt.nearest, tt.edits)
		}
	}
}
