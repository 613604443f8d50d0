package notify_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-smtp"

	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/notify"
	"github.com/faxgate/faxgate/seal"
)

const link = "https://fax.example.com/reset/fgl_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"

var params = map[notify.Kind]map[string]any{
	notify.PasswordReset:      {"link": link, "age": 30 * time.Minute, "address": "192.0.2.7"},
	notify.Invitation:         {"link": link, "inviter": "boss@example.com", "organization": "桜\r\nBcc: evil@example.com 医院", "age": 7 * 24 * time.Hour},
	notify.EmailChangeConfirm: {"link": link, "email": "new@example.com", "age": 24 * time.Hour},
	notify.EmailChangedNotice: {"email": "new@example.com"},
	notify.PasswordChanged:    {"address": "192.0.2.7"},
	notify.HookDisabled:       {"event": "fax_sent", "host": "app.example.com", "since": time.Date(2026, 11, 20, 7, 5, 0, 0, time.UTC), "reason": "HTTP 500"},
	notify.ForwardedFax:       {"from": "+81312345678", "to": "+15005550001", "at": time.Date(2026, 11, 23, 7, 5, 0, 0, time.UTC), "pages": 3, "link": link},
	notify.EndedFax:           {"to": "+15005550002", "at": time.Date(2026, 11, 23, 7, 5, 0, 0, time.UTC), "rendered": true, "pages": 3, "confirmed": 0, "reason": "The line was busy.", "link": link},
}

// bench is a mailer with a clock that the test moves, and the queue behind it.
type bench struct {
	*notify.Mailer
	queue *queue
	clock atomic.Int64 // Unix milliseconds
	log   *safeBuffer
}

