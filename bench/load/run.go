package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/faxgate/faxgate/store"
)

// result is one case over all rounds.
type result struct {
	database string
	bench    bench
	ratios   []float64
	rates    []float64
	costs    []float64 // µs of the core per request, without those of PostgreSQL
}

// run measures everything and writes the report.
func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "faxgate-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	empty, err := startEmpty(ctx)
	if err != nil {
		return err
	}
	defer empty.stop()
	b := &session{options: o, empty: empty}
	r := report{options: o}
	if err := b.sqlite(ctx, filepath.Join(dir, "sqlite"), &r); err != nil {
		return fmt.Errorf("SQLite: %w", err)
	}
	if err := b.postgres(ctx, dir, &r); err != nil {
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	if r.faxes, err = b.measureFaxes(ctx, dir); err != nil {
		return fmt.Errorf("faxes: %w", err)
	}
	return os.WriteFile(o.out, []byte(r.markdown()), 0o644)
}

// session is one run of this program.
type session struct {
	options
	empty *process
}

// sqlite measures a server with its database in the data directory.
func (b *session) sqlite(ctx context.Context, data string, r *report) error {
	db, err := store.Open(ctx, store.Config{DataDir: data})
	if err != nil {
		return err
	}
	begin := time.Now()
	s, err := seed(ctx, db, b.tokens, 10_000)
	if err != nil {
		return err
	}
	r.seeded = time.Since(begin)
	codes := func() ([]string, error) { return s.putCodes(ctx, db, b.codes()) }
	server, err := startFaxgate(ctx, b.binary, data)
	if err != nil {
		return err
	}
	results, err := b.measure(ctx, server, "SQLite", append(s.bearerCases(), s.tokenCases(codes)...))
	if err != nil {
		return err
	}
	r.results = append(r.results, results...)
	if r.latency, r.emptyLatency, err = b.latency(ctx, server, s); err != nil {
		return err
	}
	server.stop()
	if err := db.Close(); err != nil {
		return err
	}
	return b.life(ctx, data, s, r)
}

// codes is how many codes one round may use up.
func (b *session) codes() int { return int(b.length.Seconds() * 8_000) }

// postgres measures a server with a PostgreSQL on the same core.
func (b *session) postgres(ctx context.Context, dir string, r *report) (err error) {
	database, err := startPostgres(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Stop()) }()
	db, err := store.Open(ctx, store.Config{URL: database.URL})
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := seed(ctx, db, 100_000, 10_000)
	if err != nil {
		return err
	}
	key := filepath.Join(dir, "master.key")
	if err := makeKey(key); err != nil {
		return err
	}
	server, err := startFaxgate(ctx, b.binary, filepath.Join(dir, "empty"), "FAXGATE_DATABASE_URL="+database.URL, "FAXGATE_MASTER_KEY_FILE="+key)
	if err != nil {
		return err
	}
	defer server.stop()
	codes := func() ([]string, error) { return s.putCodes(ctx, db, b.codes()) }
	results, err := b.measure(ctx, server, "PostgreSQL", append(s.bearerCases()[:1], s.tokenCases(codes)...))
	r.results = append(r.results, results...)
	return err
}

// measure runs every case in every round, the empty handler before each.
func (b *session) measure(ctx context.Context, server *process, database string, cases []bench) ([]result, error) {
	var results []result
	for _, c := range cases {
		if !strings.Contains(c.name, b.only) {
			continue
		}
		results = append(results, result{database: database, bench: c})
	}
	for round := range b.rounds {
		for i := range results {
			if err := b.round(ctx, server, &results[i]); err != nil {
				return nil, fmt.Errorf("%s, round %d: %w", results[i].bench.name, round+1, err)
			}
		}
	}
	return results, nil
}

func (b *session) round(ctx context.Context, server *process, r *result) error {
	next, err := r.bench.source()
	if err != nil {
		return err
	}
	before := b.empty.processorTime()
	base, err := hammer(ctx, b.empty.address, b.connections, b.length/2, "200", emptyRequest)
	if err != nil {
		return fmt.Errorf("empty handler: %w", err)
	}
	emptyCost := each(b.empty.processorTime()-before, base)
	before = server.processorTime()
	m, err := hammer(ctx, server.address, b.connections, b.length, r.bench.want, next)
	if err != nil {
		return err
	}
	r.add(m, base, each(server.processorTime()-before, m))
	fmt.Printf("%-10s %-52s %7.0f/s  %.3f of %.0f/s  %5.1f µs of the core (empty %.1f)  p99 %v\n",
		r.database, r.bench.name, m.perSecond(), m.perSecond()/base.perSecond(), base.perSecond(),
		each(server.processorTime()-before, m), emptyCost, m.p99)
	return ctx.Err()
}

// each is the time of the core per request, in microseconds.
func each(used time.Duration, m measured) float64 {
	return float64(used.Microseconds()) / float64(max(1, m.requests))
}

func (r *result) add(m, base measured, cost float64) {
	r.ratios = append(r.ratios, m.perSecond()/base.perSecond())
	r.rates = append(r.rates, m.perSecond())
	r.costs = append(r.costs, cost)
}

var emptyGet = get("/", "")

func emptyRequest(int, int) []byte { return emptyGet }

// latency paces 1000 requests a second over one connection.
func (b *session) latency(ctx context.Context, server *process, s *seeded) (own, empty measured, err error) {
	next := rotating(requests(s.personal[:1000], bearer))
	if empty, err = pace(ctx, b.empty.address, time.Millisecond, paced, "200", emptyRequest); err != nil {
		return
	}
	own, err = pace(ctx, server.address, time.Millisecond, paced, "200", next)
	return
}

// life measures start and memory: on the full database, and on one that is nearly
// empty.
func (b *session) life(ctx context.Context, full string, s *seeded, r *report) error {
	server, err := startFaxgate(ctx, b.binary, full)
	if err != nil {
		return err
	}
	r.startFull = server.started
	next := rotating(requests(s.personal[:min(len(s.personal), 100_000)], bearer))
	for n := 0; n < 1_000_000; {
		m, err := hammer(ctx, server.address, b.connections, 5*time.Second, "200", next)
		if err != nil {
			return err
		}
		n += m.requests
	}
	r.memoryLoaded = server.memory()
	server.stop()
	small := full + "-small"
	db, err := store.Open(ctx, store.Config{DataDir: small})
	if err != nil {
		return err
	}
	_, err = seed(ctx, db, 10, 1)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	var starts []time.Duration
	for range 5 {
		if server, err = startFaxgate(ctx, b.binary, small); err != nil {
			return err
		}
		starts = append(starts, server.started)
		time.Sleep(2 * time.Second) // what a server at rest weighs, after it has settled
		r.memoryRest = server.memory()
		server.stop()
	}
	slices.Sort(starts)
	r.startSmall = starts[len(starts)/2]
	return nil
}
