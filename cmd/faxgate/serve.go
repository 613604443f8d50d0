package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/locale"
	"github.com/faxgate/faxgate/web"
)

// serveCommand is `faxgate serve`.
type serveCommand struct {
	allSettings `embed:"" group:"settings"`
}

// run serves until the context ends.
func (c *serveCommand) run(ctx context.Context, in *invocation) (err error) {
	if err := in.settings.check(c.groups()...); err != nil {
		return err
	}
	if err := c.checkExposure(); err != nil {
		return err
	}
	go tuneGarbage(ctx)
	lines := newBatchWriter(in.stderr)
	defer lines.Close()
	log := newLog(lines, c.logLevel)
	found := findEngine(ctx)
	go locale.Has(in.language(), "") // the catalogue is read beside the database
	data, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.db.Close()) }()
	return c.serve(ctx, in, data, found, log)
}

// checkExposure keeps passwords and tokens off a network in the clear, and asks for
// the name of a server whose address says nothing.
func (c *serveCommand) checkExposure() error {
	if !c.loopback() && c.TLSCert == "" && len(c.proxies) == 0 {
		return fault.New(fault.Invalid, "listen_exposed", "listen", c.Listen)
	}
	host, _, _ := net.SplitHostPort(c.Listen) // checked
	ip, err := netip.ParseAddr(host)
	if everywhere := host == "" || err == nil && ip.IsUnspecified(); everywhere && c.PublicURL == "" {
		return fault.New(fault.Invalid, "public_url_missing", "listen", c.Listen)
	}
	return nil
}

// serve listens, says so, and answers.
func (c *serveCommand) serve(ctx context.Context, in *invocation, data data, found <-chan t30, log *slog.Logger) error {
	l, err := c.listen(ctx)
	if err != nil {
		return err
	}
	return c.serveOn(ctx, l, in, data, found, log)
}

// serveOn answers on a listener, which it closes.
func (c *serveCommand) serveOn(ctx context.Context, l net.Listener, in *invocation, data data, found <-chan t30, log *slog.Logger) error {
	defer l.Close() // closed already, unless something below fails
	owned, err := data.db.HasOwner(ctx)
	if err != nil {
		return err
	}
	config := c.config(c.publicURL(l.Addr()), data, log)
	if config.Blobs, err = c.documents(data.key); err != nil {
		return err
	}
	if config.Faxes, err = c.faxes(<-found, log); err != nil {
		return err
	}
	if config.Signalling, err = c.signallingWith(&c.addressSettings); err != nil {
		return err
	}
	var code string
	if !owned && !c.namesOwner() {
		code, config.Setup = auth.NewSetupCode(time.Now())
	}
	s := server.New(data.db, config)
	if !owned && c.namesOwner() {
		if err := c.createOwner(ctx, in, s.Accounts); err != nil {
			return err
		}
	}
	in.welcome(config.PublicURL, c.where(), code, config.Engine == nil)
	ctx, stop := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer stop()
	beside.Go(func() { settle(ctx, log) })
	log.Info("listening", "address", l.Addr().String(), "public_url", config.PublicURL, "version", version)
	err = s.Serve(ctx, l)
	log.Info("stopped")
	return err
}

// listen opens the socket, with TLS where there is a certificate.
func (c *serveCommand) listen(ctx context.Context) (net.Listener, error) {
	var secured *tls.Config
	if c.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return nil, fault.New(fault.Invalid, "tls_unusable", "cause", err.Error())
		}
		secured = &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"}}
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "listen_failed", "listen", c.Listen, "cause", listenCause(err))
	}
	l = web.CoarseDeadlines(l)
	if secured != nil {
		return tls.NewListener(l, secured), nil
	}
	return l, nil
}

// listenCause is what the operating system says.
func listenCause(err error) string {
	if system := new(os.SyscallError); errors.As(err, &system) {
		return system.Err.Error()
	}
	return err.Error()
}

func (c *serveCommand) config(publicURL string, data data, log *slog.Logger) server.Config {
	return server.Config{
		Base: server.Base{
			PublicURL: publicURL, Key: data.key, SMTP: c.smtp, AllowPrivateTargets: c.allowPrivate, Log: log,
		},
		Proxies: c.proxies, TimeZone: c.TimeZone, Country: c.Country, MetricsToken: c.MetricsToken,
		TokenQuota: c.rateToken, CallQuota: c.rateAPI, Version: version,
	}
}