func newBench(t *testing.T, smtpURL string) *bench {
	t.Helper()
	key, err := seal.Create(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := notify.ParseSMTP(smtpURL, "桜医院 <fax@example.com>")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{queue: newQueue(), log: &safeBuffer{}}
	b.clock.Store(time.Date(2026, 11, 23, 7, 5, 0, 0, time.UTC).UnixMilli())
	var ids atomic.Int64
	b.Mailer = &notify.Mailer{
		Store: b.queue, Key: key, SMTP: config, Node: "node-1",
		Now:    func() time.Time { return time.UnixMilli(b.clock.Load()).UTC() },
		NewID:  func() string { return fmt.Sprintf("mail-%d", ids.Add(1)) },
		Log:    slog.New(slog.NewTextHandler(b.log, nil)),
		Chance: func() float64 { return 0.5 },
		Poll:   5 * time.Millisecond,
	}
	return b
}

// run starts the worker and stops it with the test.
func (b *bench) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { b.Run(ctx); close(done) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return stop
}

func (b *bench) send(t *testing.T, kind notify.Kind, language string) {
	t.Helper()
	if err := b.SendMail(t.Context(), "taro@example.com", language, string(kind), params[kind]); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) advance(d time.Duration) { b.clock.Add(d.Milliseconds()) }

// wait receives, or fails the test when nothing comes for long.
func wait[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came in 20 seconds")
		panic("unreachable")
	}
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// read parses a mail as its reader would.
func read(t *testing.T, data string) (h mail.Header, subject, text string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	body := m.Body
	switch m.Header.Get("Content-Transfer-Encoding") {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	decoded, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return m.Header, subject, strings.ReplaceAll(string(decoded), "\r\n", "\n")
}

func TestEveryKindInBothLanguages(t *testing.T) {
	t.Parallel()
	server := startMailServer(t, serverOptions{})
	b := newBench(t, "smtp://"+server.addr)
	b.run(t)
	for _, kind := range notify.Kinds() {
		for _, l := range locale.Languages() {
			b.send(t, kind, string(l))
			got := wait(t, server.mails)
			h, subject, text := read(t, got.data)
			if got.from != "fax@example.com" || got.to != "taro@example.com" {
				t.Errorf("%s: from %s to %s", kind, got.from, got.to)
			}
			if subject == "" || strings.Contains(subject+text, "<no value>") || strings.Contains(subject+text, "mail."+string(kind)) {
				t.Errorf("%s %s: %q %q", kind, l, subject, text)
			}
			if strings.Contains(text, "\nBcc:") || h.Get("Bcc") != "" || h.Get("Auto-Submitted") != "auto-generated" || h.Get("Content-Language") != string(l) ||
				!strings.Contains(strings.ToLower(h.Get("Content-Type")), "charset=utf-8") {
				t.Errorf("%s: header %v", kind, h)
			}
			if params[kind]["link"] != nil && !slices.Contains(strings.Split(text, "\n"), link) {
				t.Errorf("%s %s: the link has no line of its own in %s", kind, l, text)
			}
			t.Logf("%s\n%s\n", subject, text)
		}
	}
}

func TestTheMailIsWhatItsReaderExpects(t *testing.T) {
	t.Parallel()
	server := startMailServer(t, serverOptions{})
	b := newBench(t, "smtp://"+server.addr)
	b.run(t)
	b.send(t, notify.PasswordReset, "ja-JP")
	h, subject, text := read(t, wait(t, server.mails).data)
	if subject != "パスワードの再設定" || !strings.Contains(text, "30分以内に") || !strings.Contains(text, "192.0.2.7") {
		t.Errorf("%q %q", subject, text)
	}
	from, err := h.AddressList("From")
	if err != nil || from[0].Name != "桜医院" {
		t.Errorf("From %v, %v", from, err)
	}
	if h.Get("Message-Id") != "<mail-1@example.com>" || h.Get("Date") != "Mon, 23 Nov 2026 07:05:00 +0000" {
		t.Errorf("header %v", h)
	}
	if strings.Contains(strings.Join(h["User-Agent"], "")+strings.Join(h["X-Mailer"], ""), "go-mail") {
		t.Errorf("header %v", h)
	}
}

func TestTheQueueHoldsNoLink(t *testing.T) {
	t.Parallel()
	b := newBench(t, "smtp://127.0.0.1:1") // nobody listens, and nothing runs
	b.send(t, notify.PasswordReset, "en")
	for _, m := range b.queue.all() {
		if row := fmt.Sprintf("%s %+v", m.Sealed, m); strings.Contains(row, "fgl_") || len(m.Sealed) < 300 {
			t.Errorf("row %s", row)
		}
	}
}

func TestDeliveryOverTLS(t *testing.T) {
	t.Parallel()
	serverTLS, trusted := certificate(t)
	for _, tt := range []struct {
		name, url string
		implicit  bool
	}{
		{"STARTTLS", "smtp://faxgate:p%%40ss%%3Aw%%2Frd@%s?starttls=always", false},
		{"TLS from the first byte", "smtps://faxgate:p%%40ss%%3Aw%%2Frd@%s", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := startMailServer(t, serverOptions{tls: serverTLS, implicit: tt.implicit, needAuth: true})
			b := newBench(t, fmt.Sprintf(tt.url, server.addr))
			b.SMTP.RootCAs = trusted
			b.run(t)
			b.send(t, notify.PasswordReset, "en")
			if got := wait(t, server.mails); !got.encrypted || got.user != smtpUser {
				t.Errorf("encrypted %t, user %q", got.encrypted, got.user)
			}
		})
	}
}

func TestPasswordOnLoopbackInPlainText(t *testing.T) {
	t.Parallel()
	server := startMailServer(t, serverOptions{needAuth: true})
	b := newBench(t, "smtp://faxgate:p%40ss%3Aw%2Frd@"+server.addr)
	b.run(t)
	b.send(t, notify.PasswordReset, "en")
	if got := wait(t, server.mails); got.encrypted || got.user != smtpUser {
		t.Errorf("encrypted %t, user %q", got.encrypted, got.user)
	}
}

// Nothing is sent in the clear where TLS is asked for; the mail waits.
func TestNoTLSNoMail(t *testing.T) {
	t.Parallel()
	serverTLS, _ := certificate(t)
	for _, tt := range []struct {
		name, url, reply string
		options          serverOptions
	}{
		{"the server offers no STARTTLS", "smtp://%s?starttls=always", "STARTTLS", serverOptions{}},
		{"nobody vouches for the certificate", "smtp://%s?starttls=always", "certificate", serverOptions{tls: serverTLS}},
		{"nor for this one", "smtps://%s", "certificate", serverOptions{tls: serverTLS, implicit: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := startMailServer(t, tt.options)
			b := newBench(t, fmt.Sprintf(tt.url, server.addr))
			stop := b.run(t)
			b.send(t, notify.PasswordReset, "en")
			got := wait(t, b.queue.settled)
			stop()
			if got.State != notify.Waiting || got.Attempts != 1 || !strings.Contains(got.LastReply, tt.reply) {
				t.Errorf("settled %s %d %q", got.State, got.Attempts, got.LastReply)
			}
			if len(server.mails)+len(server.attempts) > 0 {
				t.Error("something was sent")
			}
		})
	}
}

func TestAWrongPasswordIsTriedAgain(t *testing.T) {
	t.Parallel()
	server := startMailServer(t, serverOptions{needAuth: true})
	b := newBench(t, "smtp://faxgate:wrong@"+server.addr)
	b.run(t)
	b.send(t, notify.PasswordReset, "en")
	got := wait(t, b.queue.settled)
	if got.State != notify.Waiting || !strings.Contains(got.LastReply, "535") || strings.Contains(b.log.String(), "wrong@") {
		t.Errorf("settled %s %q", got.State, got.LastReply)
	}
}

func TestATemporaryRefusalIsTriedAgain(t *testing.T) {
	t.Parallel()
	later := &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "greylisted"}
	server := startMailServer(t, serverOptions{refuse: []error{later, later}})
	b := newBench(t, "smtp://"+server.addr)
	b.run(t)
	b.send(t, notify.PasswordReset, "en")
	for n, pause := range []time.Duration{time.Minute, 2 * time.Minute} {
		got := wait(t, b.queue.settled)
		if got.State != notify.Waiting || got.Attempts != n+1 || got.NextAt.Sub(b.Now()) != pause || !strings.Contains(got.LastReply, "greylisted") {
			t.Fatalf("settled %+v", got)
		}
		b.advance(pause)
	}
	if got := wait(t, b.queue.settled); got.State != notify.Sent || got.Attempts != 3 {
		t.Errorf("settled %+v", got)
	}
	wait(t, server.mails)
	if len(b.queue.all()) != 0 {
		t.Error("the row is still there")
	}
	for _, want := range []string{"level=WARN", "level=INFO", "state=sent", "attempts=3", "to=taro@example.com", "kind=password_reset"} {
		if !strings.Contains(b.log.String(), want) {
			t.Errorf("no %s in %s", want, b.log)
		}
	}
}

