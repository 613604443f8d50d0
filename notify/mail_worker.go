package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/faxgate/faxgate/fault"
)

const (
	defaultPoll    = 5 * time.Second
	deliveryLimit  = time.Minute     // for one attempt
	lease          = 2 * time.Minute // longer than an attempt, with room to store its end
	settleAtTheEnd = 2 * time.Second // to put a claimed mail back when the server stops
)

// Run delivers what is due until ctx ends. Any number of nodes may run it on one
// database. A mail whose delivery the end of ctx interrupts goes back into the
// queue and counts no attempt.
func (m *Mailer) Run(ctx context.Context) {
	if !m.Configured() {
		return
	}
	tick := time.NewTicker(cmp.Or(m.Poll, defaultPoll))
	defer tick.Stop()
	for ctx.Err() == nil {
		if m.deliverDue(ctx) {
			continue
		}
		select {
		case <-ctx.Done():
		case <-m.bell():
		case <-tick.C:
		}
	}
}

// deliverDue makes one attempt on the next mail, and reports whether it is worth
// asking for another at once.
func (m *Mailer) deliverDue(ctx context.Context) bool {
	now := m.Now()
	mail, err := m.Store.ClaimMail(ctx, m.Node, now, now.Add(lease))
	switch {
	case errors.Is(err, fault.NotFound), err != nil && ctx.Err() != nil:
		return false
	case err != nil:
		m.Log.Error("mail", "error", err)
		return false
	}
	result := m.attempt(ctx, mail)
	if ctx.Err() != nil && !result.Delivered {
		return m.settle(context.WithoutCancel(ctx), mail)
	}
	settled := Settle(mail, result, m.Now(), m.chance())
	m.logAttempt(settled)
	return m.settle(context.WithoutCancel(ctx), settled)
}

func (m *Mailer) attempt(ctx context.Context, mail Mail) Result {
	ctx, cancel := context.WithTimeout(ctx, deliveryLimit)
	defer cancel()
	c, err := m.open(mail.Sealed)
	if err != nil {
		// Another master key: no later attempt will open it either.
		return Result{Permanent: true, Reply: fmt.Sprint("the text cannot be read: ", err)}
	}
	c, attached, err := m.attached(ctx, c)
	if err != nil {
		// Deleted in the meantime: whoever did that wants no mail about it.
		return Result{Permanent: errors.Is(err, fault.NotFound), Reply: safeReply(err)}
	}
	return m.SMTP.deliver(ctx, mail, c, attached)
}

func (m *Mailer) settle(ctx context.Context, mail Mail) bool {
	ctx, cancel := context.WithTimeout(ctx, settleAtTheEnd)
	defer cancel()
	if err := m.Store.SettleMail(ctx, m.Node, mail); err != nil {
		// The lease runs out, and the mail may arrive twice: better than never.
		m.Log.Error("mail", "mail_id", mail.ID, "kind", mail.Kind, "error", err)
		return false
	}
	return true
}

func (m *Mailer) logAttempt(mail Mail) {
	level := slog.LevelInfo
	switch mail.State {
	case Waiting:
		level = slog.LevelWarn
	case GivenUp:
		level = slog.LevelError
	}
	m.Log.Log(context.Background(), level, "mail", "mail_id", mail.ID, "kind", mail.Kind, "to", mail.To,
		"state", mail.State, "attempts", mail.Attempts, "reply", mail.LastReply)
}

func (m *Mailer) chance() float64 {
	if m.Chance == nil {
		return rand.Float64()
	}
	return m.Chance()
}
