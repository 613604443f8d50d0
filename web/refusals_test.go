package web_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/faxgate/faxgate/web"
)

// lines runs until what was added is written, and gives the lines.
func lines(t *testing.T, add func(x *web.Refusals)) []string {
	t.Helper()
	var out bytes.Buffer
	x := &web.Refusals{Log: slog.New(slog.NewTextHandler(&out, nil))}
	add(x)
	ended, end := context.WithCancel(t.Context())
	end()
	x.Run(ended)
	return strings.Split(strings.TrimSpace(out.String()), "\n")
}

func TestRefusalsAreSummedUpPerAddressAndReason(t *testing.T) {
	t.Parallel()
	got := strings.Join(lines(t, func(x *web.Refusals) {
		for range 500 {
			x.Add("192.0.2.1", "token_expired")
		}
		x.Add("192.0.2.1", "token_damaged")
		x.Add("192.0.2.2", "token_expired")
	}), "\n")
	for _, want := range []string{
		"address=192.0.2.1 reason=token_expired count=500", "address=192.0.2.1 reason=token_damaged count=1", "address=192.0.2.2 reason=token_expired count=1",
	} {
		if strings.Count(got, want) != 1 {
			t.Errorf("no line with %s in\n%s", want, got)
		}
	}
}

func TestAFloodOfAddressesIsNoFloodOfLines(t *testing.T) {
	t.Parallel()
	got := lines(t, func(x *web.Refusals) {
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				for n := range 2500 {
					x.Add(fmt.Sprintf("2001:db8::%x:%x", i, n), "token_expired")
				}
			})
		}
		all.Wait()
	})
	if len(got) > 1001 {
		t.Errorf("%d lines", len(got))
	}
	if !strings.Contains(strings.Join(got, "\n"), "address=others reason=token_expired count=9000") {
		t.Error("the others are not counted")
	}
}
