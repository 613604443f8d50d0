package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

const (
	// maxCounts bounds the counts in memory; beyond it some are forgotten.
	maxCounts = 1 << 16
	// countsPerWrite bounds one write; what is left goes with the next.
	countsPerWrite = 500
)

// SharedCounter counts the failed attempts, or the calls, of all nodes together: a
// counter for auth.NewThrottle. It counts in memory, and Follow exchanges the
// counts through the database, so that nobody waits for it. It implements
// httprate.LimitCounter.
type SharedCounter struct {
	now func() time.Time

	mu     sync.Mutex
	window time.Duration
	prefix string // the window's length, before each key: counters share the table
	latest int64  // the newest window that was counted in, in Unix milliseconds
	read   int64  // the number of the last count that was read
	counts map[counted]tally
}

// counted is what is counted, hashed, and the window in which it was.
type counted struct {
	key    [16]byte
	window int64
}

// tally is a count in its three parts.
type tally struct {
	shared  int64 // of all nodes, as last read
	sending int64 // of this node, on its way
	unsent  int64 // of this node
}

func (n tally) sum() int { return int(n.shared + n.sending + n.unsent) }

// counters are the DB's counters.
type counters struct {
	mu  sync.Mutex
	all []*SharedCounter
}

// SharedCounter makes a counter with windows of that length.
func (db *DB) SharedCounter(window time.Duration) *SharedCounter {
	s := &SharedCounter{now: db.now, counts: make(map[counted]tally)}
	s.Config(0, window)
	db.counters.mu.Lock()
	defer db.counters.mu.Unlock()
	db.counters.all = append(db.counters.all, s)
	return s
}

// Config sets the length of the windows.
func (s *SharedCounter) Config(_ int, window time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.window, s.prefix = window, window.String()+" "
}

// Increment counts one.
func (s *SharedCounter) Increment(key string, window time.Time) error {
	return s.IncrementBy(key, window, 1)
}

// IncrementBy counts some; a negative amount takes them back.
func (s *SharedCounter) IncrementBy(key string, window time.Time, amount int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := counted{s.hash(key), window.UnixMilli()}
	s.latest = max(s.latest, k.window)
	c := s.counts[k]
	c.unsent += int64(amount)
	s.put(k, c)
	return nil
}

// Get gives the counts of the two windows. While nothing at all is counted, which is
// the rule on a server that nobody attacks, it costs no hash.
func (s *SharedCounter) Get(key string, current, previous time.Time) (int, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.counts) == 0 {
		return 0, 0, nil
	}
	hash := s.hash(key)
	return s.counts[counted{hash, current.UnixMilli()}].sum(), s.counts[counted{hash, previous.UnixMilli()}].sum(), nil
}

// hash keeps addresses out of the database.
func (s *SharedCounter) hash(key string) [16]byte {
	sum := sha256.Sum256([]byte(s.prefix + key))
	return [16]byte(sum[:16])
}

// put keeps a count. Where there are too many, one that chance chooses makes room.
func (s *SharedCounter) put(k counted, c tally) {
	if _, known := s.counts[k]; !known && len(s.counts) >= maxCounts {
		for victim := range s.counts {
			delete(s.counts, victim)
			break
		}
	}
	s.counts[k] = c
}

// shareCounts exchanges the counts of every counter with other nodes.
func (db *DB) shareCounts(ctx context.Context) error {
	db.counters.mu.Lock()
	all := db.counters.all
	db.counters.mu.Unlock()
	var err error
	for _, s := range all {
		err = errors.Join(err, db.shareOnce(ctx, s))
	}
	return err
}

// shareOnce sends what this node counted and reads what is new.
func (db *DB) shareOnce(ctx context.Context, s *SharedCounter) error {
	if keys, counts := s.send(); len(keys) > 0 {
		err := db.addCounts(ctx, keys, counts)
		s.sent(keys, err == nil)
		if err != nil {
			return err
		}
	}
	oldest, read := s.wanted()
	rows, err := query(ctx, db, sharedFields, `SELECT key, window_start, count, seq FROM failures
		WHERE seq > $1 AND window_start >= $2`, read, oldest)
	if err != nil {
		return err
	}
	s.receive(rows)
	return nil
}

// addCounts adds to the counts of all nodes. They are numbered, so that the
// others read only what is new.
func (db *DB) addCounts(ctx context.Context, keys []counted, counts []int64) error {
	return db.write(ctx, func(t *tx) error {
		var seq int64
		if err := t.get("UPDATE feed SET seq = seq + 1 WHERE name = 'failures' RETURNING seq", nil, &seq); err != nil {
			return err
		}
		args := make([]any, 0, 4*len(keys))
		for i, k := range keys {
			args = append(args, k.key[:], k.window, counts[i], seq)
		}
		return t.run("INSERT INTO failures (key, window_start, count, seq) VALUES "+rowsOf(len(keys), 4)+`
			ON CONFLICT (key, window_start) DO UPDATE SET count = failures.count + excluded.count, seq = excluded.seq`, args...)
	})
}

// sharedCount is a row of the table.
type sharedCount struct {
	key                []byte
	window, count, seq int64
}

func sharedFields(s *sharedCount) []any { return []any{&s.key, &s.window, &s.count, &s.seq} }

// send takes some of the counts that the other nodes don't know.
func (s *SharedCounter) send() (keys []counted, counts []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, c := range s.counts {
		if k.window < s.latest-s.window.Milliseconds() {
			delete(s.counts, k)
			continue
		}
		if c.unsent == 0 || len(keys) == countsPerWrite {
			continue
		}
		keys, counts = append(keys, k), append(counts, c.unsent)
		s.counts[k] = tally{shared: c.shared, sending: c.unsent}
	}
	return keys, counts
}

// sent moves what was on its way: to what all nodes know, or back.
func (s *SharedCounter) sent(keys []counted, arrived bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range keys {
		c, known := s.counts[k]
		if !known {
			continue // it made room for another one
		}
		if arrived {
			c.shared += c.sending
		} else {
			c.unsent += c.sending
		}
		c.sending = 0
		s.counts[k] = c
	}
}

// wanted says which counts are to be read: those of the last two windows that are
// newer than what was read.
func (s *SharedCounter) wanted() (oldest, read int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(s.latest, s.now().Truncate(s.window).UnixMilli()) - s.window.Milliseconds(), s.read
}

func (s *SharedCounter) receive(rows []sharedCount) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rows {
		if len(r.key) != len(counted{}.key) {
			continue
		}
		k := counted{[16]byte(r.key), r.window}
		c := s.counts[k]
		c.shared = r.count
		s.put(k, c)
		s.read = max(s.read, r.seq)
	}
}
