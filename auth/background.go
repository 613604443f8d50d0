package auth

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Background does what an answer must not wait for, because the time would tell a
// stranger what there was to do. How much is under way is bounded by the throttle
// of the calls that ask for it. A nil Background does everything at once.
type Background struct {
	Log   *slog.Logger
	under sync.WaitGroup
}

// backgroundTime bounds one piece of work.
const backgroundTime = 30 * time.Second

// Do starts the work, whose failure goes to the log under the name given. The end
// of ctx does not end it.
func (x *Background) Do(ctx context.Context, name string, work func(context.Context) error) {
	ctx = context.WithoutCancel(ctx)
	if x == nil {
		_ = work(ctx)
		return
	}
	x.under.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, backgroundTime)
		defer cancel()
		if err := work(ctx); err != nil {
			x.Log.ErrorContext(ctx, name+" failed", "error", err)
		}
	})
}

// Wait returns when everything is done. Call it before the database is closed.
func (x *Background) Wait() {
	if x != nil {
		x.under.Wait()
	}
}
