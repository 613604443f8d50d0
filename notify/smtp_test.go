package notify_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/notify"
)

func TestParseSMTP(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		url  string
		want notify.SMTP
	}{
		{"smtp://mail.example.com", notify.SMTP{Host: "mail.example.com", Port: 587, TLS: notify.StartTLS}},
		{"smtp://mail.example.com:25/", notify.SMTP{Host: "mail.example.com", Port: 25, TLS: notify.StartTLS}},
		{"smtp://mail.example.com?starttls=always", notify.SMTP{Host: "mail.example.com", Port: 587, TLS: notify.StartTLS}},
		{"smtp://faxgate:p%40ss%3Aw%2Frd@mail.example.com:587",
			notify.SMTP{Host: "mail.example.com", Port: 587, User: smtpUser, Password: smtpPassword, TLS: notify.StartTLS}},
		{"smtps://mail.example.com", notify.SMTP{Host: "mail.example.com", Port: 465, TLS: notify.ImplicitTLS}},
		{"smtp://127.0.0.1:1025", notify.SMTP{Host: "127.0.0.1", Port: 1025, TLS: notify.PlainText}},
		{"smtp://[::1]:1025", notify.SMTP{Host: "::1", Port: 1025, TLS: notify.PlainText}},
		{"smtp://localhost:1025?starttls=never", notify.SMTP{Host: "localhost", Port: 1025, TLS: notify.PlainText}},
		{"smtp://127.0.0.2:1025?starttls=always", notify.SMTP{Host: "127.0.0.2", Port: 1025, TLS: notify.StartTLS}},
		{"smtp://192.168.1.5:25", notify.SMTP{Host: "192.168.1.5", Port: 25, TLS: notify.StartTLS}},
		{"smtp://localhost.example.com", notify.SMTP{Host: "localhost.example.com", Port: 587, TLS: notify.StartTLS}},
	} {
		got, err := notify.ParseSMTP(tt.url, "Fax <fax@example.com>")
		tt.want.From.Name, tt.want.From.Address = "Fax", "fax@example.com"
		if err != nil || got != tt.want {
			t.Errorf("%s: %v, %v", tt.url, got, err)
		}
	}
}

func TestParseSMTPRefuses(t *testing.T) {
	t.Parallel()
	const secret = "hunter2secret"
	for _, url := range []string{
		"mail.example.com:587",
		"http://x:" + secret + "@mail.example.com",
		"smtp://",
		"smtp://x:" + secret + "@mail.example.com:0",
		"smtp://x:" + secret + "@mail.example.com:65536",
		"smtp://x:" + secret + "@mail.example.com:port",
		"smtp://x:" + secret + "%zz@mail.example.com",
		"smtp://x:" + secret + "@mail.example.com/inbox",
		"smtp://x:" + secret + "@mail.example.com?starttls=never", // plain text off loopback
		"smtp://x:" + secret + "@mail.example.com?starttls=maybe",
		"smtps://x:" + secret + "@mail.example.com?starttls=always",
	} {
		got, err := notify.ParseSMTP(url, "fax@example.com")
		if err == nil || got != (notify.SMTP{}) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, %v", url, got, err)
		}
	}
	if _, err := notify.ParseSMTP("smtp://mail.example.com", ""); err == nil || !strings.Contains(err.Error(), "sender") {
		t.Errorf("without a sender: %v", err)
	}
}

func TestNoURLIsNoMail(t *testing.T) {
	t.Parallel()
	got, err := notify.ParseSMTP("", "")
	if err != nil || got != (notify.SMTP{}) || (&notify.Mailer{SMTP: got}).Configured() {
		t.Errorf("%v, %v", got, err)
	}
}

func TestTheSMTPPasswordIsNotShown(t *testing.T) {
	t.Parallel()
	s, err := notify.ParseSMTP("smtp://faxgate:hunter2secret@mail.example.com", "fax@example.com")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s %v\n", s, s, s, s, struct{ S notify.SMTP }{s})
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "smtp", s)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "smtp", s, "in", struct{ S notify.SMTP }{s})
	if err := json.NewEncoder(&out).Encode(s); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hunter2") || !strings.Contains(out.String(), "mail.example.com:587") {
		t.Error(out.String())
	}
}
