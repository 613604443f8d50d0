//go:build spandsp && cgo

package sip_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/sip"
)

// Whatever the other end refuses a call with, the call ends as what it is.
func TestSIPpRefusesCalls(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status string
		want   line.Outcome
		sip    int
	}{
		{"302 Moved Temporarily", line.Rejected, 302},
		{"404 Not Found", line.InvalidNumber, 404},
		{"480 Temporarily Unavailable", line.NoAnswer, 480},
		{"486 Busy Here", line.Busy, 486},
		{"488 Not Acceptable Here", line.Incompatible, 488},
		{"503 Service Unavailable", line.TrunkUnavailable, 503},
		{"600 Busy Everywhere", line.Busy, 600},
		{"603 Decline", line.Rejected, 603},
	} {
		t.Run(tt.status, func(t *testing.T) {
			t.Parallel()
			r, _ := calling{scenario: scenario{"refused", map[string]string{"status": tt.status}}}.calls(t)
			if r.Outcome != tt.want || r.SIP != tt.sip || r.Transport != "" {
				t.Errorf("Send = %s, SIP %d: %s\n%s", r.Outcome, r.SIP, r.Detail, ladder(r))
			}
		})
	}
}

// A trunk that is out of order is passed over for the next.
func TestSIPpThatIsOutOfOrderIsPassedOver(t *testing.T) {
	t.Parallel()
	us := listening(t, "127.0.0.1", plain{}, endOptions{})
	first, second := newPeer(t, sip.UDP), newPeer(t, sip.UDP)
	us.reaches(t, nil, first, second)
	first.plays(t, scenario{"refused", map[string]string{"status": "503 Service Unavailable"}}, netip.AddrPort{})
	second.plays(t, scenario{name: "dropped"}, netip.AddrPort{})
	r := us.dials(t, "", "sipp-1", "sipp-2")
	first.ends(t)
	second.ends(t)
	if r.Outcome != line.Dropped || r.Trunk != "sipp-2" {
		t.Errorf("Send = %s over %s: %s\n%s", r.Outcome, r.Trunk, r.Detail, ladder(r))
	}
}

// Who asks for a password gets it, once (RFC 3261 22).
func TestSIPpAsksForThePassword(t *testing.T) {
	t.Parallel()
	const user, proxy = "401 Unauthorized", "407 Proxy Authentication Required"
	for _, tt := range []struct {
		name, status, asks, quality, password string
		want                                  line.Outcome
		sip                                   int
	}{
		{"401", user, "WWW-Authenticate", `, qop="auth"`, "secret", line.Dropped, 0},
		{"407", proxy, "Proxy-Authenticate", `, qop="auth"`, "secret", line.Dropped, 0},
		{"401 of RFC 2069", user, "WWW-Authenticate", "", "secret", line.Dropped, 0},
		{"401 to a wrong password", user, "WWW-Authenticate", `, qop="auth"`, "wrong", line.TrunkUnavailable, 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, _ := calling{
				scenario: scenario{"challenged", map[string]string{"status": tt.status, "asks": tt.asks, "quality": tt.quality}},
				settings: func(s *sip.Trunk) { s.User, s.Password = "alice", tt.password },
			}.calls(t)
			if r.Outcome != tt.want || r.SIP != tt.sip {
				t.Errorf("Send = %s, SIP %d: %s\n%s", r.Outcome, r.SIP, r.Detail, ladder(r))
			}
		})
	}
}

// Two proxies that stay on the way (RFC 3261 12.1.2), in one header or two.
const (
	routes      = "Record-Route: <sip:far.example;lr>\nRecord-Route: <sip:[local_ip]:[local_port];lr>"
	routesInOne = "Record-Route: <sip:far.example;lr>, <sip:[local_ip]:[local_port];lr>"
)

// Calls that are answered, in ways that our own end does not have.
func TestSIPpAnswersCalls(t *testing.T) {
	t.Parallel()
	const (
		empty = "Content-Length: 0\n"
		video = "Content-Type: application/sdp\nContent-Length: [len]\n\nv=0\no=peer 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [local_ip]\nt=0 0\nm=audio 0 RTP/AVP 0\n"
	)
	asks := func(s *sip.Trunk) { s.T38 = sip.T38We }
	for _, tt := range []struct {
		name string
		calling
		want line.Outcome
		over line.Transport
	}{
		{"and hang up", calling{scenario: scenario{name: "dropped"}}, line.Dropped, line.ULaw},
		{"after a 183 with a description", calling{scenario: scenario{name: "early"}}, line.Dropped, line.ULaw},
		{"with A-law alone", calling{scenario: scenario{name: "alaw"}}, line.Dropped, line.ALaw},
		{"without a description", calling{scenario: scenario{"speechless", map[string]string{"body": empty}}}, line.Incompatible, ""},
		{"with sound that is refused", calling{scenario: scenario{"speechless", map[string]string{"body": video}}}, line.Incompatible, ""},
		{"once the session may last longer", calling{scenario: scenario{name: "interval"}}, line.Dropped, line.ULaw},
		{"after we stopped waiting", calling{scenario: scenario{name: "cancelled"}, hangUp: line.Dialling}, line.Interrupted, ""},
		{"while we stop waiting", calling{scenario: scenario{name: "crossed"}, hangUp: line.Dialling}, line.Interrupted, ""},
		{"at two telephones", calling{scenario: scenario{name: "forked"}}, line.Dropped, line.ULaw},
		{"over IPv6", calling{scenario: scenario{name: "dropped"}, ours: "::1"}, line.Dropped, line.ULaw},
		{"behind proxies", calling{scenario: scenario{"routed", map[string]string{"routes": routes, "again": ""}}, hangUp: line.Answered}, line.Interrupted, line.ULaw},
		{"behind proxies that share a header", calling{scenario: scenario{"routed", map[string]string{"routes": routesInOne, "again": ""}}, hangUp: line.Answered}, line.Interrupted, line.ULaw},
		{"behind proxies, and are asked for T.38", calling{scenario: scenario{"routed", map[string]string{"routes": routes, "again": "yes"}}, settings: asks}, line.Dropped, line.ULaw},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, _ := tt.calls(t)
			if r.Outcome != tt.want || r.Transport != tt.over {
				t.Errorf("Send = %s over %q, SIP %d: %s\n%s", r.Outcome, r.Transport, r.SIP, r.Detail, ladder(r))
			}
		})
	}
}

