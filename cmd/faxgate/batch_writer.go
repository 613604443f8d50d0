package main

import (
	"io"
	"sync"
	"time"
)

// How long a line of the log may wait for others, and how many bytes may wait.
const (
	batchDelay = 100 * time.Millisecond
	batchBytes = 64 << 10
)

// batchWriter passes what is written to it on in batches: one system call for many
// lines of the log. It is safe for concurrent use.
//
// A batch goes out when its first line has waited for 100 ms, when 64 KiB wait, and
// at Flush and Close. When the other end is slow, writers wait once 64 KiB are
// full: nothing is thrown away.
type batchWriter struct {
	out   io.Writer
	timer *time.Timer

	mu      sync.Mutex // guards what follows, never held while writing
	waiting []byte
	closed  bool

	writing sync.Mutex // keeps the batches in their order
	spare   []byte     // the buffer of the batch before, guarded by writing
}

func newBatchWriter(out io.Writer) *batchWriter {
	w := &batchWriter{out: out}
	w.timer = time.AfterFunc(batchDelay, func() { _ = w.Flush() })
	return w
}

// Write takes a line. Its error is that of an earlier batch only by chance: a log
// that cannot be written has nobody to complain to.
func (w *batchWriter) Write(line []byte) (int, error) {
	w.mu.Lock()
	first := len(w.waiting) == 0
	w.waiting = append(w.waiting, line...)
	atOnce := w.closed || len(w.waiting) >= batchBytes
	w.mu.Unlock()
	if atOnce {
		return len(line), w.Flush()
	}
	if first {
		w.timer.Reset(batchDelay)
	}
	return len(line), nil
}

// Flush writes everything that waits. When it returns, all that was written before
// the call is out.
func (w *batchWriter) Flush() error {
	w.writing.Lock()
	defer w.writing.Unlock()
	w.mu.Lock()
	batch := w.waiting
	w.waiting = w.spare[:0]
	w.mu.Unlock()
	w.spare = batch
	if len(batch) == 0 {
		return nil
	}
	_, err := w.out.Write(batch)
	return err
}

// Close writes what waits. What is written afterwards goes out at once, so that the
// last words of a program that ends are not lost.
func (w *batchWriter) Close() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.timer.Stop()
	return w.Flush()
}
