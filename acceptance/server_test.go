package acceptance_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Options of a server under test. The zero value is a server with an owner.
type Options struct {
	Env     []string // further settings, "FAXGATE_…=value"
	NoOwner bool     // begin with an empty directory, as after a first `make run`
}

// Person is somebody who can sign in.
type Person struct{ Email, Password string }

// Server is one running `faxgate serve` with a data directory of its own.
type Server struct {
	URL   string
	Data  string
	Owner Person // zero with Options.NoOwner

	env     []string
	dir     string // for password files and the log, beside the data
	cmd     *exec.Cmd
	ended   <-chan error // hears of the end of cmd
	stopped bool
}

// patience is how long a condition may take that normally is met within a second.
const patience = 20 * time.Second

// Start starts a server and waits until it is ready. At the end of the test the
// server gets SIGTERM, has to exit with 0, and its log may hold no secret.
func Start(t *testing.T, o Options) *Server {
	t.Helper()
	s := &Server{dir: t.TempDir()}
	s.Data = filepath.Join(s.dir, "data")
	if err := os.Mkdir(s.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	s.URL = "http://" + address
	s.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "TMPDIR=" + s.dir,
		"FAXGATE_DATA=" + s.Data, "FAXGATE_LISTEN=" + address, "FAXGATE_SIP_LISTEN=127.0.0.1:0",
	}, o.Env...)
	if !o.NoOwner {
		s.Owner = s.person(t, "owner@clinic.example")
		s.env = append(s.env, "FAXGATE_OWNER_EMAIL="+s.Owner.Email,
			"FAXGATE_OWNER_PASSWORD_FILE="+s.passwordFile(t, s.Owner))
	}
	s.launch(t)
	t.Cleanup(func() { s.finish(t) })
	return s
}

// freeAddress is a loopback address that nobody listens on and that no other test
// of this run was given.
func freeAddress(t *testing.T) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		l.Close()
		if _, given := suite.addresses.LoadOrStore(address, true); !given {
			return address
		}
	}
}

// person makes up somebody with a password that no list knows.
func (s *Server) person(t *testing.T, email string) Person {
	t.Helper()
	p := Person{Email: email, Password: "pw-" + rand.Text()}
	suite.secrets.add("password of "+email, p.Password)
	return p
}

// passwordFile writes the password as people do, with a newline at its end.
func (s *Server) passwordFile(t *testing.T, p Person) string {
	t.Helper()
	path := filepath.Join(s.dir, p.Email+".password")
	if err := os.WriteFile(path, []byte(p.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (s *Server) launch(t *testing.T) {
	t.Helper()
	log, err := os.OpenFile(s.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.cmd = exec.Command(suite.binary, "serve")
	s.cmd.Env, s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.env, s.dir, log, log
	if s.ended, err = start(s.cmd); err != nil {
		t.Fatal(err)
	}
	s.stopped = false
	if err := s.awaitReady(); err != nil {
		s.stop(t)
		t.Fatalf("%v\n%s", err, s.Log(t))
	}
}

// start starts a program that the tests cannot leave behind: it is killed when the
// thread that started it ends, which therefore does nothing else.
func start(cmd *exec.Cmd) (ended <-chan error, err error) {
	dieWithUs(cmd)
	started, end := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			end <- cmd.Wait()
		}
	}()
	return end, <-started
}

// awaitReady asks /readyz until it answers 200.
func (s *Server) awaitReady() error {
	last := errors.New("never asked")
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		answer, err := http.Get(s.URL + "/readyz")
		if err != nil {
			last = err
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return nil
		}
		last = fmt.Errorf("GET /readyz: %s", answer.Status)
	}
	return fmt.Errorf("not ready after %s: %w", patience, last)
}

// Restart stops the server and starts it again on the same data.
func (s *Server) Restart(t *testing.T) {
	t.Helper()
	s.stop(t)
	s.launch(t)
}

// stop ends the server as a service manager does.
func (s *Server) stop(t *testing.T) {
	t.Helper()
	if s.stopped {
		return
	}
	s.stopped = true
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("SIGTERM: %v", err)
	}
	giveUp := time.AfterFunc(patience, func() { s.cmd.Process.Kill() })
	defer giveUp.Stop()
	if err := <-s.ended; err != nil {
		t.Errorf("faxgate serve after SIGTERM: %v, want exit status 0", err)
	}
}

func (s *Server) finish(t *testing.T) {
	s.stop(t)
	log := s.Log(t)
	// The setup link is printed on purpose, for who starts the server to see.
	for _, leak := range suite.secrets.leaks(setupLink.ReplaceAllString(log, "")) {
		t.Errorf("the server's log holds a secret: %s", leak)
	}
	if t.Failed() {
		t.Logf("the server's last lines:\n%s", tail(log, 40))
	}
}

func (s *Server) logPath() string { return filepath.Join(s.dir, "server.log") }

// Log is everything that the server printed so far.
func (s *Server) Log(t *testing.T) string {
	t.Helper()
	log, err := os.ReadFile(s.logPath())
	if err != nil {
		t.Fatal(err)
	}
	return string(log)
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Admin runs `faxgate admin … --json` on the server's data, while it runs, and
// gives the object that it printed.
func (s *Server) Admin(t *testing.T, args ...string) map[string]any {
	t.Helper()
	cmd := exec.Command(suite.binary, append(append([]string{"admin"}, args...), "--json")...)
	cmd.Env, cmd.Dir = s.env, s.dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("faxgate admin %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr(err))
	}
	suite.secrets.learn(string(out))
	var object map[string]any
	if err := json.Unmarshal(out, &object); err != nil {
		t.Fatalf("faxgate admin %s printed no JSON object: %v\n%s", strings.Join(args, " "), err, out)
	}
	return object
}

func stderr(err error) []byte {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.Stderr
	}
	return nil
}

// Member creates an account with a role.
func (s *Server) Member(t *testing.T, email, role string) Person {
	t.Helper()
	p := s.person(t, email)
	s.Admin(t, "account", "create", "--email", email, "--role", role, "--password-file", s.passwordFile(t, p))
	return p
}

// Client is an OAuth client that is registered at a server.
type Client struct{ ID, Secret string }

// Client registers an OAuth client of the owner. flags are further flags of
// `faxgate admin client create`.
func (s *Server) Client(t *testing.T, name, redirectURI string, flags ...string) Client {
	t.Helper()
	args := []string{"client", "create", "--email", s.Owner.Email, "--name", name, "--redirect-uri", redirectURI}
	made := s.Admin(t, append(args, flags...)...)
	c := Client{}
	c.ID, _ = made["client_id"].(string)
	c.Secret, _ = made["client_secret"].(string)
	if c.ID == "" {
		t.Fatalf("faxgate admin client create gave no client_id: keys %v", keys(made))
	}
	return c
}

func keys(object map[string]any) []string {
	var names []string
	for name := range object {
		names = append(names, name)
	}
	return names
}
