package acceptance_test

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// mailServer takes every mail and hands it to the test, as it came.
type mailServer chan string

// startMailServer starts one on a loopback address.
func startMailServer(t *testing.T) (mails mailServer, url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	mails = make(mailServer, 100)
	s := smtp.NewServer(mails)
	s.Domain, s.ErrorLog = "mail.test", log.New(io.Discard, "", 0)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		l.Close() // Serve may not have begun to know of it
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error(err)
		}
	})
	return mails, "smtp://" + l.Addr().String()
}

func (m mailServer) NewSession(*smtp.Conn) (smtp.Session, error) { return m, nil }
func (m mailServer) Mail(string, *smtp.MailOptions) error        { return nil }
func (m mailServer) Rcpt(string, *smtp.RcptOptions) error        { return nil }
func (m mailServer) Reset()                                      {}
func (m mailServer) Logout() error                               { return nil }

func (m mailServer) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err == nil {
		m <- string(data)
	}
	return err
}

// An account that wishes it is mailed how each of its faxes ended, with the pages and the
// report.
func TestASenderIsMailedHowFaxesEnded(t *testing.T) {
	t.Parallel()
	mails, url := startMailServer(t)
	s := Start(t, Options{Env: []string{"FAXGATE_SMTP_URL=" + url, "FAXGATE_MAIL_FROM=fax@clinic.example"}})
	m := s.Mailbox(t)
	settings := s.PersonalToken(t, s.Owner, "settings", "fax:user:edit")
	wantStatus(t, s.Call(t, http.MethodPut, "/v3/accounts/self", `{"notifications": {"settings": {"email": {
		"receive_fax": false, "send_fax": true, "attachments": {"send_fax": true, "confirmation_page": true}}}}}`,
		"Content-Type: application/json", bearer(settings)), http.StatusNoContent)
	ids := m.Send(t, []string{testLine + "1", testLine + "9"}, m.Upload(t, "letter.txt", letter()))
	want := map[string][]string{
		"Fax sent to " + testLine + "1":     {"The fax was sent. Every page arrived.", ids[testLine+"1"], "fax-to-15005550001"},
		"Fax not sent to " + testLine + "9": {"The number is not in use.", "Check the number", ids[testLine+"9"], "fax-to-15005550009"},
	}
	for range len(want) {
		select {
		case data := <-mails:
			header, _, _ := strings.Cut(data, "\r\n\r\n")
			_, subject, _ := strings.Cut(header, "Subject: ")
			subject, _, _ = strings.Cut(subject, "\r\n")
			parts := want[subject]
			if parts == nil {
				t.Fatalf("a mail that nobody waits for:\n%s", header)
			}
			delete(want, subject)
			name := parts[len(parts)-1]
			for _, part := range append(parts, name+`.pdf"`, name+`-report.pdf"`) {
				if !strings.Contains(data, part) {
					t.Errorf("%s: no %s in\n%.3000s", subject, part, data)
				}
			}
			if n := strings.Count(data, "\r\n\r\nJVBERi0"); n != 2 { // %PDF-
				t.Errorf("%s: %d documents, want 2", subject, n)
			}
		case <-time.After(faxPatience):
			t.Fatalf("these mails did not come: %v\n%s", want, s.Log(t))
		}
	}
}
