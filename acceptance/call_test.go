package acceptance_test

import (
	"encoding/base64"
	"encoding/json"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// programs is how programs reach the servers under test: no cookies, and redirects
// are answers like any other. Each request has a connection of its own, since one that
// was opened in vain keeps a server from stopping at once. How long an answer takes is
// no rule: the limit ends a test whose server hangs.
var programs = &http.Client{
	Timeout: 10 * patience, CheckRedirect: stay,
	Transport: &http.Transport{DisableKeepAlives: true, ExpectContinueTimeout: 10 * patience},
}

// stay leaves a redirect to whoever asked.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// asForm is the content type of a form body.
const asForm = "Content-Type: application/x-www-form-urlencoded"

// Call sends one request. headers are lines, "Name: value".
func (s *Server) Call(t *testing.T, method, path, body string, headers ...string) Reply {
	t.Helper()
	r, err := s.call(method, path, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// call is Call for goroutines that may not end the test.
func (s *Server) call(method, path, body string, headers ...string) (Reply, error) {
	return fetch(programs, method, s.URL+path, body, headers...)
}

// fetch sends one request and remembers the secrets in its answer.
func fetch(c *http.Client, method, address, body string, headers ...string) (Reply, error) {
	request, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return Reply{}, err
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Add(name, value)
	}
	answer, err := c.Do(request)
	if err != nil {
		return Reply{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return Reply{}, err
	}
	suite.secrets.learn(string(text))
	for _, name := range []string{"Location", "Set-Cookie"} {
		suite.secrets.learn(strings.Join(answer.Header.Values(name), " "))
	}
	return Reply{URL: address, Status: answer.StatusCode, Header: answer.Header, Body: string(text)}, nil
}

// bearer is the header that carries a token (RFC 6750, 2.1).
func bearer(token string) string { return "Authorization: Bearer " + token }

// basic is the header that carries a client's credentials, as they are given.
func basic(id, secret string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// Self calls the API with a token.
func (s *Server) Self(t *testing.T, token string, headers ...string) Reply {
	t.Helper()
	return s.Call(t, http.MethodGet, "/v3/accounts/self", "", append(headers, bearer(token))...)
}

// PersonalToken makes a personal access token of the account at the command line.
func (s *Server) PersonalToken(t *testing.T, who Person, name string, scopes ...string) string {
	t.Helper()
	args := []string{"token", "create", "--email", who.Email, "--name", name, "--expires", "90d"}
	for _, scope := range scopes {
		args = append(args, "--scope", scope)
	}
	token, _ := s.Admin(t, args...)["token"].(string)
	if !strings.HasPrefix(token, "fgp_") {
		t.Fatalf("faxgate admin token create gave no personal access token")
	}
	return token
}

// propagation is how long a node, or a command at the same database, may take to be
// heard of by the others.
const propagation = time.Second

// wantSoon asks until the answer is as it has to be. An answer to a question that
// was put more than a second after the start ends the test: the server promises that
// much however busy the machine is.
func wantSoon(t *testing.T, ask func() Reply, done func(Reply) bool) Reply {
	t.Helper()
	for start := time.Now(); ; {
		asked := time.Since(start)
		r := ask()
		if done(r) {
			return r
		}
		if asked > propagation {
			t.Fatalf("%s still answers %d, %s after the change\n%s", r.URL, r.Status, asked, r.Body)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// refused reports whether the reply says that the token is no good, so that a client
// refreshes it.
func refused(r Reply) bool { return r.Status == http.StatusUnauthorized }

// secretFile is a file with a secret in it, for a command that reads one.
func (s *Server) secretFile(t *testing.T, secret string) string {
	t.Helper()
	file, err := os.CreateTemp(s.dir, "secret-")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(secret + "\n"); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}

// checksumOf is how every secret of this server ends: six base62 digits of the
// CRC-32 of what stands before them.
func checksumOf(text string) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	var end [6]byte
	sum := crc32.ChecksumIEEE([]byte(text))
	for i := len(end) - 1; i >= 0; i-- {
		end[i] = digits[sum%62]
		sum /= 62
	}
	return string(end[:])
}

// neverMade is a secret in the right form that no server ever made.
func neverMade(prefix string) string {
	text := prefix + "_" + strings.Repeat("0", 43)
	return text + checksumOf(text)
}

// encode writes what an administrative command printed as text again.
func encode(t *testing.T, object map[string]any) []byte {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
