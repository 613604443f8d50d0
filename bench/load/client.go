package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// source gives the bytes of a worker's n-th request, which it may reuse, or nil
// when there are no more.
type source func(worker, n int) []byte

// measured is what one measurement found.
type measured struct {
	requests int
	elapsed  time.Duration
	median   time.Duration // latency
	p99      time.Duration
}

// perSecond is the rate.
func (m measured) perSecond() float64 { return float64(m.requests) / m.elapsed.Seconds() }

// hammer sends requests in a closed loop over several connections. Any answer but
// want ends the measurement with an error: a fast refusal is not a result.
func hammer(ctx context.Context, address string, connections int, length time.Duration, want string, next source) (measured, error) {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var total atomic.Int64
	errs := make([]error, connections)
	latencies := make([][]time.Duration, connections)
	start := time.Now()
	var workers sync.WaitGroup
	for i := range connections {
		workers.Go(func() {
			var n int
			n, latencies[i], errs[i] = work(ctx, address, want, i, next)
			total.Add(int64(n))
		})
	}
	workers.Wait()
	m := measured{requests: int(total.Load()), elapsed: time.Since(start)}
	all := slices.Concat(latencies...)
	if len(all) > 0 {
		slices.Sort(all)
		m.median, m.p99 = all[len(all)/2], all[len(all)*99/100]
	}
	return m, errors.Join(errs...)
}

// pace sends one request each interval over one connection.
func pace(ctx context.Context, address string, every, length time.Duration, want string, next source) (measured, error) {
	conn, err := dial(ctx, address)
	if err != nil {
		return measured{}, err
	}
	defer conn.Close()
	var all []time.Duration
	tick := time.NewTicker(every)
	defer tick.Stop()
	start := time.Now()
	for n := 0; time.Since(start) < length && ctx.Err() == nil; n++ {
		<-tick.C
		t := time.Now()
		if err := conn.exchange(next(0, n), want); err != nil {
			return measured{}, err
		}
		all = append(all, time.Since(t))
	}
	slices.Sort(all)
	return measured{len(all), time.Since(start), all[len(all)/2], all[len(all)*99/100]}, ctx.Err()
}

func work(ctx context.Context, address, want string, worker int, next source) (n int, latencies []time.Duration, err error) {
	conn, err := dial(ctx, address)
	if err != nil {
		return 0, nil, err
	}
	defer conn.Close()
	for ; ctx.Err() == nil; n++ {
		request := next(worker, n)
		if request == nil { // all that was prepared is used up; the time until now counts
			return n, latencies, nil
		}
		if n%16 == 0 {
			t := time.Now()
			err = conn.exchange(request, want)
			latencies = append(latencies, time.Since(t))
		} else {
			err = conn.exchange(request, want)
		}
		if err != nil {
			return n, latencies, err
		}
	}
	return n, latencies, nil
}

// connection speaks just enough HTTP/1.1 to cost little: net/http's client would be the
// bottleneck of the core that it has.
type connection struct {
	net.Conn
	r *bufio.Reader
}

func dial(ctx context.Context, address string) (*connection, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &connection{c, bufio.NewReaderSize(c, 8<<10)}, nil
}

var contentLength = []byte("Content-Length: ")

// exchange sends a request and reads the whole answer.
func (c *connection) exchange(request []byte, want string) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return err
	}
	good := len(line) > 12 && string(line[9:12]) == want
	status := string(line)
	length := 0
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if value, found := bytes.CutPrefix(line, contentLength); found {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if good {
		_, err = c.r.Discard(length)
		return err
	}
	body := make([]byte, length)
	_, _ = io.ReadFull(c.r, body)
	return fmt.Errorf("answer %q, want %s: %s", status, want, body)
}
