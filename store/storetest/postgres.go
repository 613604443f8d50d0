package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/faxgate/faxgate/store"
)

// server is the one PostgreSQL of this process.
var server postgres

// dirPrefix begins the name of a server's directory.
const dirPrefix = "faxgate-postgres-"

// postgres is a server in which tests have databases of their own.
type postgres struct {
	once     sync.Once
	err      error
	url      string        // of its maintenance database
	pool     *pgxpool.Pool // of the same
	template string        // the name of a database with our tables; empty: none

	dir   string     // of a server that we started; empty: it is somebody else's
	cmd   *exec.Cmd  // the same
	ended chan error // hears of its end
	log   *os.File   // what it has to say
	sys   *syscall.Credential
}

// newDatabase makes a database with our tables. drop removes it.
func (p *postgres) newDatabase(ctx context.Context) (url string, drop func() error, err error) {
	p.once.Do(func() { p.err = p.start() })
	if p.err != nil {
		return "", nil, p.err
	}
	name := newName()
	if err := p.do(ctx, "CREATE DATABASE "+name+" TEMPLATE "+p.template); err != nil {
		return "", nil, err
	}
	return p.urlOf(name), func() error { return p.drop(name) }, nil
}

func newName() string { return "faxgate_test_" + strings.ToLower(rand.Text()) }

// drop removes a database from somebody else's server. In our own it goes with the
// directory: to drop it would write out all that the other tests do.
func (p *postgres) drop(name string) error {
	if p.cmd != nil {
		return nil
	}
	return p.do(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
}

// do runs one statement in the maintenance database.
func (p *postgres) do(ctx context.Context, statement string) error {
	_, err := p.pool.Exec(ctx, statement)
	return err
}

// urlOf is the URL of another database in the same server.
func (p *postgres) urlOf(database string) string {
	u, err := url.Parse(p.url)
	if err != nil {
		panic(err) // it was connected to
	}
	u.Path = "/" + database
	return u.String()
}

func (p *postgres) start() error {
	if p.url = os.Getenv("FAXGATE_TEST_POSTGRES_URL"); p.url == "" {
		if err := p.startOwn(); err != nil {
			return err
		}
	}
	if err := p.connect(); err != nil {
		return err
	}
	name := newName()
	if err := p.do(context.Background(), "CREATE DATABASE "+name); err != nil {
		return err
	}
	p.template = name
	db, err := store.Open(context.Background(), store.Config{URL: p.urlOf(name), MaxConns: 2})
	if err != nil {
		return err
	}
	return db.Close()
}

// connect makes the pool. It connects when it is first used.
func (p *postgres) connect() error {
	if p.pool != nil {
		return nil
	}
	config, err := pgxpool.ParseConfig(p.url)
	if err != nil {
		return err
	}
	config.MaxConns = 4
	p.pool, err = pgxpool.NewWithConfig(context.Background(), config)
	return err
}

// startOwn starts a server of Debian's packages on a socket in a directory of its
// own, with the settings that a real one has: what is committed is on disk.
func (p *postgres) startOwn() error {
	bin, err := postgresBin()
	if err != nil {
		return err
	}
	removeLeftovers()
	if p.dir, err = os.MkdirTemp("", dirPrefix); err != nil {
		return err
	}
	if err := p.becomeSomebody(); err != nil {
		return err
	}
	data := filepath.Join(p.dir, "data")
	initdb := exec.CommandContext(context.Background(), filepath.Join(bin, "initdb"), "-D", data, "-U", "faxgate", "-A", "trust",
		"-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	initdb.Dir, initdb.SysProcAttr = p.dir, processAttributes(p.sys)
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	p.url = (&url.URL{Scheme: "postgres", User: url.User("faxgate"), Path: "/postgres", RawQuery: url.Values{"host": {p.dir}}.Encode()}).String()
	if p.log, err = os.Create(filepath.Join(p.dir, "log")); err != nil {
		return err
	}
	p.cmd = exec.CommandContext(context.Background(), filepath.Join(bin, "postgres"), "-D", data, "-k", p.dir,
		"-c", "listen_addresses=", "-c", "max_connections=300", "-c", "shared_buffers=64MB")
	p.cmd.Dir, p.cmd.SysProcAttr = p.dir, processAttributes(p.sys)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	return p.run()
}

// run starts the server and waits until it answers. The server gets a signal when
// the thread that started it ends, so that it never outlives the tests; the thread
// therefore does nothing else.
func (p *postgres) run() error {
	started := make(chan error)
	p.ended = make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if err := p.cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		p.ended <- p.cmd.Wait()
	}()
	if err := <-started; err != nil {
		return err
	}
	if err := p.connect(); err != nil {
		return err
	}
	deadline := time.After(30 * time.Second)
	for {
		err := p.do(context.Background(), "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case end := <-p.ended:
			said, _ := os.ReadFile(p.log.Name())
			return fmt.Errorf("PostgreSQL ended: %w\n%s", end, said)
		case <-deadline:
			return fmt.Errorf("PostgreSQL does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop stops a server that was started, or leaves another one as it was.
func (p *postgres) stop() {
	if p.template != "" {
		if err := p.drop(p.template); err != nil {
			fmt.Fprintln(os.Stderr, "PostgreSQL:", err)
		}
	}
	if p.pool != nil {
		p.pool.Close()
	}
	if p.cmd != nil && p.cmd.Process != nil {
		_ = p.cmd.Process.Signal(syscall.SIGINT) // fast shutdown
		if err := <-p.ended; err != nil {
			fmt.Fprintln(os.Stderr, "PostgreSQL:", err)
		}
		p.log.Close()
	}
	if p.dir != "" {
		_ = os.RemoveAll(p.dir)
	}
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
func (p *postgres) becomeSomebody() error {
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
	p.sys = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(p.dir, int(uid), int(gid))
}
