package auth

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

const (
	cacheShards  = 64
	cacheWays    = 8 // the places that a key may have
	cacheEntries = 1 << 14
)

// Cache remembers what the database said, in shards with a lock each. Whoever
// fills it must have taken Generation before asking the database: what was
// dropped in between is not remembered.
//
// It is a set-associative cache: a key has its place in one bucket, where it takes
// the turn of another one when all places are taken. A map of the same size is up to
// four times as large, because it doubles while entries come and go.
type Cache[K comparable, V any] struct {
	// Limit is the number of entries at most, of which a few percent may stay free.
	// Zero: 16384.
	Limit int

	generation atomic.Uint64
	seed       maphash.Seed
	once       sync.Once
	shards     [cacheShards]shard[K, V]
}

type shard[K comparable, V any] struct {
	mu      sync.RWMutex
	buckets []*bucket[K, V] // made when they are first needed
	_       [24]byte        // keeps two shards' locks off one cache line
}

type bucket[K comparable, V any] struct {
	tags   [cacheWays]uint8 // a part of the key's hash; 0: the place is free
	turn   uint8            // whose place is taken next
	keys   [cacheWays]K
	values [cacheWays]V
}

// place is where a key stands, or would.
type place[K comparable, V any] struct {
	shard  *shard[K, V]
	bucket int
	tag    uint8
}

func (c *Cache[K, V]) place(key K) place[K, V] {
	c.once.Do(func() { c.seed = maphash.MakeSeed() })
	h := maphash.Comparable(c.seed, key)
	return place[K, V]{
		shard:  &c.shards[h%cacheShards],
		bucket: int(h / cacheShards % uint64(c.buckets())),
		tag:    uint8(h>>56) | 1, //nolint:gosec // the highest byte, which the two above do not look at
	}
}

// find gives the bucket and the key's number in it. The shard is locked.
func (p place[K, V]) find(key K) (b *bucket[K, V], i int, found bool) {
	if len(p.shard.buckets) == 0 {
		return nil, 0, false
	}
	if b = p.shard.buckets[p.bucket]; b == nil {
		return nil, 0, false
	}
	for i, tag := range b.tags {
		if tag == p.tag && b.keys[i] == key {
			return b, i, true
		}
	}
	return b, 0, false
}

// Generation changes with every drop.
func (c *Cache[K, V]) Generation() uint64 { return c.generation.Load() }

// Get finds an entry.
func (c *Cache[K, V]) Get(key K) (v V, ok bool) {
	p := c.place(key)
	p.shard.mu.RLock()
	if b, i, found := p.find(key); found {
		v, ok = b.values[i], true
	}
	p.shard.mu.RUnlock()
	return v, ok
}

// Put remembers an entry that was read at that generation. After a drop it does
// nothing: the value may be the one that was dropped.
func (c *Cache[K, V]) Put(key K, v V, generation uint64) {
	p := c.place(key)
	p.shard.mu.Lock()
	defer p.shard.mu.Unlock()
	if c.generation.Load() != generation {
		return
	}
	b, i, found := p.find(key)
	if b == nil {
		b = p.shard.add(p.bucket, c.buckets())
	}
	if !found {
		i = b.free(c.ways())
	}
	b.tags[i], b.keys[i], b.values[i] = p.tag, key, v
}

func (s *shard[K, V]) add(number, of int) *bucket[K, V] {
	if s.buckets == nil {
		s.buckets = make([]*bucket[K, V], of)
	}
	b := new(bucket[K, V])
	s.buckets[number] = b
	return b
}

// free gives a place that is free, or whose turn it is.
func (b *bucket[K, V]) free(ways int) int {
	for i, tag := range b.tags[:ways] {
		if tag == 0 {
			return i
		}
	}
	i := int(b.turn) % ways
	b.turn = uint8((i + 1) % ways) //nolint:gosec // at most cacheWays
	return i
}

// remove makes a place free, and keeps nothing of what it held.
func (b *bucket[K, V]) remove(i int) {
	var (
		key K
		v   V
	)
	b.tags[i], b.keys[i], b.values[i] = 0, key, v
}

// perShard is how many entries a shard has at most.
func (c *Cache[K, V]) perShard() int {
	if c.Limit > 0 {
		return max(1, c.Limit/cacheShards)
	}
	return cacheEntries / cacheShards
}

func (c *Cache[K, V]) ways() int    { return min(c.perShard(), cacheWays) }
func (c *Cache[K, V]) buckets() int { return c.perShard() / c.ways() }

// Drop forgets one entry.
func (c *Cache[K, V]) Drop(key K) {
	c.generation.Add(1)
	p := c.place(key)
	p.shard.mu.Lock()
	if b, i, found := p.find(key); found {
		b.remove(i)
	}
	p.shard.mu.Unlock()
}

// DropIf forgets every entry for which gone is true.
func (c *Cache[K, V]) DropIf(gone func(K, V) bool) {
	c.generation.Add(1)
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		s.each(func(b *bucket[K, V], i int) {
			if gone(b.keys[i], b.values[i]) {
				b.remove(i)
			}
		})
		s.mu.Unlock()
	}
}

// Len counts the entries.
func (c *Cache[K, V]) Len() int {
	n := 0
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.RLock()
		s.each(func(*bucket[K, V], int) { n++ })
		s.mu.RUnlock()
	}
	return n
}

// each calls f with the place of every entry.
func (s *shard[K, V]) each(f func(b *bucket[K, V], i int)) {
	for _, b := range s.buckets {
		if b == nil {
			continue
		}
		for i, tag := range b.tags {
			if tag != 0 {
				f(b, i)
			}
		}
	}
}