func TestARefusalForGoodIsGivenUpAndLoggedWithoutTheLink(t *testing.T) {
	t.Parallel()
	spam := &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "spam: " + link + " seen, token fgl_0123 too"}
	server := startMailServer(t, serverOptions{refuse: []error{spam}})
	b := newBench(t, "smtp://"+server.addr)
	b.run(t)
	b.send(t, notify.PasswordReset, "en")
	got := wait(t, b.queue.settled)
	if got.State != notify.GivenUp || got.Attempts != 1 || !strings.Contains(got.LastReply, "5.7.1 spam: …") {
		t.Errorf("settled %+v", got)
	}
	if len(b.queue.all()) != 0 {
		t.Error("the row is still there")
	}
	if log := b.log.String() + got.LastReply; strings.Contains(log, "fgl_") || strings.Contains(log, "://") || !strings.Contains(log, "level=ERROR") {
		t.Error(log)
	}
}

func TestAServerThatIsDownIsTriedForADay(t *testing.T) {
	t.Parallel()
	server := startMailServer(t, serverOptions{})
	b := newBench(t, "smtp://"+server.addr)
	b.SMTP.Port = 1 // nobody listens
	b.run(t)
	b.send(t, notify.PasswordReset, "en")
	for {
		got := wait(t, b.queue.settled)
		if got.State == notify.GivenUp {
			break
		}
		b.advance(got.NextAt.Sub(b.Now()))
	}
	age := b.Now().Sub(time.Date(2026, 11, 23, 7, 5, 0, 0, time.UTC))
	if age < 20*time.Hour || age > 24*time.Hour {
		t.Errorf("given up after %s", age)
	}
}

func TestMailUnderAnotherMasterKeyIsGivenUp(t *testing.T) {
	t.Parallel()
	b := newBench(t, "smtp://127.0.0.1:1")
	b.send(t, notify.PasswordReset, "en")
	b.Key = newBench(t, "").Key
	b.run(t)
	if got := wait(t, b.queue.settled); got.State != notify.GivenUp || !strings.Contains(got.LastReply, "cannot be opened") {
		t.Errorf("settled %+v", got)
	}
}

