// Package authtest is what the tests around accounts share: a clock that they move,
// a mailbox in place of a mail server, and a look at the code of a refusal.
package authtest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// Clock is a time that stands still until it is moved. It is safe for concurrent
// use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that says 23 November 2026, 07:05 UTC, a Monday.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 11, 23, 7, 5, 0, 0, time.UTC)} }

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock, back where d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Mail is one mail that was asked for.
type Mail struct {
	To, Language, Kind string
	Params             map[string]any
}

// Mailbox is an auth.Mailer that keeps what it is given. It is safe for concurrent
// use, but for On.
type Mailbox struct {
	On bool // mail is configured

	mu    sync.Mutex
	mails []Mail
}

// Configured reports whether the mailbox is on.
func (m *Mailbox) Configured() bool { return m.On }

// SendMail keeps a mail. It never fails.
func (m *Mailbox) SendMail(_ context.Context, to, language, kind string, params map[string]any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails = append(m.mails, Mail{to, language, kind, params})
	return nil
}

// Mails are all mails, the oldest first.
func (m *Mailbox) Mails() []Mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.mails)
}

// Sent names all mails by kind and address, the oldest first.
func (m *Mailbox) Sent() []string {
	var sent []string
	for _, x := range m.Mails() {
		sent = append(sent, x.Kind+" "+x.To)
	}
	return sent
}

// Latest is the latest mail of the kind. Where there is none, the test ends.
func (m *Mailbox) Latest(t testing.TB, kind string) Mail {
	t.Helper()
	for _, x := range slices.Backward(m.Mails()) {
		if x.Kind == kind {
			return x
		}
	}
	t.Fatalf("no mail of the kind %s among %q", kind, m.Sent())
	return Mail{}
}

// Link is the link in the latest mail of the kind.
func (m *Mailbox) Link(t testing.TB, kind string) string {
	t.Helper()
	link, ok := m.Latest(t, kind).Params["link"].(string)
	if !ok {
		t.Fatalf("the mail of the kind %s has no link", kind)
	}
	return link
}

// Code is the code of a refusal; empty where there is none. An error that is not a
// fault is told as it is.
func Code(err error) string {
	if err == nil {
		return ""
	}
	if e := fault.Of(err); e != nil {
		return e.Code
	}
	return "not a fault: " + err.Error()
}

// Is checks the code of a refusal; an empty one means that there is none.
func Is(t testing.TB, what string, err error, want string) {
	t.Helper()
	if got := Code(err); got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}
