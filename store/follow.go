package store

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"time"

	"github.com/faxgate/faxgate/auth"
)

const (
	// freshFor is how long after the beginning of a poll this node may trust what
	// it remembers. With the polls' own length it stays within the second that a
	// revocation may take.
	freshFor = 800 * time.Millisecond
	// changesPerPoll bounds the memory of one poll.
	changesPerPoll = 1000
)

// follower is what this node knows of the changes of all.
type follower struct {
	seen   atomic.Int64 // the last change that Changed has heard of; negative: none yet
	polled atomic.Int64 // when the last good poll began, by clock; zero: never
}

// clockStart is an hour before the program's start, so that no time is zero.
var clockStart = time.Now().Add(-time.Hour)

// clock is nanoseconds of the monotonic clock.
func clock() int64 { return int64(time.Since(clockStart)) }

// Fresh reports whether Changed has heard of every change up to 800 ms ago, those
// of other nodes included. It is false until Follow runs.
func (db *DB) Fresh() bool {
	polled := db.follower.polled.Load()
	return polled != 0 && clock()-polled < int64(freshFor)
}

// Follow hears of the changes of other nodes until the context ends: it asks every
// so often (zero: 200 ms), and at once when PostgreSQL tells of one. It exchanges
// the counts of SharedCounter at the same interval.
func (db *DB) Follow(ctx context.Context, every time.Duration) {
	if every <= 0 {
		every = 200 * time.Millisecond
	}
	wake := make(chan struct{}, 1)
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() { db.repeat(ctx, every, nil, "share the counts with other nodes", db.shareCounts) })
	if db.listener != nil {
		others.Go(func() { db.listener.run(ctx, wake) })
	}
	db.repeat(ctx, every, wake, "read the changes of other nodes", db.pollOnce)
	db.follower.polled.Store(0)
}

// repeat calls f now, every so often, and whenever there is a wake, until the
// context ends. Of failures in a row the log has the first and the end.
func (db *DB) repeat(ctx context.Context, every time.Duration, wake <-chan struct{}, what string, f func(context.Context) error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	failing := false
	for ctx.Err() == nil {
		err := f(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil && !failing:
			db.log.Warn(what, "error", err)
		case err == nil && failing:
			db.log.Info(what + ": works again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case <-wake:
		}
	}
}

// pollOnce reads what is new. A failure is not any one caller's: it shows in Fresh.
func (db *DB) pollOnce(ctx context.Context) error {
	began := clock()
	ctx, cancel := context.WithTimeout(ctx, freshFor)
	defer cancel()
	for {
		more, err := db.poll(ctx)
		if err != nil {
			return err
		}
		if !more {
			db.follower.polled.Store(began)
			return nil
		}
	}
}

// change is a row of a poll: every row has the head of the list, and the last one
// of an empty list has nothing else.
type change struct {
	auth.Change
	head int64
	seq  sql.NullInt64
}

func changeFields(c *change) []any {
	return []any{&c.head, &c.seq, (*optional)(&c.Kind), (*optional)(&c.Subject)}
}

// poll hands on the changes after the last one seen.
func (db *DB) poll(ctx context.Context) (more bool, err error) {
	seen := db.follower.seen.Load()
	rows, err := query(ctx, db, changeFields, `
		SELECT f.seq, c.seq, c.kind, c.subject
		FROM feed f LEFT JOIN changes c ON c.seq > $1
		WHERE f.name = 'changes' ORDER BY c.seq LIMIT $2`, seen, changesPerPoll)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	head := rows[0].head
	if !rows[0].seq.Valid && head == seen {
		return false, nil
	}
	if seen < 0 || !rows[0].seq.Valid || rows[0].seq.Int64 != seen+1 {
		db.skip(head)
		return false, nil
	}
	changes := make([]auth.Change, len(rows))
	for i, r := range rows {
		changes[i] = r.Change
		changes[i].Seq = r.seq.Int64
	}
	if db.Changed != nil {
		db.Changed(changes)
	}
	db.follower.seen.Store(changes[len(changes)-1].Seq)
	return len(rows) == changesPerPoll, nil
}

// skip goes on from the head of the list. It tells that changes are missing, unless
// this node has only just begun and remembers nothing.
func (db *DB) skip(head int64) {
	if db.follower.seen.Swap(head) >= 0 && db.Gap != nil {
		db.Gap()
	}
}
