// Command load measures the gate: the built server on one core with its database,
// this program on another, HTTP/1.1 with keep-alive over loopback, a closed loop.
//
// Absolute figures move from machine to machine. What counts is the ratio to an
// empty net/http handler, which is measured before every case of every round.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

// options are what the flags say.
type options struct {
	binary      string        // the built faxgate
	out         string        // where the report goes
	length      time.Duration // of each measurement
	rounds      int
	connections int
	tokens      int // in the table
	only        string
	note        string // a paragraph of the report; empty: none
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "empty" {
		fmt.Fprintln(os.Stderr, serveEmpty())
		os.Exit(1)
	}
	var o options
	flag.StringVar(&o.binary, "binary", "bin/faxgate", "the built server")
	flag.StringVar(&o.out, "out", "bench/RESULTS.md", "where the report goes")
	flag.DurationVar(&o.length, "for", 10*time.Second, "length of one measurement")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; the median counts")
	flag.IntVar(&o.connections, "connections", 16, "connections")
	flag.IntVar(&o.tokens, "tokens", 1_000_000, "tokens in the table")
	flag.StringVar(&o.only, "only", "", "run only the cases whose name contains this")
	flag.StringVar(&o.note, "note", "", "what a reader of the report should know of this run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}
