package main

import (
	"io"
	"log/slog"
)

// What the tests, which stand outside the package, need of its inside.
const BatchDelay, BatchBytes = batchDelay, batchBytes

type BatchWriter = batchWriter

func NewBatchWriter(out io.Writer) *BatchWriter              { return newBatchWriter(out) }
func NewLog(out *BatchWriter, level slog.Level) *slog.Logger { return newLog(out, level) }

func Main() { main() }
