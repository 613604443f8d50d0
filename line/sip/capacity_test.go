//go:build spandsp && cgo && linux

package sip_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/sip"
	"github.com/faxgate/faxgate/page/pagetest"
)

// BenchmarkLegs holds so many legs, which are the ends of half as many calls, at once and
// in real time, both ends on this machine: every page has to arrive as it was sent. It
// tells the processor time and the memory of a leg, its engine included, and how late the
// media were at worst.
func BenchmarkLegs(b *testing.B) {
	for _, bb := range []struct {
		name string
		t38  sip.T38
		legs int
	}{
		{"T38", sip.T38Auto, 500},
		{"G711", sip.T38Never, 200},
	} {
		b.Run(fmt.Sprintf("%s/%d", bb.name, bb.legs), func(b *testing.B) {
			for b.Loop() {
				holdLegs(b, bb.t38, bb.legs/2)
			}
		})
	}
}

// callsApart is the time between the beginnings of two calls: nobody's calls begin all at
// once.
const callsApart = 60 * time.Millisecond

func holdLegs(b *testing.B, t38 sip.T38, calls int) {
	a, z := pair(b, nil, endOptions{t38: t38}, endOptions{t38: t38})
	pages := pagetest.Text(b, 2200)
	before, enginesBefore, began := usage(b), usageOf(b, syscall.RUSAGE_CHILDREN), time.Now()
	var under, most atomic.Int64
	var all sync.WaitGroup
	var late, memory int64
	over := make(chan struct{})
	go func() {
		defer close(over)
		for under.Load() > 0 || time.Since(began) < time.Second {
			late = max(late, int64(a.Lateness()), int64(z.Lateness()))
			if n := under.Load(); n > most.Load() {
				most.Store(n)
			}
			if under.Load() == int64(calls) && memory == 0 {
				memory = enginesMemory(b)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	for i := range calls {
		under.Add(1)
		document := pagetest.TIFF(b, pages)
		all.Go(func() {
			defer under.Add(-1)
			out := line.Outgoing{From: ourNumber, To: theirNumber, Trunks: []string{a.trunk.ID}, Document: document}
			r, err := a.Send(b.Context(), out, nil)
			r.Trace.Close()
			if err != nil || r.Outcome != line.OK {
				b.Errorf("call %d: %s, %v: %s", i, r.Outcome, err, r.Detail)
			}
		})
		time.Sleep(callsApart)
	}
	all.Wait()
	<-over
	spent := usage(b) - before
	z.waitForAll(b, calls)
	for range calls {
		got := <-z.ended
		if got.document == nil {
			b.Errorf("received: %s: %s", got.Outcome, got.Detail)
			continue
		}
		pagetest.Same(b, pagetest.Read(b, fileOf(b, got.document)), pages)
	}
	legs := float64(2 * calls)
	b.ReportMetric(float64(2*most.Load()), "legs")
	b.ReportMetric(spent.Seconds()/time.Since(began).Seconds(), "cores")
	b.ReportMetric(float64(spent.Milliseconds())/legs, "cpu-ms/leg")
	b.ReportMetric(float64((usageOf(b, syscall.RUSAGE_CHILDREN)-enginesBefore).Milliseconds())/legs, "engine-ms/leg")
	b.ReportMetric(float64(memory)/legs/1024, "MB/leg")
	b.ReportMetric(float64(late)/1e6, "late-ms")
}

// waitForAll waits until so many calls have come in and are over.
func (e *end) waitForAll(b *testing.B, calls int) {
	b.Helper()
	for began := time.Now(); len(e.ended) < calls; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > patience {
			b.Fatalf("%d of %d calls came in", len(e.ended), calls)
		}
	}
}

// usage is the processor time of this process and of the engines that have ended.
func usage(b *testing.B) time.Duration {
	b.Helper()
	return usageOf(b, syscall.RUSAGE_SELF) + usageOf(b, syscall.RUSAGE_CHILDREN)
}

func usageOf(b *testing.B, who int) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// enginesMemory is what all engines have to themselves, in KiB: without the pages of the
// program and its libraries, which they share.
func enginesMemory(b *testing.B) (kib int64) {
	b.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/smaps_rollup")
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range all {
		name, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "comm"))
		if strings.TrimSpace(string(name)) != "faxmodem" {
			continue
		}
		text, _ := os.ReadFile(path) // it may have ended
		for l := range strings.Lines(string(text)) {
			if rest, found := strings.CutPrefix(l, "Pss:"); found {
				n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
				kib += n
			}
		}
	}
	return kib
}
