package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

const (
	// usageEvery is how often last uses are written.
	usageEvery = 10 * time.Second
	// maxUses bounds what is kept between two writes. Where more tokens than that
	// are in use, some wait for a later use to be noted.
	maxUses = 4096
	// usesPerBatch keeps others from waiting long for their turn.
	usesPerBatch = 100
	usageAtExit  = 5 * time.Second
)

// Usage collects when tokens, grants and clients were last used, and writes it off
// the path of the calls. Its methods only take a lock.
type Usage struct {
	db *DB

	mu      sync.Mutex
	tokens  map[auth.Hash]use
	grants  map[string]use
	clients map[string]clientUse
}

type use struct {
	at   time.Time
	from string
}

type clientUse struct {
	at    time.Time
	query int64
}

// Usage makes a collector. It writes while its Run does.
func (db *DB) Usage() *Usage {
	u := &Usage{db: db}
	u.take()
	return u
}

// Token notes the use of a token: of the token itself if it is a personal one, else
// of its grant.
func (u *Usage) Token(t auth.Token, address string, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if t.Personal() {
		put(u.tokens, t.Hash, use{at, address})
	} else {
		put(u.grants, t.GrantID, use{at: at})
	}
}

// Grant notes the use of a grant at the token endpoint, and whether its parameters
// came in the query string.
func (u *Usage) Grant(g oauth.Grant, query bool, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	put(u.grants, g.ID, use{at: at})
	c := u.clients[g.ClientID]
	if c.at = at; query {
		c.query++
	}
	put(u.clients, g.ClientID, c)
}

// put replaces an entry, or adds one while there is room.
func put[K comparable, V any](m map[K]V, key K, v V) {
	if _, known := m[key]; known || len(m) < maxUses {
		m[key] = v
	}
}

// Run writes what is collected every 10 s until the context ends, and then once more.
func (u *Usage) Run(ctx context.Context) {
	ticker := time.NewTicker(usageEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), usageAtExit)
		if err := u.Flush(last); err != nil {
			u.db.log.Warn("write last uses", "error", err)
		}
		cancel()
	}
}

// Flush writes what is collected. What could not be written is forgotten: the next
// use tells as much.
func (u *Usage) Flush(ctx context.Context) error {
	for batch := range slices.Chunk(u.take(), usesPerBatch) {
		if _, err := u.db.writes.batch(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

const (
	tokenUsed  = "UPDATE personal_access_tokens SET last_used_at = $2, last_used_from = $3 WHERE hash = $1 AND last_used_at < $2"
	grantUsed  = "UPDATE grants SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2"
	clientUsed = `UPDATE clients SET query_uses = query_uses + $3,
		last_used_at = CASE WHEN last_used_at < $2 THEN $2 ELSE last_used_at END WHERE id = $1`
)

// take empties the collector. The statements have the order of their keys, so that
// no two nodes wait for each other.
func (u *Usage) take() (statements []statement) {
	u.mu.Lock()
	tokens, grants, clients := u.tokens, u.grants, u.clients
	u.tokens, u.grants, u.clients = make(map[auth.Hash]use), make(map[string]use), make(map[string]clientUse)
	u.mu.Unlock()
	for _, hash := range sortedKeys(tokens, func(a, b auth.Hash) int { return bytes.Compare(a[:], b[:]) }) {
		statements = append(statements, statement{tokenUsed, []any{hash[:], ms(tokens[hash].at), tokens[hash].from}})
	}
	for _, id := range sortedKeys(grants, cmp.Compare[string]) {
		statements = append(statements, statement{grantUsed, []any{id, ms(grants[id].at)}})
	}
	for _, id := range sortedKeys(clients, cmp.Compare[string]) {
		statements = append(statements, statement{clientUsed, []any{id, ms(clients[id].at), clients[id].query}})
	}
	return statements
}

func sortedKeys[K comparable, V any](m map[K]V, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	return keys
}
