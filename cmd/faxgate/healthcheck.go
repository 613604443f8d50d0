package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/faxgate/faxgate/fault"
)

// healthcheckPatience is how long the server may take to answer.
const healthcheckPatience = 5 * time.Second

// healthcheckCommand is `faxgate healthcheck`: a question to the server that
// listens at the configured address, for containers.
type healthcheckCommand struct {
	fileSettings    `embed:"" group:"settings"`
	addressSettings `embed:"" group:"settings"`
}

func (c *healthcheckCommand) run(ctx context.Context, in *invocation) error {
	if err := in.settings.check(&c.addressSettings); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthcheckPatience)
	defer cancel()
	address := c.local("/healthz")
	if err := healthy(ctx, address); err != nil {
		return fault.New(fault.Unavailable, "healthcheck_failed", "url", address, "cause", err.Error())
	}
	_, err := fmt.Fprintln(in.stdout, "ok")
	return err
}

// local is a URL of the server on this machine.
func (s *addressSettings) local(path string) string {
	host, port, _ := net.SplitHostPort(s.Listen) // checked
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if err == nil && ip.Is6() {
			host = "::1"
		}
	}
	scheme := "http://"
	if s.TLSCert != "" {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port) + path
}

func healthy(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	client := localClient()
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP status %s", answer.Status)
	}
	return nil
}

// localClient calls the server on this machine. The certificate is for the public name,
// and the call stays on the machine.
func localClient() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
}
