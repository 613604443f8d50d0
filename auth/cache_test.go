package auth_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/faxgate/faxgate/auth"
)

func TestTheCacheRemembersUntilItIsTold(t *testing.T) {
	t.Parallel()
	var c auth.Cache[string, int]
	if _, ok := c.Get("a"); ok {
		t.Error("an empty cache knows something")
	}
	c.Put("a", 1, c.Generation())
	c.Put("b", 2, c.Generation())
	if v, ok := c.Get("a"); !ok || v != 1 {
		t.Errorf("Get = %d, %t", v, ok)
	}
	c.Drop("a")
	if _, ok := c.Get("a"); ok {
		t.Error("what was dropped is remembered")
	}
	if v, ok := c.Get("b"); !ok || v != 2 {
		t.Errorf("dropping one forgot another: %d, %t", v, ok)
	}
}

func TestWhatIsDroppedBetweenReadAndPutIsNotRemembered(t *testing.T) {
	t.Parallel()
	for name, drop := range map[string]func(*auth.Cache[string, int]){
		"by key":       func(c *auth.Cache[string, int]) { c.Drop("a") },
		"by condition": func(c *auth.Cache[string, int]) { c.DropIf(func(k string, _ int) bool { return k == "a" }) },
	} {
		var c auth.Cache[string, int]
		generation := c.Generation()
		drop(&c) // while the database was being asked
		c.Put("a", 1, generation)
		if _, ok := c.Get("a"); ok {
			t.Errorf("%s: a stale value is remembered", name)
		}
		c.Put("a", 2, c.Generation())
		if v, ok := c.Get("a"); !ok || v != 2 {
			t.Errorf("%s: a fresh value is not remembered", name)
		}
	}
}

func TestDropIfForgetsWhatMatchesAndNothingElse(t *testing.T) {
	t.Parallel()
	var c auth.Cache[int, int]
	for i := range 1000 {
		c.Put(i, i%7, c.Generation())
	}
	c.DropIf(func(_, v int) bool { return v == 3 })
	for i := range 1000 {
		if _, ok := c.Get(i); ok == (i%7 == 3) {
			t.Fatalf("entry %d: remembered %t", i, ok)
		}
	}
}

func TestTheCacheKeepsToItsLimit(t *testing.T) {
	t.Parallel()
	for limit, most := range map[int]int{1: 64, 640: 640, 0: 1 << 14} {
		c := auth.Cache[int, int]{Limit: limit}
		for i := range 2 * most {
			c.Put(i, i, c.Generation())
		}
		if n := c.Len(); n > most || n < most/2 {
			t.Errorf("limit %d: %d entries", limit, n)
		}
		if v, ok := c.Get(2*most - 1); !ok || v != 2*most-1 {
			t.Errorf("limit %d: the newest entry is the one that went", limit)
		}
	}
}

func TestWritingAnEntryAgainPushesNothingOut(t *testing.T) {
	t.Parallel()
	c := auth.Cache[int, int]{Limit: 64} // one entry a shard
	c.Put(1, 1, c.Generation())
	before := c.Len()
	for range 10 {
		c.Put(1, 2, c.Generation())
	}
	if v, ok := c.Get(1); !ok || v != 2 || c.Len() != before {
		t.Errorf("Get = %d, %t; %d entries, want %d", v, ok, c.Len(), before)
	}
}

// A value is written to the source, then dropped from the cache. After that nobody
// may ever find an older one there, however the others read meanwhile.
func TestNoReaderBringsAStaleValueBack(t *testing.T) {
	t.Parallel()
	var c auth.Cache[string, int64]
	var source atomic.Int64
	var stop atomic.Bool
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for !stop.Load() {
				generation := c.Generation()
				c.Put("a", source.Load(), generation)
			}
		})
	}
	for n := range int64(2000) {
		source.Store(n)
		c.Drop("a")
		if v, ok := c.Get("a"); ok && v < n {
			t.Errorf("after the change to %d the cache has %d", n, v)
			break
		}
	}
	stop.Store(true)
	readers.Wait()
}
