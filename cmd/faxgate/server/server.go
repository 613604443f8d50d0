// Package server wires the parts of faxgate into a running server: the rules on a
// store, both fronts on the rules, and what goes on in the background. It is where
// everybody meets everybody; it decides nothing itself.
//
//	           ┌── api ────────┐
//	socket ── edge             ├── auth, oauth, fax ── store, blob
//	           └── dashboard ──┘       │
//	delivery: outbox ── converter ── line ── inbox
//	background: feed of changes, mail, fax events, webhooks, documents without a record,
//	            purge, last uses, sums of refusals
package server

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/faxgate/faxgate/api"
	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/dashboard"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/web"
)

// The limits of a connection. Answers have no time limit: a slow reader of a long
// document is nobody's fault.
const (
	readTimeout    = 30 * time.Second // of a whole request: the longest body that is read here has 1 MiB
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10 // an authorization request has its parameters in the URL
	drainTimeout   = 10 * time.Second
)

// Config is everything about a server but its store and its socket.
type Config struct {
	Base
	Proxies      web.Proxies    // whose forwarded headers are believed; empty: nobody's
	Setup        auth.SetupCode // of the setup link; the zero value opens nothing
	TimeZone     string         // of a new organization; empty: the browser says
	Country      string         // of a new organization; empty: by the language
	MetricsToken string         // opens /metrics; empty: loopback only
	TokenQuota   int            // calls of /token a minute and address; zero: no limit
	CallQuota    int            // calls of the API a minute and token; zero: no limit
	Version      string
	Faxes
}

// Server is all of faxgate, on a store that somebody else opened and will close.
type Server struct {
	// Handler answers every request: for tests that need no socket.
	Handler http.Handler
	*Rules

	db       *store.DB
	people   *dashboard.Server
	delivery *fax.Dispatcher // nil: no faxes are sent
	trunks   *trunks         // nil likewise
	usage    *store.Usage
	refusals *web.Refusals
	log      *slog.Logger
}

// New wires a server.
func New(db *store.DB, c Config) *Server {
	c.Now, c.Log = clock(c.Now), logger(c.Log)
	c.Node = cmp.Or(c.Node, rand.Text())
	s := &Server{Rules: NewRules(db, c.Base), db: db, log: c.Log}
	board := new(fax.Board)
	s.delivery, s.trunks = newDispatcher(db, c, s.Rules, board)
	db.Changed = func(changes []auth.Change) {
		s.Check.Forget(changes)
		s.Clients.Forget(changes)
		s.OAuth.Forget(changes)
		if s.trunks != nil && slices.ContainsFunc(changes, func(c auth.Change) bool { return c.Kind == auth.TrunkChanged }) {
			s.trunks.wake()
		}
	}
	db.Gap = func() {
		s.Check.ForgetAll()
		s.Clients.ForgetAll()
		s.OAuth.ForgetAll()
		if s.trunks != nil {
			s.trunks.wake()
		}
	}
	s.usage = db.Usage()
	s.Check.Used = s.usage.Token
	s.OAuth.Used = s.usage.Grant
	s.refusals = &web.Refusals{Log: c.Log}
	more := []prometheus.Collector{queueMetrics{db.Queues, c.Now}, engineMetric(c.EngineVersion)}
	var ways func() (up, down int)
	if s.trunks != nil {
		more, ways = append(more, trunkMetrics{s.trunks}), s.trunks.upAndDown
	}
	measured := newMetrics(c.Version, db.Statements, more...)
	programs := &api.Server{
		Check: s.Check, Accounts: s.Accounts, Tokens: s.OAuth, Clients: s.Clients, PublicURL: c.PublicURL,
		Outbox: s.Outbox, Faxes: s.Faxes, Traces: s.Traces, Uploads: s.Uploads, Numbers: s.Numbers, Hooks: s.Hooks,
		Board: board, Reports: reports{s.Faxes},
		Health:     api.Health{Ready: db.Ping, Metrics: measured.handler(), MetricsToken: c.MetricsToken, Simulated: c.Engine == nil, Trunks: ways},
		TokenQuota: quota(db, "token", c.TokenQuota, c.Now), CallQuota: quota(db, "api", c.CallQuota, c.Now),
	}
	s.people = &dashboard.Server{
		Accounts: s.Accounts, SignIn: s.SignIn, Sessions: s.Sessions, Tokens: s.Tokens, Organizations: s.Organizations,
		Clients: s.Clients, Authorizations: s.Authorizations, Mail: s.Mail, API: programs.Routes(), PublicURL: c.PublicURL,
		Outbox: s.Outbox, Faxes: s.Faxes, Traces: s.Traces, Uploads: s.Uploads, Numbers: s.Numbers, Hooks: s.Hooks,
		Trunks: s.Trunks, Board: board, HookEvent: HookEvent, Reports: reports{s.Faxes}, Simulated: c.Engine == nil,
		Setup: c.Setup, TimeZone: c.TimeZone, Country: c.Country, Now: c.Now, Version: c.Version,
	}
	if s.trunks != nil {
		s.people.TrunkBoard = s.trunks
	}
	mux := http.NewServeMux()
	programs.Register(mux)
	s.people.Register(mux)
	s.Handler = &web.Edge{Next: mux, Log: c.Log, Now: c.Now, Proxies: c.Proxies, Refusals: s.refusals, Observe: measured.observe}
	return s
}

