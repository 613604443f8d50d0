package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"github.com/faxgate/faxgate/locale"
)

// TLSMode says how a connection to the mail server is protected.
type TLSMode uint8

// The modes. Passwords and one-time links cross the network under TLS only;
// PlainText is for a server on the same machine.
const (
	StartTLS    TLSMode = iota // RFC 3207, required
	ImplicitTLS                // RFC 8314 3.3
	PlainText
)

// SMTP is how mail leaves this server. The zero value: not at all.
type SMTP struct {
	Host     string
	Port     int
	User     string // empty: no authentication
	Password string `json:"-"`
	TLS      TLSMode
	From     mail.Address
	RootCAs  *x509.CertPool // nil: the system's
}

// ParseSMTP reads the configuration of outgoing mail:
//
//	smtp://user:password@host:587             STARTTLS, required
//	smtps://user:password@host:465            TLS from the first byte
//	smtp://127.0.0.1:1025                     plain text, loopback addresses only
//	smtp://127.0.0.1:1025?starttls=always     STARTTLS there too; never is the default
//
// from is the sender, with or without a name. An empty rawURL gives the zero value.
// No error contains a part of rawURL, which may hold a password.
func ParseSMTP(rawURL, from string) (SMTP, error) {
	if rawURL == "" {
		return SMTP{}, nil
	}
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" {
		return SMTP{}, errors.New("SMTP URL: expected smtp://user:password@host:port, special characters as %XX")
	}
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return SMTP{}, fmt.Errorf("mail sender %q: expected an address, such as Fax <fax@example.com>", from)
	}
	s := SMTP{Host: u.Hostname(), User: u.User.Username(), From: *sender}
	s.Password, _ = u.User.Password()
	if s.TLS, err = tlsMode(u); err != nil {
		return SMTP{}, err
	}
	if s.Port, err = port(u); err != nil {
		return SMTP{}, err
	}
	return s, nil
}

func tlsMode(u *url.URL) (TLSMode, error) {
	starttls := u.Query().Get("starttls")
	switch {
	case u.Scheme == "smtps" && starttls == "":
		return ImplicitTLS, nil
	case u.Scheme != "smtp":
		return 0, errors.New("SMTP URL: the scheme is smtp or smtps, and starttls goes with smtp alone")
	case starttls != "" && starttls != "always" && starttls != "never":
		return 0, errors.New("SMTP URL: starttls is always or never")
	case starttls == "never" && !loopback(u.Hostname()):
		return 0, errors.New("SMTP URL: starttls=never is for a server on a loopback address")
	case starttls != "always" && loopback(u.Hostname()):
		return PlainText, nil
	}
	return StartTLS, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func port(u *url.URL) (int, error) {
	switch {
	case u.Port() != "":
		n, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil || n == 0 {
			return 0, errors.New("SMTP URL: the port is a number up to 65535")
		}
		return int(n), nil
	case u.Scheme == "smtps":
		return gomail.DefaultPortSSL, nil
	}
	return gomail.DefaultPortTLS, nil
}

// String shows where mail goes, without the password.
func (s SMTP) String() string {
	if s.Host == "" {
		return "no mail"
	}
	return net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
}

// GoString is String, for %#v.
func (s SMTP) GoString() string { return s.String() }

// LogValue is String, for slog.
func (s SMTP) LogValue() slog.Value { return slog.StringValue(s.String()) }

// deliver makes one attempt.
func (s SMTP) deliver(ctx context.Context, m Mail, c content, attached []document) Result {
	msg, err := s.message(m, c)
	if err != nil {
		return Result{Permanent: true, Reply: safeReply(err)}
	}
	for _, d := range attached {
		msg.AttachReadSeeker(d.Name, bytes.NewReader(d.bytes), gomail.WithFileContentType(gomail.ContentType(d.Type)))
	}
	client, err := s.client(ctx)
	if err != nil {
		return Result{Reply: safeReply(err)}
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if err == nil || msg.IsDelivered() { // what fails after the server took it does not matter
		return Result{Delivered: true}
	}
	return Result{Permanent: permanent(err), Reply: safeReply(err)}
}

// message is the mail as RFC 5322 has it. All attempts carry the same Message-ID,
// so that one that arrives twice is seen to be the same.
func (s SMTP) message(m Mail, c content) (*gomail.Msg, error) {
	encoding := gomail.EncodingQP
	if c.Language == locale.Japanese {
		encoding = gomail.EncodingB64 // a third of the size
	}
	msg := gomail.NewMsg(gomail.WithEncoding(encoding), gomail.WithNoDefaultUserAgent())
	if err := msg.To(m.To); err != nil {
		return nil, err
	}
	msg.FromMailAddress(&s.From)
	_, domain, _ := strings.Cut(s.From.Address, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetDateWithValue(m.CreatedAt)
	msg.Subject(c.Subject)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies, please
	msg.SetGenHeader("Content-Language", string(c.Language))
	msg.SetBodyString(gomail.TypeTextPlain, c.Text)
	return msg, nil
}

func (s SMTP) client(ctx context.Context) (*gomail.Client, error) {
	options := []gomail.Option{
		gomail.WithPort(s.Port),
		gomail.WithTLSPolicy(s.policy()),
		gomail.WithTLSConfig(s.tlsConfig()),
		gomail.WithDialContextFunc(s.dialer(ctx)),
	}
	if s.TLS == ImplicitTLS {
		options = append(options, gomail.WithSSL())
	}
	if s.User != "" {
		options = append(options, gomail.WithUsername(s.User), gomail.WithPassword(s.Password),
			gomail.WithOpportunisticSMTPAuth(s.mechanisms()...))
	}
	return gomail.NewClient(s.Host, options...)
}

func (s SMTP) policy() gomail.TLSPolicy {
	if s.TLS == StartTLS {
		return gomail.TLSMandatory
	}
	return gomail.NoTLS
}

func (s SMTP) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.Host, RootCAs: s.RootCAs, MinVersion: tls.VersionTLS12}
}

// mechanisms are in the order in which they are tried. The password in the clear
// is for a plain text connection on loopback alone.
func (s SMTP) mechanisms() []gomail.SMTPAuthType {
	if s.TLS == PlainText {
		return []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
	}
	return []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin}
}

// dialer closes its connection when ctx ends. The library itself watches the
// context only until the connection stands.
func (s SMTP) dialer(ctx context.Context) gomail.DialContextFunc {
	return func(dialCtx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(dialCtx, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { conn.Close() })
		if s.TLS != ImplicitTLS {
			return conn, nil
		}
		secured := tls.Client(conn, s.tlsConfig())
		if err := secured.HandshakeContext(dialCtx); err != nil {
			conn.Close()
			return nil, err
		}
		return secured, nil
	}
}

// permanent reports whether the server refused the mail itself for good. A refused
// sign-in or connection is the operator's to put right, and worth another attempt.
func permanent(err error) bool {
	var e *gomail.SendError
	return errors.As(err, &e) && e.ErrorCode() >= 500
}

const longestReply = 300 // bytes

// safeReply is what may be logged of a failure. A server may quote the mail in its
// reply, as spam filters do: whatever looks like a link is left out.
func safeReply(err error) string {
	words := strings.Fields(err.Error())
	for i, w := range words {
		if strings.Contains(w, "://") || strings.Contains(w, "fgl_") {
			words[i] = "…"
		}
	}
	reply := strings.ToValidUTF8(strings.Join(words, " "), "?")
	if len(reply) > longestReply {
		reply = reply[:longestReply]
		for !utf8.ValidString(reply) {
			reply = reply[:len(reply)-1]
		}
	}
	return reply
}
