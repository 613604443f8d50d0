//go:build spandsp && cgo

package sip_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/sip"
	"github.com/faxgate/faxgate/page/pagetest"
)

// names is DNS with one service, whose first host is not there.
type names struct{ ports []uint16 }

// LookupSRV implements sip.Resolver.
func (n *names) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	if name != "carrier.example" || service != "sips" && service != "sip" {
		return "", nil, errors.New("no such name")
	}
	var all []*net.SRV
	for _, p := range n.ports {
		all = append(all, &net.SRV{Target: "a.carrier.example.", Port: p})
	}
	return "", all, nil
}

// LookupNetIP implements sip.Resolver.
func (*names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if host != "a.carrier.example" {
		return nil, errors.New("no such name")
	}
	return []netip.Addr{netip.MustParseAddr("127.0.0.2")}, nil
}

// certificate is one for a name, and the pool of whoever trusts it.
func certificate(t *testing.T, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// A trunk that is named is found by its SRV records, the second where the first does not
// answer, and over TLS shows a certificate of its own name.
func TestTrunkIsFoundByNameAndKnownByItsCertificate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string // on the certificate
		want line.Outcome
	}{
		{"carrier.example", line.OK},
		{"somebody.example", line.TrunkUnavailable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			own, pool := certificate(t, tt.name)
			dns := new(names)
			overTLS := func(c *sip.Config) {
				c.Listen = []sip.Endpoint{{Transport: sip.TLS, Address: c.Listen[0].Address}}
				c.Server, c.Client, c.Resolver = &tls.Config{Certificates: []tls.Certificate{own}}, &tls.Config{RootCAs: pool}, dns
			}
			clock := newLockstep(t)
			a := listening(t, "127.0.0.1", clock, endOptions{change: overTLS})
			b := listening(t, "127.0.0.2", clock, endOptions{change: overTLS})
			dns.ports = []uint16{9, b.address(sip.TLS).Port()}
			b.join(a, theirNumber, endOptions{transport: sip.TLS})
			a.join(b, ourNumber, endOptions{transport: sip.TLS, settings: func(s *sip.Trunk) { s.Host = "carrier.example" }})
			r := a.send(t, theirNumber, pagetest.TIFF(t, pagetest.Text(t, 300)))
			if r.Outcome != tt.want || tt.want != line.OK && !strings.Contains(r.Detail, "certificate") {
				t.Fatalf("Send = %s: %s\n%s", r.Outcome, r.Detail, ladder(r))
			}
			if tt.want == line.OK {
				b.ends(t)
			}
		})
	}
}
