//go:build spandsp && cgo

package sip_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line/sip"
)

// registering is an end with a trunk that is to be registered at a SIPp.
func registering(t *testing.T, s scenario, password string) (*end, *peer) {
	t.Helper()
	us, p := listening(t, "127.0.0.1", plain{}, endOptions{}), newPeer(t, sip.UDP)
	p.plays(t, s, netip.AddrPort{})
	us.SetTrunks([]sip.Trunk{{
		ID: "sipp-1", Name: "SIPp", Host: p.at.String(), Transport: sip.UDP,
		User: "alice", Password: password, Register: true, Numbers: []string{ourNumber},
	}})
	return us, p
}

// A registration is refreshed before it ends, and taken back with the line (RFC 3261 10.2).
// What the registrar says of our own contact counts, not what it says of others.
func TestSIPpRegistersUs(t *testing.T) {
	t.Parallel()
	us, p := registering(t, scenario{name: "registrar"}, "secret")
	first := us.waits(t, "sipp-1", func(s sip.State) bool { return s.Reach == sip.Registered })
	if left := time.Until(first.Expires); left > 3*time.Second || first.Public != netip.MustParseAddrPort("192.0.2.7:4711") {
		t.Errorf("registered for %s, at %s", left, first.Public)
	}
	us.waits(t, "sipp-1", func(s sip.State) bool { return s.Expires.After(first.Expires) })
	us.Close()
	p.ends(t)
}

// A registrar that wants longer registrations gets them (RFC 3261 10.2.8).
func TestSIPpRegistersUsForLonger(t *testing.T) {
	t.Parallel()
	us, p := registering(t, scenario{name: "longer"}, "secret")
	s := us.waits(t, "sipp-1", func(s sip.State) bool { return s.Reach == sip.Registered })
	p.ends(t)
	if left := time.Until(s.Expires); left < 20*time.Minute {
		t.Errorf("registered for %s", left)
	}
}

// A registrar that does not want us says why.
func TestSIPpDoesNotRegisterUs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		scenario
		code int
	}{
		{"forbidden", scenario{"unregistered", map[string]string{"status": "403 Forbidden"}}, 403},
		{"unknown", scenario{"unregistered", map[string]string{"status": "404 Not Found"}}, 404},
		{"out of order", scenario{"unregistered", map[string]string{"status": "503 Service Unavailable"}}, 503},
		{"wrong password", scenario{name: "registrar"}, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			us, p := registering(t, tt.scenario, "wrong")
			s := us.waits(t, "sipp-1", func(s sip.State) bool { return s.Reach == sip.Refused })
			p.ends(t)
			if s.Code != tt.code || !s.Expires.IsZero() {
				t.Errorf("stands at %+v", s)
			}
		})
	}
}

// Nobody is there to register at.
func TestRegistrarThatDoesNotAnswerIsUnreachable(t *testing.T) {
	t.Parallel()
	us, p := listening(t, "127.0.0.1", plain{}, endOptions{}), newPeer(t, sip.UDP)
	us.SetTrunks([]sip.Trunk{{
		ID: "sipp-1", Host: p.at.String(), Transport: sip.UDP, User: "alice", Password: "secret", Register: true,
	}})
	if s := us.waits(t, "sipp-1", func(s sip.State) bool { return s.Reach != sip.Unknown }); s.Reach != sip.Unreachable || s.Code != 0 {
		t.Errorf("stands at %+v", s)
	}
}
