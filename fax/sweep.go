package fax

import (
	"context"
	"log/slog"
	"time"
)

// SweepStore is what removing bytes needs of the database.
type SweepStore interface {
	// DeadBlobs lists blobs that are to be deleted and that nobody needs any more.
	DeadBlobs(ctx context.Context, now time.Time, limit int) ([]string, error)
	// ForgetBlob notes that a blob is deleted.
	ForgetBlob(ctx context.Context, blob string) error
}

// Sweeper deletes the bytes of documents that the database has no row for any more:
// what was deleted, what had its time, and what was left by whoever died in between.
type Sweeper struct {
	Store SweepStore
	Blobs Blobs
	Now   func() time.Time
	Log   *slog.Logger
}

const (
	sweepEvery = 10 * time.Second
	sweepOnce  = 100
)

// Run sweeps until ctx ends.
func (x *Sweeper) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		n, err := x.Sweep(ctx)
		if err != nil && ctx.Err() == nil {
			x.Log.Error("fax sweep", "error", err)
		}
		if n == sweepOnce && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// Sweep deletes up to a hundred documents, and says how many.
func (x *Sweeper) Sweep(ctx context.Context) (n int, err error) {
	blobs, err := x.Store.DeadBlobs(ctx, x.Now(), sweepOnce)
	if err != nil {
		return 0, err
	}
	for _, blob := range blobs {
		if err := x.Blobs.Delete(ctx, blob); err != nil {
			return n, err
		}
		if err := x.Store.ForgetBlob(ctx, blob); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
