package storetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// dirPrefix begins the name of a server's directory.
const dirPrefix = "faxgate-postgres-"

// Server is a PostgreSQL of Debian's packages that runs in a directory of its own.
// What is committed is on disk, as on a real one.
type Server struct {
	URL string // of its maintenance database

	dir   string
	cmd   *exec.Cmd
	ended chan error // hears of its end
	log   *os.File   // what it has to say
	sys   *syscall.Credential
}

// ServerOptions say how a server runs. The zero value listens at a socket alone,
// with PostgreSQL's own settings.
type ServerOptions struct {
	Settings []string // of postgresql.conf, each name=value
	Address  string   // to listen at, with the port; empty: at a socket in its directory
	Core     string   // of the processor, on which it stays; empty: any
}

// StartServer makes a server and waits until it answers. It must be stopped.
func StartServer(o ServerOptions) (*Server, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	removeLeftovers()
	s := &Server{ended: make(chan error, 1)}
	if s.dir, err = os.MkdirTemp("", dirPrefix); err != nil {
		return nil, err
	}
	if err := s.start(bin, o); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Server) start(bin string, o ServerOptions) error {
	if err := s.becomeSomebody(); err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	if err := s.initdb(bin, data); err != nil {
		return err
	}
	var err error
	if s.log, err = os.Create(filepath.Join(s.dir, "log")); err != nil {
		return err
	}
	args := []string{filepath.Join(bin, "postgres"), "-D", data, "-k", s.dir}
	if o.Core != "" {
		args = append([]string{"taskset", "-c", o.Core}, args...)
	}
	at, err := s.listen(o.Address)
	if err != nil {
		return err
	}
	for _, setting := range append(at, o.Settings...) {
		args = append(args, "-c", setting)
	}
	s.cmd = s.command(args)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	return s.run()
}

func (s *Server) initdb(bin, data string) error {
	args := []string{filepath.Join(bin, "initdb"), "-D", data, "-U", "faxgate", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"}
	if out, err := s.command(args).CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// command is a command as the server's user.
func (s *Server) command(args []string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), args[0], args[1:]...)
	cmd.Dir, cmd.SysProcAttr = s.dir, processAttributes(s.sys)
	return cmd
}

// listen gives the settings for an address, and notes the URL.
func (s *Server) listen(address string) (settings []string, err error) {
	u := url.URL{Scheme: "postgres", User: url.User("faxgate"), Path: "/postgres"}
	if address == "" {
		u.RawQuery = url.Values{"host": {s.dir}}.Encode()
		s.URL = u.String()
		return []string{"listen_addresses="}, nil
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	u.Host, u.RawQuery = address, "sslmode=disable"
	s.URL = u.String()
	return []string{"listen_addresses=" + host, "port=" + port}, nil
}

// run starts the server and waits until it answers. The server gets a signal when
// the thread that started it ends, so that it never outlives this process; the
// thread therefore does nothing else.
func (s *Server) run() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		if err := s.cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		s.ended <- s.cmd.Wait()
	}()
	if err := <-started; err != nil {
		return err
	}
	deadline := time.After(30 * time.Second)
	for {
		err := s.answers()
		if err == nil {
			return nil
		}
		select {
		case end := <-s.ended:
			s.ended <- end // for Stop
			said, _ := os.ReadFile(s.log.Name())
			return fmt.Errorf("PostgreSQL ended: %w\n%s", end, said)
		case <-deadline:
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) answers() error {
	c, err := pgx.Connect(context.Background(), s.URL)
	if err != nil {
		return err
	}
	return c.Close(context.Background())
}

// Stop ends the server and removes its directory.
func (s *Server) Stop() error {
	var err error
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.cmd.Process.Signal(syscall.SIGINT) // fast shutdown
		err = <-s.ended
	}
	if s.log != nil {
		s.log.Close()
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// postgresBin finds the newest server among Debian's packages, or the one in PATH.
func postgresBin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		if path, err := exec.LookPath("initdb"); err == nil {
			return filepath.Dir(path), nil
		}
		return "", errors.New("there is no PostgreSQL for the tests: apt-get install postgresql, or set FAXGATE_TEST_POSTGRES_URL")
	}
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(found[len(found)-1]), nil
}

func version(path string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if err != nil {
		return 0
	}
	return n
}

// becomeSomebody gives the directory to another user where the tests run as root,
// as whom PostgreSQL refuses to run.
func (s *Server) becomeSomebody() error {
	if os.Getuid() != 0 {
		return nil
	}
	somebody, err := user.Lookup("postgres")
	if err != nil {
		somebody, err = user.Lookup("nobody")
	}
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(somebody.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(somebody.Gid, 10, 32)
	if err != nil {
		return err
	}
	s.sys = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(s.dir, int(uid), int(gid))
}
