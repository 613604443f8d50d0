package store

import (
	"context"
	"time"
)

// Queue is work that waits for a node, all nodes together.
type Queue struct {
	Name    string // documents, calls, events, webhooks, mail
	Waiting int
	Oldest  time.Time // since when the longest wait lasts; zero: nothing waits
}

// Queues tells how much is due at now and has not been taken up, by kind.
func (db *DB) Queues(ctx context.Context, now time.Time) ([]Queue, error) {
	return query(ctx, db, func(q *Queue) []any { return []any{&q.Name, &q.Waiting, (*millis)(&q.Oldest)} }, `
		SELECT 'documents', count(*), coalesce(min(created_at), 0) FROM fax_documents WHERE state = 'waiting' AND claimed_until <= $1
		UNION ALL SELECT 'calls', count(*), coalesce(min(due_at), 0) FROM fax_jobs WHERE due_at > 0 AND due_at <= $1
		UNION ALL SELECT 'events', count(*), coalesce(min(at), 0) FROM fax_events WHERE due_at <= $1
		UNION ALL SELECT 'webhooks', count(*), coalesce(min(next_at), 0) FROM hook_deliveries WHERE state = 'pending' AND next_at <= $1
		UNION ALL SELECT 'mail', count(*), coalesce(min(next_at), 0) FROM mails WHERE next_at <= $1`, ms(now))
}
