//go:build !(spandsp && cgo)

package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestWithoutEngineItSaysSo(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"call", "version"} {
		var out, log bytes.Buffer
		if got := run([]string{command}, strings.NewReader(""), &out, &log); got != exitNoEngine || out.Len() > 0 {
			t.Errorf("faxmodem %s: status %d, want %d", command, got, exitNoEngine)
		}
		if !strings.Contains(log.String(), "no T.30 engine") {
			t.Errorf("faxmodem %s says %q", command, log.String())
		}
	}
}