// quota counts the calls of all nodes together.
func quota(db *store.DB, name string, limit int, now func() time.Time) api.Quota {
	if limit == 0 {
		return api.Quota{}
	}
	return api.Quota{Limit: limit, Count: auth.NewThrottle(time.Minute, now, db.SharedCounter(time.Minute)), Name: name}
}

// Serve answers on the listener until the context ends. Then requests and calls in
// progress have 10 s to finish, and what is gathered in memory is written. The error is nil
// after such an end.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	stopBackground := s.startBackground(ctx)
	defer stopBackground()
	h := &http.Server{
		Handler: s.Handler, ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	h.RegisterOnShutdown(s.people.EndStreams)
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(l) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	err := s.drain(h)
	if failure := <-ended; !errors.Is(failure, http.ErrServerClosed) {
		err = errors.Join(err, failure)
	}
	return err
}

// drain lets the requests in progress finish.
func (s *Server) drain(h *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	err := h.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("some requests did not end in time")
		return h.Close()
	}
	return err
}

// startBackground starts what goes on beside the requests. It outlives the context
// until stop is called: the last requests may still need it. stop returns when all
// has ended and is written.
func (s *Server) startBackground(ctx context.Context) (stop func()) {
	stopDelivery := s.startDelivery(ctx)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var all sync.WaitGroup
	all.Go(func() { s.db.Follow(ctx, 0) })
	all.Go(func() { s.db.RunPurge(ctx) })
	all.Go(func() { s.usage.Run(ctx) })
	all.Go(func() { s.Mail.Run(ctx) })
	all.Go(func() { s.Courier.Run(ctx) })
	if s.Sweeper.Blobs != nil {
		all.Go(func() { s.Sweeper.Run(ctx) })
	}
	all.Go(func() { s.Events.Run(ctx) })
	all.Go(func() { _ = s.refusals.Run(ctx) }) // it has nothing to fail at
	return func() {
		stopDelivery()
		s.SignIn.Background.Wait()
		cancel()
		all.Wait()
	}
}

// startDelivery starts sending and receiving. No call begins once the context has
// ended; stop returns when the last one is over.
func (s *Server) startDelivery(ctx context.Context) (stop func()) {
	if s.delivery == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { s.delivery.Run(ctx) })
	lines, closeLines := context.WithCancel(context.WithoutCancel(ctx)) // the last calls are still going on
	var carried sync.WaitGroup
	carried.Go(func() { s.trunks.run(lines) })
	return func() {
		cancel()
		all.Wait()
		closeLines()
		carried.Wait()
	}
}
