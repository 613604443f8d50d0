package notify_test

import (
	"context"
	"sync"
	"time"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/notify"
)

// queue keeps the rows of notify.Store in memory. The database's own store has its
// tests with the database; what is tested here is the mailer.
type queue struct {
	mu      sync.Mutex
	rows    map[string]*row
	settled chan notify.Mail // every mail that SettleMail got
}

type row struct {
	mail  notify.Mail
	node  string
	until time.Time
}

func newQueue() *queue {
	return &queue{rows: make(map[string]*row), settled: make(chan notify.Mail, 100)}
}

func (q *queue) PutMail(_ context.Context, m notify.Mail) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.rows[m.ID] = &row{mail: m}
	return nil
}

func (q *queue) ClaimMail(ctx context.Context, node string, now, leaseUntil time.Time) (notify.Mail, error) {
	if err := ctx.Err(); err != nil {
		return notify.Mail{}, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	var next *row
	for _, r := range q.rows {
		due := !r.mail.NextAt.After(now) && !r.until.After(now)
		if due && (next == nil || r.mail.NextAt.Before(next.mail.NextAt)) {
			next = r
		}
	}
	if next == nil {
		return notify.Mail{}, fault.New(fault.NotFound, "mail_none")
	}
	next.node, next.until = node, leaseUntil
	return next.mail, nil
}

func (q *queue) SettleMail(_ context.Context, node string, m notify.Mail) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	r, ok := q.rows[m.ID]
	if !ok || r.node != node {
		return fault.New(fault.Conflict, "mail_claimed")
	}
	if m.State == notify.Waiting {
		*r = row{mail: m}
	} else {
		delete(q.rows, m.ID)
	}
	q.settled <- m
	return nil
}

func (q *queue) all() (mails []notify.Mail) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range q.rows {
		mails = append(mails, r.mail)
	}
	return mails
}
