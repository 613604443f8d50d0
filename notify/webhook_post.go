package notify

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	postLimit     = 10 * time.Second // for one attempt, from the name's look-up to the answer
	answerKept    = 2048             // bytes of the answer's body
	answerHeaders = 16 << 10         // bytes of its header
	idlePost      = 30 * time.Second // how long a connection waits for the next event
	userAgent     = "faxgate-webhooks/1"
)

// errPrivate is the refusal to dial an address that is not public. It does not say
// which one the name has: whoever owns the hook is not to map the network by it.
var errPrivate = errors.New("the host has an address that is not on the public Internet")

// newPoster makes the client that posts. It follows no redirect: the answer to one
// would be asked of an address that nobody gave. It knows no proxy, which would dial
// past the check of addresses.
func newPoster(allowPrivate bool, roots *x509.CertPool) *http.Client {
	dialer := &net.Dialer{Timeout: postLimit}
	if !allowPrivate {
		dialer.Control = publicOnly
	}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
			TLSClientConfig:    &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			DisableCompression: true, MaxResponseHeaderBytes: answerHeaders,
			MaxIdleConns: mostPosts, MaxIdleConnsPerHost: 1, IdleConnTimeout: idlePost,
		},
	}
}

// publicOnly looks at the address that is about to be dialled, after the look-up of
// its name: a name that changes its address in between gains nothing.
func publicOnly(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(to.Addr()) {
		return errPrivate
	}
	return nil
}

// post makes one attempt.
func (c *Courier) post(ctx context.Context, h Hook, d HookDelivery) HookAttempt {
	a := HookAttempt{Number: d.Attempts + 1, At: c.Now()}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(c.Timeout, postLimit))
	defer cancel()
	began := time.Now() // by the monotonic clock
	answer, err := c.send(ctx, h, d, a.At)
	if err == nil {
		a.Status = answer.StatusCode
		a.Body = head(answer.Body)
		answer.Body.Close()
	} else {
		a.Failure, a.Error = failureOf(err), failureText(err)
	}
	a.Duration = time.Since(began).Round(time.Millisecond)
	return a
}

// send posts the delivery, signed.
func (c *Courier) send(ctx context.Context, h Hook, d HookDelivery, at time.Time) (*http.Response, error) {
	secret, err := c.Key.Open(secretPurpose, h.Secret)
	if err != nil {
		return nil, errSecret
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.Target, strings.NewReader(d.Body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", userAgent)
	signature, err := sign(string(secret), d.ID, at, d.Body)
	if err != nil {
		return nil, errSecret
	}
	for _, prefix := range []string{"webhook-", "svix-"} { // the name of the standard, and the one it grew from
		r.Header.Set(prefix+"id", d.ID)
		r.Header.Set(prefix+"timestamp", strconv.FormatInt(at.Unix(), 10))
		r.Header.Set(prefix+"signature", signature)
	}
	return c.client.Do(r)
}

var errSecret = errors.New("the secret cannot be opened: it was sealed under another master key")

// sign is the symmetric signature of Standard Webhooks: HMAC-SHA256 of id, timestamp
// and body.
func sign(secret, id string, at time.Time, body string) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, secretPrefix))
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// head is the beginning of an answer, as text. What does not come in time is left out.
func head(body io.Reader) string {
	b, _ := io.ReadAll(io.LimitReader(body, answerKept))
	return strings.ToValidUTF8(strings.ReplaceAll(string(b), "\x00", "\uFFFD"), "\uFFFD")
}

// failureOf tells apart what a person can do something about.
func failureOf(err error) HookFailure {
	var (
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		alert       tls.AlertError
		record      tls.RecordHeaderError
		network     net.Error
	)
	switch {
	case errors.Is(err, errSecret):
		return NoSecret
	case errors.Is(err, errPrivate):
		return PrivateAddress
	case errors.As(err, &network) && network.Timeout():
		return TooSlow
	case errors.As(err, &name):
		return NoName
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &certificate), errors.As(err, &alert), errors.As(err, &record):
		return NoTLS
	}
	return NoConnection
}

// failureText leaves the target out, which may hold a secret.
func failureText(err error) string {
	var target *url.Error
	if errors.As(err, &target) {
		err = target.Err
	}
	text := strings.ToValidUTF8(strings.ReplaceAll(err.Error(), "\x00", ""), "")
	if errors.Is(err, errPrivate) {
		text = errPrivate.Error()
	}
	return text[:min(len(text), longestReply)]
}
