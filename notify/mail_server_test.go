package notify_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const smtpUser, smtpPassword = "faxgate", "p@ss:w/rd"

// received is one mail that the server took.
type received struct {
	from, to, data string
	encrypted      bool
	user           string
}

// mailServer is a real SMTP server on a loopback port.
type mailServer struct {
	addr     string
	needAuth bool

	mu     sync.Mutex
	refuse []error // answers to the next recipients

	mails    chan received
	attempts chan string // every recipient that is asked for
}

type serverOptions struct {
	tls      *tls.Config // nil: no STARTTLS
	implicit bool        // TLS from the first byte
	needAuth bool
	refuse   []error // answers to the first recipients; later ones are taken
	onData   func()  // runs before the mail is taken
}

func startMailServer(t *testing.T, o serverOptions) *mailServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mailServer{
		addr: l.Addr().String(), refuse: o.refuse, needAuth: o.needAuth,
		mails: make(chan received, 100), attempts: make(chan string, 100),
	}
	if o.implicit {
		l = tls.NewListener(l, o.tls)
	}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: m, conn: c, onData: o.onData}, nil
	}))
	s.Domain, s.TLSConfig = "mail.test", o.tls
	s.AllowInsecureAuth = true // the client is what is tested
	s.ErrorLog = log.New(io.Discard, "", 0)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		l.Close() // Serve may not have begun to know of it
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error(err)
		}
	})
	return m
}

// answer is what the server says to the next recipient.
func (m *mailServer) answer() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.refuse) == 0 {
		return nil
	}
	err := m.refuse[0]
	m.refuse = m.refuse[1:]
	return err
}

type session struct {
	server *mailServer
	conn   *smtp.Conn
	onData func()
	mail   received
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != smtpUser || password != smtpPassword {
			return smtp.ErrAuthFailed
		}
		s.mail.user = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.needAuth && s.mail.user == "" {
		return smtp.ErrAuthRequired
	}
	s.mail.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.server.attempts <- to
	s.mail.to = to
	return s.server.answer()
}

func (s *session) Data(r io.Reader) error {
	if s.onData != nil {
		s.onData()
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	_, s.mail.encrypted = s.conn.TLSConnectionState()
	s.mail.data = string(data)
	s.server.mails <- s.mail
	return nil
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// certificate makes a server certificate for 127.0.0.1 and the pool that trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}
