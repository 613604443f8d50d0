// Package notify tells people and programs what happened. Mail goes out by SMTP
// submission (RFC 6409, RFC 8314, RFC 3207), one plain text each (RFC 5322, RFC
// 2045). Webhooks are posted to the addresses that programs gave, signed as Standard
// Webhooks has it (https://www.standardwebhooks.com).
//
// A mail is a row that one of the nodes claims for a while, the lease. It moves
// like this:
//
//	SendMail ──▶ Waiting ──ClaimMail──▶ under a lease ──┬─▶ Sent      row deleted
//	                ▲                                   ├─▶ GivenUp   row deleted, logged
//	                └── later, or the lease ran out ────┘
//
// The text of a mail holds one-time links. It is sealed under the master key
// while it waits, is deleted with its row, and never reaches a log.
//
// An event becomes one row for each hook that asked for it, in the transaction that
// made it happen. A courier on one of the nodes claims the row and posts it:
//
//	event ──▶ Pending ──ClaimHookDelivery──▶ under a lease ──┬─▶ Delivered
//	           ▲  ▲                                          ├─▶ Failed, after a day
//	           │  └── later, or the lease ran out ───────────┘      │
//	           └────────────── replayed by a person ◀───────────────┘
//
// Every attempt is kept with what the other side answered. A hook to which nothing
// got through for three days is disabled, and its owner gets a mail.
package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/seal"
)

// Kind says what a mail is about.
type Kind string

// The kinds of mail. The comment names the params that the text needs.
const (
	PasswordReset      Kind = "password_reset"       // link, age, address
	Invitation         Kind = "invitation"           // link, inviter, organization, age
	EmailChangeConfirm Kind = "email_change_confirm" // link, email, age; goes to the new address
	EmailChangedNotice Kind = "email_changed_notice" // email; goes to the old address
	PasswordChanged    Kind = "password_changed"     // address
	HookDisabled       Kind = "hook_disabled"        // event, host, since, reason
	ForwardedFax       Kind = "forwarded_fax"        // see ReceivedFax
	EndedFax           Kind = "ended_fax"            // see SentFax
)

// Kinds are all of them.
func Kinds() []Kind {
	return []Kind{
		PasswordReset, Invitation, EmailChangeConfirm, EmailChangedNotice, PasswordChanged,
		HookDisabled, ForwardedFax, EndedFax,
	}
}

// MailState is where a mail stands.
type MailState string

// The states of a mail. The last two end it.
const (
	Waiting MailState = "waiting"
	Sent    MailState = "sent"
	GivenUp MailState = "given_up"
)

// Mail is one mail in the queue.
type Mail struct {
	ID        string
	To        string // one address
	Kind      Kind
	Sealed    []byte // subject and text, under the master key
	State     MailState
	Attempts  int // those that are over
	CreatedAt time.Time
	NextAt    time.Time // not before
	LastReply string    // why the last attempt failed; empty: there was none
}

// Store is what mail needs of the database.
type Store interface {
	// PutMail adds a waiting mail.
	PutMail(ctx context.Context, m Mail) error
	// ClaimMail hands out the mail that has been due longest at now and that nobody
	// holds, to node, until the lease ends. A lease that has run out holds nothing.
	// Nothing due: fault.NotFound.
	ClaimMail(ctx context.Context, node string, now, leaseUntil time.Time) (Mail, error)
	// SettleMail ends the node's claim. A mail that waits on is stored with its
	// Attempts, NextAt and LastReply; one that is Sent or GivenUp is deleted. When
	// the node's claim has run out and another holds the mail: fault.Conflict.
	SettleMail(ctx context.Context, node string, m Mail) error
}

// Message is a mail that is asked for.
type Message struct {
	To       string
	Language locale.Language
	Kind     Kind
	Params   map[string]any
	// Attached go with the text. They are not kept in the queue: the mailer's Documents
	// gives their bytes when the mail is sent.
	Attached []Attachment
}

// Mailer queues mail and delivers it. All fields are required but Documents, Chance
// and Poll; where SMTP is the zero value there is no mail. It is safe for concurrent use.
type Mailer struct {
	Store Store
	Key   *seal.Key
	SMTP  SMTP
	Node  string // names this process among those on the same database
	Now   func() time.Time
	NewID func() string
	Log   *slog.Logger

	Documents Documents      // of the attachments; nil: there are none
	Chance    func() float64 // from 0 to 1, spreads the attempts; nil: math/rand
	Poll      time.Duration  // how often Run looks for mail of other nodes; zero: 5 s

	once sync.Once
	wake chan struct{}
}

// Configured reports whether there is a way to send mail. Where there is none,
// pages show the link instead.
func (m *Mailer) Configured() bool { return m.SMTP.Host != "" }

// SendMail queues a mail of the kind, written in the language. It returns once the
// mail is stored; delivery is Run's.
func (m *Mailer) SendMail(ctx context.Context, to, language, kind string, params map[string]any) error {
	return m.Send(ctx, Message{To: to, Language: locale.Match(language, ""), Kind: Kind(kind), Params: params})
}

// Send is SendMail with its parameters in one value.
func (m *Mailer) Send(ctx context.Context, msg Message) error {
	if !m.Configured() {
		return fmt.Errorf("mail %s: no SMTP server is configured", msg.Kind)
	}
	mail, err := m.compose(msg)
	if err != nil {
		return err
	}
	if err := m.Store.PutMail(ctx, mail); err != nil {
		return fmt.Errorf("mail %s: %w", msg.Kind, err)
	}
	m.ring()
	return nil
}

// compose makes the row of a mail, which is due at once.
func (m *Mailer) compose(msg Message) (Mail, error) {
	c, err := write(msg)
	if err != nil {
		return Mail{}, err
	}
	plain, err := json.Marshal(c)
	if err != nil {
		return Mail{}, fmt.Errorf("mail %s: %w", msg.Kind, err)
	}
	now := m.Now()
	return Mail{
		ID: m.NewID(), To: msg.To, Kind: msg.Kind, Sealed: m.Key.Seal(sealPurpose, plain),
		State: Waiting, CreatedAt: now, NextAt: now,
	}, nil
}

const sealPurpose = "mail"

func (m *Mailer) open(sealed []byte) (c content, err error) {
	plain, err := m.Key.Open(sealPurpose, sealed)
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(plain, &c)
}

// bell wakes Run when this node queues a mail.
func (m *Mailer) bell() chan struct{} {
	m.once.Do(func() { m.wake = make(chan struct{}, 1) })
	return m.wake
}

func (m *Mailer) ring() {
	select {
	case m.bell() <- struct{}{}:
	default: // it rings already
	}
}
