package server_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/auth/authtest"
	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// gate is a wired server with an owner.
type gate struct {
	*server.Server
	db    *store.DB
	clock *authtest.Clock
	owner auth.Caller
}

func newGate(t *testing.T, c store.Config) gate {
	t.Helper()
	db := storetest.Open(t, c)
	key, err := seal.Create(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	clock := authtest.NewClock()
	s := server.New(db, server.Config{Base: server.Base{PublicURL: "http://fax.example", Key: key, Now: clock.Now}})
	org, acc, err := s.Accounts.CreateOrganization(t.Context(), auth.NewOwner{
		Email: "owner@clinic.example", Password: "violet kettle marches seaward",
	}, true, auth.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	return gate{s, db, clock, auth.Caller{Account: acc, Organization: org, Scopes: auth.All}}
}

func (g gate) token(t *testing.T) string {
	t.Helper()
	text, _, err := g.Tokens.Generate(t.Context(), g.owner, auth.NewToken{
		Name: "test", Scopes: auth.UserRead, ExpiresAt: g.clock.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (g gate) status(token string) int {
	r := httptest.NewRequest(http.MethodGet, "/v3/accounts/self", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	g.Handler.ServeHTTP(w, r)
	return w.Code
}

func TestTheClockIsTheConfigs(t *testing.T) {
	t.Parallel()
	g := newGate(t, store.Config{DataDir: storetest.SQLite(t)})
	token := g.token(t)
	if got := g.status(token); got != http.StatusOK {
		t.Fatalf("a new token: %d, want 200", got)
	}
	g.clock.Advance(time.Hour)
	if got := g.status(token); got != http.StatusUnauthorized {
		t.Errorf("after its hour: %d, want 401", got)
	}
}

// What comes with a bad checksum never reaches the database.
func TestABadChecksumAsksNobody(t *testing.T) {
	t.Parallel()
	g := newGate(t, store.Config{DataDir: storetest.SQLite(t)})
	token := g.token(t)
	damaged := token[:len(token)-1] + map[bool]string{true: "1", false: "0"}[token[len(token)-1] == '0']
	before := g.db.Statements()
	if got := g.status(damaged); got != http.StatusUnauthorized {
		t.Errorf("status %d, want 401", got)
	}
	if n := g.db.Statements() - before; n != 0 {
		t.Errorf("%d statements, want none", n)
	}
	if g.status(token); g.db.Statements() == before {
		t.Error("a good token asks nobody either: the count counts nothing")
	}
}

// start serves on a socket until stop is called, or the test ends.
func (g gate) start(t *testing.T) (url string, stop func(), served chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served = make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		served <- g.Serve(ctx, l)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	return "http://" + l.Addr().String(), stop, served
}

// What a command does on the same database is another node's doing.
func TestAnotherNodeIsHeardWithinASecond(t *testing.T) {
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		g := newGate(t, c)
		token := g.token(t)
		g.start(t)
		command := server.NewRules(storetest.Open(t, c), server.Base{Now: g.clock.Now})
		for _, step := range []struct {
			plan auth.Plan
			want int
		}{{auth.Premium, http.StatusForbidden}, {auth.Enterprise, http.StatusOK}} {
			if err := command.Organizations.SetPlan(t.Context(), auth.Operator(g.owner.Organization), step.plan); err != nil {
				t.Fatal(err)
			}
			deadline := time.Now().Add(time.Second)
			for g.status(token) != step.want {
				if time.Now().After(deadline) {
					t.Fatalf("a second after the plan became %s: %d, want %d", step.plan, g.status(token), step.want)
				}
				time.Sleep(5 * time.Millisecond)
			}
		}
	})
}

func TestServeLetsRequestsFinish(t *testing.T) {
	t.Parallel()
	g := newGate(t, store.Config{DataDir: storetest.SQLite(t)})
	begun, finish := make(chan struct{}), make(chan struct{})
	var finished atomic.Bool
	next := g.Handler
	g.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-finish
		next.ServeHTTP(w, r)
		finished.Store(true)
	})
	url, stop, served := g.start(t)
	answered := make(chan string, 1)
	go func() { answered <- fetch(url + "/healthz") }()
	type end struct {
		err   error
		early bool // the request was still in progress
	}
	ended := make(chan end, 1)
	go func() { err := <-served; ended <- end{err, !finished.Load()} }()

	<-begun
	stop()
	waitUntilRefused(t, url)
	close(finish)
	if e := <-ended; e.err != nil || e.early {
		t.Errorf("Serve: %v, want nil; with a request in progress: %t", e.err, e.early)
	}
	if got := <-answered; !strings.Contains(got, "ok") {
		t.Errorf("the last request got %q", got)
	}
}

// waitUntilRefused returns once nobody listens at the URL any more.
func waitUntilRefused(t *testing.T, url string) {
	t.Helper()
	for {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			return
		}
		c.Close()
	}
}

func fetch(url string) string {
	answer, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

func TestMetricsTellRoutesAndStatuses(t *testing.T) {
	t.Parallel()
	g := newGate(t, store.Config{DataDir: storetest.SQLite(t)})
	g.status(g.token(t))
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.RemoteAddr = "127.0.0.1:1"
	w := httptest.NewRecorder()
	g.Handler.ServeHTTP(w, r)
	for _, want := range []string{
		`faxgate_http_requests_total{route="GET /v3/accounts/{user_id}",status="200"} 1`,
		`faxgate_http_request_duration_seconds_count{route="GET /v3/accounts/{user_id}"} 1`,
		"faxgate_sql_statements_total ", "go_goroutines ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}
