package auth

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

const cacheShards = 64

// Cache remembers what the database said, in shards with a lock each. Whoever
// fills it must have taken Generation before asking the database: what was
// dropped in between is not remembered.
type Cache[K comparable, V any] struct {
	// Limit is the number of entries at most. Zero: 16384.
	Limit int

	generation atomic.Uint64
	seed       maphash.Seed
	once       sync.Once
	shards     [cacheShards]shard[K, V]
}

type shard[K comparable, V any] struct {
	mu      sync.RWMutex
	entries map[K]V
	_       [32]byte // keeps two shards' locks off one cache line
}

func (c *Cache[K, V]) shard(key K) *shard[K, V] {
	c.once.Do(func() { c.seed = maphash.MakeSeed() })
	return &c.shards[maphash.Comparable(c.seed, key)%cacheShards]
}

// Generation changes with every drop.
func (c *Cache[K, V]) Generation() uint64 { return c.generation.Load() }

// Get finds an entry.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	s := c.shard(key)
	s.mu.RLock()
	v, ok := s.entries[key]
	s.mu.RUnlock()
	return v, ok
}

// Put remembers an entry that was read at that generation. After a drop it does
// nothing: the value may be the one that was dropped.
func (c *Cache[K, V]) Put(key K, v V, generation uint64) {
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.generation.Load() != generation {
		return
	}
	if s.entries == nil {
		s.entries = make(map[K]V)
	}
	if len(s.entries) >= c.limit()/cacheShards {
		for victim := range s.entries { // map order is random enough
			delete(s.entries, victim)
			break
		}
	}
	s.entries[key] = v
}

func (c *Cache[K, V]) limit() int {
	if c.Limit > 0 {
		return max(c.Limit, cacheShards)
	}
	return 1 << 14
}

// Drop forgets one entry.
func (c *Cache[K, V]) Drop(key K) {
	c.generation.Add(1)
	s := c.shard(key)
	s.mu.Lock()
	delete(s.entries, key)
	s.mu.Unlock()
}

// DropIf forgets every entry for which gone is true.
func (c *Cache[K, V]) DropIf(gone func(K, V) bool) {
	c.generation.Add(1)
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		for key, v := range s.entries {
			if gone(key, v) {
				delete(s.entries, key)
			}
		}
		s.mu.Unlock()
	}
}

// Len counts the entries.
func (c *Cache[K, V]) Len() int {
	n := 0
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.RLock()
		n += len(s.entries)
		s.mu.RUnlock()
	}
	return n
}
