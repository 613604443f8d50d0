package web_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/web"
)

// listening serves with read deadlines that are noticed late, and gives the address.
func listening(t *testing.T, s *http.Server) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.Serve(web.CoarseDeadlines(l)) }()
	t.Cleanup(func() { _ = s.Close(); <-ended })
	return l.Addr().String()
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(time.Minute)) // so that a failure ends
	return c
}

func hello(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = io.WriteString(w, "hello")
}

func TestARequestThatStallsIsCutOff(t *testing.T) {
	t.Parallel()
	for name, sent := range map[string]string{
		"nothing":       "",
		"half a head":   "GET / HTTP/1.1\r\nHost: a\r\n",
		"half a body":   "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
		"one, then not": "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const soon = 100 * time.Millisecond
			s := &http.Server{Handler: http.HandlerFunc(hello), ReadHeaderTimeout: soon, ReadTimeout: soon, IdleTimeout: soon}
			c := dial(t, listening(t, s))
			if _, err := io.WriteString(c, sent); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, c); err != nil {
				t.Errorf("the connection ended with %v, not by the server", err)
			}
		})
	}
}

func TestAConnectionServesOneRequestAfterTheOther(t *testing.T) {
	t.Parallel()
	s := &http.Server{Handler: http.HandlerFunc(hello), ReadHeaderTimeout: time.Minute, ReadTimeout: time.Minute, IdleTimeout: time.Minute}
	c := dial(t, listening(t, s))
	answers := bufio.NewReader(c)
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
		"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		if _, err := io.WriteString(c, request); err != nil {
			t.Fatal(err)
		}
		for range strings.Count(request, "HTTP/1.1") {
			answer, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "hello" {
				t.Errorf("%q, %v", body, err)
			}
			_ = answer.Body.Close()
		}
	}
}

func TestADeadlineThatIsMovedOnHarmsNobody(t *testing.T) {
	t.Parallel()
	moved := make(chan error, 1)
	s := &http.Server{ReadTimeout: 100 * time.Millisecond, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Minute))
		_, err := io.Copy(io.Discard, r.Body)
		moved <- err
	})}
	c := dial(t, listening(t, s))
	if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo"); err != nil {
		t.Fatal(err)
	}
	slow := time.AfterFunc(1500*time.Millisecond, func() { _, _ = io.WriteString(c, "dy") })
	defer slow.Stop()
	if err := <-moved; err != nil {
		t.Errorf("the body ended with %v", err)
	}
}
