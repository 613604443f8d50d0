package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	main "github.com/faxgate/faxgate/cmd/faxgate"
)

// batches keeps what arrives in one call of Write as one element.
type batches struct {
	mu  sync.Mutex
	all []string
}

func (b *batches) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, string(p))
	return len(p), nil
}

func (b *batches) got() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.all)
}

func TestLinesLeaveTogetherAfterTheDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out batches
		w := main.NewBatchWriter(&out)
		io.WriteString(w, "one\n")
		time.Sleep(main.BatchDelay / 2)
		io.WriteString(w, "two\n")
		if got := out.got(); len(got) != 0 {
			t.Errorf("too early: %q", got)
		}
		time.Sleep(main.BatchDelay/2 + time.Millisecond)
		synctest.Wait()
		io.WriteString(w, "three\n")
		time.Sleep(main.BatchDelay + time.Millisecond)
		synctest.Wait()
		if got, want := out.got(), []string{"one\ntwo\n", "three\n"}; !slices.Equal(got, want) {
			t.Errorf("batches %q, want %q", got, want)
		}
		w.Close()
	})
}

func TestAFullBatchLeavesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out batches
		w := main.NewBatchWriter(&out)
		w.Write(bytes.Repeat([]byte("x"), main.BatchBytes-1))
		if got := out.got(); len(got) != 0 {
			t.Errorf("%d batches before 64 KiB", len(got))
		}
		io.WriteString(w, "y")
		if got := out.got(); len(got) != 1 || len(got[0]) != main.BatchBytes {
			t.Errorf("%d batches at 64 KiB, want 1 of all bytes", len(got))
		}
		w.Close()
	})
}

func TestCloseLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out batches
		w := main.NewBatchWriter(&out)
		io.WriteString(w, "before\n")
		w.Close()
		io.WriteString(w, "after\n")
		if got, want := out.got(), []string{"before\n", "after\n"}; !slices.Equal(got, want) {
			t.Errorf("batches %q, want %q", got, want)
		}
	})
}

func TestErrorsLeaveAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out batches
		w := main.NewBatchWriter(&out)
		log := main.NewLog(w, slog.LevelInfo).With("node", 1).WithGroup("g")
		log.Debug("never")
		log.Info("first")
		if got := out.got(); len(got) != 0 {
			t.Errorf("too early: %q", got)
		}
		log.Error("second", "cause", errors.New("broken"))
		got := strings.Join(out.got(), "")
		for _, want := range []string{`"msg":"first"`, `"msg":"second"`, `"cause":"broken"`} {
			if !strings.Contains(got, want) {
				t.Errorf("%s is missing in %s", want, got)
			}
		}
		if strings.Contains(got, "never") {
			t.Errorf("a line below the level: %s", got)
		}
		w.Close()
	})
}

func TestManyWritersLoseNoLine(t *testing.T) {
	t.Parallel()
	var out batches
	w := main.NewBatchWriter(&out)
	const writers, lines = 20, 500
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			for j := range lines {
				fmt.Fprintf(w, "%d %d %s\n", i, j, strings.Repeat("x", 100))
			}
		})
	}
	all.Wait()
	w.Close()
	last := make(map[string]int)
	for line := range strings.Lines(strings.Join(out.got(), "")) {
		var writer string
		var n int
		if _, err := fmt.Sscan(line, &writer, &n); err != nil || last[writer] != n {
			t.Fatalf("line %q after %d: %v", line, last[writer], err)
		}
		last[writer]++
	}
	if len(last) != writers || last["0"] != lines {
		t.Errorf("%d writers with %d lines, want %d with %d", len(last), last["0"], writers, lines)
	}
}
