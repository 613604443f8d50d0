package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"help"}, {"call", "again"}} {
		var out, log bytes.Buffer
		if got := run(args, strings.NewReader(""), &out, &log); got != exitUsage || out.Len() > 0 {
			t.Errorf("faxmodem %q: status %d, said %q; want %d and nothing", args, got, out.String(), exitUsage)
		}
		if !strings.HasPrefix(log.String(), "usage: ") {
			t.Errorf("faxmodem %q complains %q", args, log.String())
		}
	}
}
