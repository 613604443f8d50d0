package storetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/faxgate/faxgate/store"
)

// server is the one PostgreSQL of this process.
var server postgres

// postgres is a server in which tests have databases of their own.
type postgres struct {
	once     sync.Once
	err      error
	url      string        // of its maintenance database
	pool     *pgxpool.Pool // of the same
	template string        // the name of a database with our tables; empty: none

	own *Server // that we started; nil: it is somebody else's
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
	if p.own != nil {
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
		var err error
		if p.own, err = StartServer(ServerOptions{Settings: []string{"max_connections=300", "shared_buffers=64MB"}}); err != nil {
			return err
		}
		p.url = p.own.URL
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
	config, err := pgxpool.ParseConfig(p.url)
	if err != nil {
		return err
	}
	config.MaxConns = 4
	p.pool, err = pgxpool.NewWithConfig(context.Background(), config)
	return err
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
	if p.own != nil {
		if err := p.own.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "PostgreSQL:", err)
		}
	}
}