// A node that dies in the middle leaves a lease that runs out.
func TestAnotherNodeTakesOverWhenTheLeaseHasRunOut(t *testing.T) {
	t.Parallel()
	server := startMailServer(t, serverOptions{})
	b := newBench(t, "smtp://"+server.addr)
	b.send(t, notify.PasswordReset, "en")
	if _, err := b.queue.ClaimMail(t.Context(), "node-that-dies", b.Now(), b.Now().Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	b.run(t)
	if len(server.attempts) != 0 {
		t.Error("sent under another's lease")
	}
	b.advance(2 * time.Minute)
	wait(t, server.mails)
	if got := wait(t, b.queue.settled); got.State != notify.Sent {
		t.Errorf("settled %+v", got)
	}
}

func TestTwoNodesSendEachMailOnce(t *testing.T) {
	t.Parallel()
	server := startMailServer(t, serverOptions{})
	b := newBench(t, "smtp://"+server.addr)
	other := &notify.Mailer{
		Store: b.queue, Key: b.Key, SMTP: b.SMTP, Node: "node-2",
		Now: b.Now, NewID: b.NewID, Log: b.Log, Poll: time.Millisecond,
	}
	for range 20 {
		b.send(t, notify.PasswordChanged, "en")
	}
	b.run(t)
	(&bench{Mailer: other}).run(t)
	for range 20 {
		wait(t, b.queue.settled)
	}
	if len(server.mails) != 20 || len(b.queue.all()) != 0 {
		t.Errorf("%d mails, %d rows left", len(server.mails), len(b.queue.all()))
	}
}

func TestStoppingPutsTheMailBack(t *testing.T) {
	t.Parallel()
	reached, release := make(chan struct{}), make(chan struct{})
	server := startMailServer(t, serverOptions{onData: func() { close(reached); <-release }})
	b := newBench(t, "smtp://"+server.addr)
	stop := b.run(t)
	b.send(t, notify.PasswordReset, "en")
	wait(t, reached)
	stop() // the server has not answered, and will not before Run has ended
	close(release)
	rows := b.queue.all()
	if len(rows) != 1 || rows[0].Attempts != 0 || rows[0].State != notify.Waiting {
		t.Errorf("rows %+v", rows)
	}
	if _, err := b.queue.ClaimMail(t.Context(), "node-2", b.Now(), b.Now().Add(time.Minute)); err != nil {
		t.Errorf("the next node: %v", err)
	}
}

func TestMailNeedsAConfigurationAndAKnownKind(t *testing.T) {
	t.Parallel()
	b := newBench(t, "")
	if b.Configured() {
		t.Error("configured without an SMTP server")
	}
	if err := b.SendMail(t.Context(), "taro@example.com", "en", "password_changed", nil); err == nil || len(b.queue.all()) != 0 {
		t.Errorf("SendMail = %v", err)
	}
	b.Run(t.Context()) // comes back at once
	b = newBench(t, "smtp://127.0.0.1:1")
	if err := b.SendMail(t.Context(), "taro@example.com", "en", "lottery", nil); err == nil || len(b.queue.all()) != 0 {
		t.Errorf("SendMail = %v", err)
	}
}

func TestAnAddressThatIsNoneIsGivenUp(t *testing.T) {
	t.Parallel()
	server := startMailServer(t, serverOptions{})
	b := newBench(t, "smtp://"+server.addr)
	b.run(t)
	for _, to := range []string{"", "nobody", "a@example.com, b@example.com", "a@example.com\r\nRCPT TO:<b@example.com>"} {
		if err := b.SendMail(t.Context(), to, "en", "password_changed", params[notify.PasswordChanged]); err != nil {
			t.Fatal(err)
		}
		if got := wait(t, b.queue.settled); got.State != notify.GivenUp {
			t.Errorf("%q: settled %+v", to, got)
		}
	}
	if len(server.attempts) != 0 {
		t.Error("the server was asked")
	}
}

// The worker outlives a database that is away for a while.
func TestTheWorkerOutlivesItsStore(t *testing.T) {
	t.Parallel()
	server := startMailServer(t, serverOptions{})
	b := newBench(t, "smtp://"+server.addr)
	away := &awayStore{Store: b.queue}
	away.left.Store(3)
	b.Store = away
	b.run(t)
	b.send(t, notify.PasswordReset, "en")
	wait(t, server.mails)
	if !strings.Contains(b.log.String(), "database is away") {
		t.Error(b.log)
	}
}

type awayStore struct {
	notify.Store
	left atomic.Int32
}

func (s *awayStore) ClaimMail(ctx context.Context, node string, now, until time.Time) (notify.Mail, error) {
	if s.left.Add(-1) >= 0 {
		return notify.Mail{}, errors.New("database is away")
	}
	return s.Store.ClaimMail(ctx, node, now, until)
}

func TestALongReplyIsCut(t *testing.T) {
	t.Parallel()
	long := &smtp.SMTPError{Code: 554, Message: strings.Repeat("紫", 500)}
	server := startMailServer(t, serverOptions{refuse: []error{long}})
	b := newBench(t, "smtp://"+server.addr)
	b.run(t)
	b.send(t, notify.PasswordReset, "en")
	got := wait(t, b.queue.settled).LastReply
	if len(got) > 300 || !utf8.ValidString(got) || !strings.Contains(got, "紫") {
		t.Errorf("reply of %d bytes: %q", len(got), got)
	}
}