// A 200 that comes again is acknowledged again (RFC 3261 13.2.2.4).
func TestSIPpHearsTheACKAgain(t *testing.T) {
	t.Parallel()
	r, p := calling{scenario: scenario{name: "repeated"}}.calls(t)
	if n := p.count("^ACK sip:"); r.Outcome != line.Dropped || n < 2 {
		t.Errorf("Send = %s, with %d ACKs\n%s", r.Outcome, n, ladder(r))
	}
}

// T.38, which either end asks for, and may not get.
func TestSIPpIsAskedForT38(t *testing.T) {
	t.Parallel()
	asks := func(s *sip.Trunk) { s.T38 = sip.T38We }
	refused := func(status string) calling {
		return calling{scenario: scenario{"t38-refused", map[string]string{"status": status}}, settings: asks}
	}
	taken := func(again string) calling {
		return calling{scenario: scenario{"t38-taken", map[string]string{"again": again, "challenged": ""}}, settings: asks}
	}
	withPassword := calling{
		scenario: scenario{"t38-taken", map[string]string{"again": "", "challenged": "yes"}},
		settings: func(s *sip.Trunk) { s.T38, s.User, s.Password = sip.T38We, "alice", "secret" },
	}
	asked := func(back string) calling {
		return calling{scenario: scenario{"t38", map[string]string{"back": back}}}
	}
	for _, tt := range []struct {
		name string
		calling
		over line.Transport
		t38  line.Switch
	}{
		{"and refuses with 415", refused("415 Unsupported Media Type"), line.ULaw, line.SwitchRefused},
		{"and refuses with 488", refused("488 Not Acceptable Here"), line.ULaw, line.SwitchRefused},
		{"and refuses with 501", refused("501 Not Implemented"), line.ULaw, line.SwitchRefused},
		{"and refuses with 606", refused("606 Not Acceptable"), line.ULaw, line.SwitchRefused},
		{"and takes it", taken(""), line.T38, line.SwitchDone},
		{"and takes it with a password", withPassword, line.T38, line.SwitchDone},
		{"and takes it later", taken("yes"), line.T38, line.SwitchDone},
		{"while it asks itself", calling{scenario: scenario{name: "glare"}, settings: asks}, line.T38, line.SwitchDone},
		{"by itself", asked(""), line.T38, line.SwitchDone},
		{"by itself, and goes back", asked("yes"), line.ULaw, line.SwitchDone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, _ := tt.calls(t)
			if r.Outcome != line.Dropped || r.Transport != tt.over || r.T38 != tt.t38 {
				t.Errorf("Send = %s over %q, T.38 %q: %s\n%s", r.Outcome, r.Transport, r.T38, r.Detail, ladder(r))
			}
		})
	}
}

// Whoever of the two is to refresh the session does, or the call ends (RFC 4028).
func TestSIPpKeepsSessionTimers(t *testing.T) {
	t.Parallel()
	never := func(s *sip.Trunk) { s.T38 = sip.T38Never }
	hasten := func(l *sip.Line) { l.Hasten(30) }
	for _, tt := range []struct {
		name string
		calling
		detail string
	}{
		{"refreshed by the other end", calling{scenario: scenario{name: "refreshed"}, settings: never}, "Q.850;cause=16"},
		{"refreshed by nobody", calling{scenario: scenario{name: "forgotten"}, settings: never, prepare: hasten}, "did not refresh"},
		{"refreshed by us", calling{scenario: scenario{name: "refreshes"}, settings: never, prepare: hasten}, "Q.850;cause=16"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, _ := tt.calls(t)
			if r.Outcome != line.Dropped || !strings.Contains(r.Detail, tt.detail) {
				t.Errorf("Send = %s: %s\n%s", r.Outcome, r.Detail, ladder(r))
			}
		})
	}
}
