package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report is everything that was measured.
type report struct {
	options
	results               []result
	seeded                time.Duration
	latency, emptyLatency measured
	startSmall, startFull time.Duration
	memoryRest            float64
	memoryLoaded          float64
	faxes                 faxes
}

// markdown writes the report.
func (r report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# What faxgate carries

Written by `+"`make bench`"+` on %s.

%s, %s, Linux. The server and its database on one core, the load on another; HTTP/1.1 with keep-alive
over loopback, %d connections, closed loop, %v a measurement, median of %d rounds; %d tokens in the
SQLite table, 100000 in PostgreSQL's. **What counts is the ratio to an empty `+"`net/http`"+` handler (300
bytes of JSON) measured just before each case**; absolute figures move from machine to machine.

| database | case | requests/s | ratio | target | µs of the core |
|---|---|---|---|---|---|
`, time.Now().UTC().Format("2 January 2006"), processor(), runtime.Version(), r.connections, r.length.Round(time.Second), r.rounds, r.tokens)
	for _, x := range r.results {
		fmt.Fprintf(&b, "| %s | %s | %.0f | **%.2f** | %.2f | %.1f |\n", x.database, x.bench.name, median(x.rates), median(x.ratios), x.bench.target, median(x.costs))
	}
	fmt.Fprintf(&b, `
| | measured | target |
|---|---|---|
| median of a bearer-checked GET at 1000/s on one connection | %v, %.1f × the empty handler's %v | 3 × |
| start to first answer, existing database | %.0f ms | 50 ms |
| the same with %d tokens | %.0f ms | 100 ms |
| memory at rest | %.0f MiB | 30 MiB |
| memory after a million requests with 100000 tokens | %.0f MiB | 60 MiB |

Faxes of three full pages of text, from an upload to the own number on the built-in test line: rendered, sent
and received over T.38 by two T.30 engines, on both cores.

| | measured | target |
|---|---|---|
| one fax, from its submission to its success | %.2f s | 0.5 s |
| %d faxes, submitted one after the other | %.1f/s | 10/s |
| memory of the server afterwards, without its engines | %.0f MiB | |

%sEvery write was on disk (`+"`synchronous=FULL`"+`, or a PostgreSQL commit) before it was answered. The tables
were filled in %v.
`, r.latency.median.Round(time.Microsecond), float64(r.latency.median)/float64(max(1, r.emptyLatency.median)), r.emptyLatency.median.Round(time.Microsecond),
		ms(r.startSmall), r.tokens, ms(r.startFull), r.memoryRest, r.memoryLoaded,
		r.faxes.alone.Seconds(), faxesAtOnce, r.faxes.perSecond, r.faxes.memory, r.noted(), r.seeded.Round(time.Second))
	return b.String()
}

// noted is the paragraph of the flag -note.
func (r report) noted() string {
	if r.note == "" {
		return ""
	}
	return r.note + "\n\n"
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)-1)/2] // of two, the worse
}

// processor names the machine, with all its cores: this program itself may be kept
// to one of them.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	cores, model := 0, runtime.GOARCH
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		switch strings.TrimSpace(name) {
		case "processor":
			cores++
		case "model name":
			model = strings.TrimSpace(value)
		}
	}
	return fmt.Sprintf("%d × %s", cores, model)
}
