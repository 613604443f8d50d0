//go:build spandsp && cgo

package sip_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/sip"
)

// called is a call of SIPp to us.
type called struct {
	scenario
	transport sip.Transport // empty: UDP
	settings  func(*sip.Trunk)
	change    func(*sip.Config)
	prepare   func(*sip.Line)
	ours      string // our address; empty: 127.0.0.1
}

// comes lets the call come in, and waits until SIPp has ended.
func (c called) comes(t *testing.T) (*end, *peer) {
	t.Helper()
	if c.transport == "" {
		c.transport = sip.UDP
	}
	p := newPeer(t, c.transport)
	if c.ours == "" {
		c.ours = "127.0.0.1"
	} else {
		p = newPeerAt(t, netip.AddrPortFrom(netip.MustParseAddr(c.ours), 15060), c.transport)
	}
	us := listening(t, c.ours, plain{}, endOptions{change: c.change})
	if c.prepare != nil {
		c.prepare(us.Line)
	}
	trunk := sip.Trunk{
		ID: "sipp-1", Name: "SIPp", Host: netip.AddrPortFrom(p.at.Addr(), 9).String(), Transport: c.transport,
		Numbers: []string{ourNumber}, T38: sip.T38Never,
	}
	if c.settings != nil {
		c.settings(&trunk)
	}
	us.SetTrunks([]sip.Trunk{trunk})
	p.plays(t, c.scenario, us.address(c.transport))
	p.ends(t)
	return us, p
}

// Calls that are taken, however they are written.
func TestSIPpCallsAreTaken(t *testing.T) {
	t.Parallel()
	invite := func(change ...string) called {
		values := map[string]string{
			"uri": "sip:+81312345678@[remote_ip]:[remote_port]", "to": "<sip:+81312345678@[remote_ip]:[remote_port]>",
			"from": "<sip:+15145550100@[local_ip]:[local_port]>", "more": "",
		}
		for i := 0; i < len(change); i += 2 {
			values[change[i]] = change[i+1]
		}
		return called{scenario: scenario{"invite", values}}
	}
	over := func(c called, transport sip.Transport, ours string) called {
		c.transport, c.ours = transport, ours
		return c
	}
	asks := func(s *sip.Trunk) { s.T38 = sip.T38Auto }
	for _, tt := range []struct {
		name string
		called
		from string
		over line.Transport
		t38  line.Switch
	}{
		{"as usual", invite(), theirNumber, line.ULaw, ""},
		{"over TCP", over(invite(), sip.TCP, ""), theirNumber, line.ULaw, ""},
		{"over IPv6", over(invite(), sip.UDP, "::1"), theirNumber, line.ULaw, ""},
		{"with a national number", invite("uri", "sip:0312345678@[remote_ip]"), theirNumber, line.ULaw, ""},
		{"with a number of parameters", invite("uri", "sip:+81-3-1234-5678;npdi@[remote_ip];user=phone"), theirNumber, line.ULaw, ""},
		{"with a tel URI", invite("uri", "tel:+81312345678", "to", "<tel:+81-3-1234-5678>", "from", "<tel:+15145550100>"), theirNumber, line.ULaw, ""},
		{"with a sips URI", invite("uri", "sips:+81312345678@[remote_ip]", "to", "<sips:+81312345678@[remote_ip]>"), theirNumber, line.ULaw, ""},
		{"by the contact alone", invite("uri", "sip:fax@[remote_ip]", "to", "<sip:fax@[remote_ip]>", "more", "P-Called-Party-ID: <sip:+81312345678@example.net>\n"), theirNumber, line.ULaw, ""},
		{"from whom the trunk knows", invite("from", "<sip:anything@example.net>", "more", "P-Asserted-Identity: \"A, name\" <sip:+15145550100@example.net>\n"), theirNumber, line.ULaw, ""},
		{"from whom the trunk knows by tel", invite("from", "<sip:anything@example.net>", "more", "P-Asserted-Identity: <tel:+15145550100>\n"), theirNumber, line.ULaw, ""},
		{"from whom the trunk knows twice", invite("from", "<sip:anything@example.net>", "more", "P-Asserted-Identity: <sip:bob@example.net>, <tel:+15145550100>\n"), theirNumber, line.ULaw, ""},
		{"from who does not want to be known", invite("more", "P-Asserted-Identity: <tel:+15145550100>\nPrivacy: header;id\n"), "", line.ULaw, ""},
		{"from anonymous", invite("from", "\"Anonymous\" <sip:anonymous@anonymous.invalid>"), "", line.ULaw, ""},
		{"in short", called{scenario: scenario{name: "compact"}}, theirNumber, line.ULaw, ""},
		{"with two lines", called{scenario: scenario{name: "twolines"}}, theirNumber, line.ULaw, ""},
		{"with a late offer", called{scenario: scenario{name: "late"}}, theirNumber, line.ALaw, ""},
		{"with requests within it", called{scenario: scenario{name: "dialog"}}, theirNumber, line.ULaw, ""},
		{"twice by two ways", called{scenario: scenario{name: "merged"}}, theirNumber, line.ULaw, ""},
		{"and asked for T.38", called{scenario: scenario{"t38-inbound", map[string]string{"status": "200 OK"}}, settings: asks}, theirNumber, line.T38, line.SwitchDone},
		{"and refuse T.38", called{scenario: scenario{"t38-inbound", map[string]string{"status": "488 Not Acceptable Here"}}, settings: asks}, theirNumber, line.ULaw, line.SwitchRefused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			us, _ := tt.comes(t)
			if t.Failed() {
				return
			}
			got := us.ends(t)
			if got.Outcome != line.Dropped || got.To != ourNumber || got.From != tt.from || got.Transport != tt.over || got.T38 != tt.t38 {
				t.Errorf("received: %s over %q, T.38 %q, from %q to %q: %s\n%s", got.Outcome, got.Transport, got.T38, got.From, got.To, got.Detail, ladder(got.Result))
			}
		})
	}
}

// Calls that are refused, and why.
func TestSIPpCallsAreRefused(t *testing.T) {
	t.Parallel()
	const (
		forwards = "Max-Forwards: 70\n"
		from     = "From: <sip:+15145550100@[local_ip]:[local_port]>;tag=[call_number]\n"
		to       = "To: <sip:+81312345678@[remote_ip]:[remote_port]>\n"
		id       = "Call-ID: [call_id]\n"
		seq      = "CSeq: 10 INVITE\n"
		contact  = "Contact: <sip:peer@[local_ip]:[local_port]>"
		whole    = forwards + from + to + id + seq + contact
		none     = "Content-Length: 0\n"
		sdp      = "Content-Type: application/sdp\nContent-Length: [len]\n\n"
		video    = sdp + "v=0\no=peer 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\nm=video 6002 RTP/AVP 34"
	)
	for _, tt := range []struct{ name, user, head, more, code, says string }{
		{"a number that nobody has", "+15145559999", forwards + from + "To: <sip:+15145559999@[remote_ip]>\n" + id + seq + contact, none, "404", "."},
		{"an extension that we do not know", "+81312345678", whole + "\nRequire: timer, 100rel, precondition", none, "420", "Unsupported: 100rel, precondition"},
		{"an interval that is too short", "+81312345678", whole + "\nSupported: timer\nSession-Expires: 60", none, "422", "Min-SE: 90"},
		{"no Contact", "+81312345678", forwards + from + to + id + seq[:len(seq)-1], none, "400", "."},
		{"an offer of no media", "+81312345678", whole, sdp + "v=0", "400", "."},
		{"an offer of video", "+81312345678", whole, video, "488", "."},
		{"a body of another type", "+81312345678", whole, "Content-Type: text/plain\nContent-Length: [len]\n\nGood morning", "415", "Accept: application/sdp"},
		{"a call that we are not in", "+81312345678", forwards + from + to[:len(to)-1] + ";tag=unknown\n" + id + seq + contact, none, "481", "."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			called{scenario: scenario{"invite-refused", map[string]string{
				"uri": "sip:" + tt.user + "@[remote_ip]:[remote_port]", "head": tt.head, "more": tt.more, "code": tt.code, "says": tt.says,
			}}}.comes(t)
		})
	}
}

// Requests of no call have an answer too.
func TestSIPpRequestsAreAnswered(t *testing.T) {
	t.Parallel()
	const methods = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE"
	for _, tt := range []struct{ name, method, more, code, says string }{
		{"OPTIONS", "OPTIONS", "", "200", methods},
		{"BYE", "BYE", ";tag=unknown", "481", "."},
		{"UPDATE", "UPDATE", ";tag=unknown", "481", "."},
		{"REGISTER", "REGISTER", "", "405", methods},
		{"MESSAGE", "MESSAGE", "", "405", methods},
		{"a method that nobody knows", "PONDER", "", "405", methods},
		{"OPTIONS that require what we do not know", "OPTIONS", "\nRequire: nothing-sips-expects", "420", "Unsupported: nothing-sips-expects"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			called{scenario: scenario{"request", map[string]string{
				"method": tt.method, "tag": tt.more, "code": tt.code, "says": tt.says,
			}}}.comes(t)
		})
	}
}

// undecided is a line.Inbound that thinks until the caller hangs up.
type undecided struct{ *inbox }

// Accept implements line.Inbound.
func (u undecided) Accept(ctx context.Context, in line.Incoming) (line.Reception, line.Outcome) {
	<-ctx.Done()
	return u.inbox.Accept(ctx, in)
}

// A call that is cancelled is not answered (RFC 3261 9.2).
func TestSIPpHangsUpBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	b := newInbox()
	called{scenario: scenario{name: "changed-mind"}, change: func(c *sip.Config) { c.Inbound = undecided{b} }}.comes(t)
	if got := b.ends(t); got.Outcome != line.Dropped || got.Detail != "cancelled" || got.Transport != "" {
		t.Errorf("received: %+v", got.Result)
	}
}

// Our answer is repeated until it is acknowledged, and when it never is, we hang up
// (RFC 3261 13.3.1.4).
func TestSIPpDoesNotAcknowledge(t *testing.T) {
	t.Parallel()
	us, p := called{scenario: scenario{name: "unacknowledged"}, prepare: func(l *sip.Line) { l.Hasten(20) }}.comes(t)
	if n := p.count("^SIP/2.0 200 OK"); n < 6 {
		t.Errorf("%d answers of ours and SIPp's", n)
	}
	if got := us.ends(t); got.Outcome != line.Dropped || got.Detail != "our 200 was never acknowledged" {
		t.Errorf("received: %s: %s\n%s", got.Outcome, got.Detail, ladder(got.Result))
	}
}

// Requests that SIPp would not send, for it could not make out the answer, are answered
// too.
func TestMalformedRequestsAre400(t *testing.T) {
	t.Parallel()
	us := listening(t, "127.0.0.1", plain{}, endOptions{})
	p := newPeer(t, sip.UDP)
	us.SetTrunks([]sip.Trunk{{ID: "odd", Host: netip.AddrPortFrom(p.at.Addr(), 9).String(), Transport: sip.UDP, Numbers: []string{ourNumber}}})
	const (
		via     = "Via: SIP/2.0/UDP {at};branch=z9hG4bK-{name}\r\n"
		from    = "From: <sip:+15145550100@{at}>;tag=1\r\n"
		to      = "To: <sip:+81312345678@example.net>\r\n"
		id      = "Call-ID: {name}\r\n"
		contact = "Contact: <sip:peer@{at}>\r\n"
	)
	for name, headers := range map[string]string{
		"another-method":  via + from + to + id + contact + "CSeq: 1 OPTIONS\r\n",
		"no-from":         via + to + id + contact + "CSeq: 1 INVITE\r\n",
		"no-to":           via + from + id + contact + "CSeq: 1 INVITE\r\n",
		"no-call-id":      via + from + to + contact + "CSeq: 1 INVITE\r\n",
		"no-cseq":         via + from + to + id + contact,
		"nobody-to-reach": via + from + to + id + "CSeq: 1 INVITE\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(p.at), net.UDPAddrFromAddrPort(us.address(sip.UDP)))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			request := "INVITE sip:+81312345678@example.net SIP/2.0\r\n" + headers + "Content-Length: 0\r\n\r\n"
			request = strings.NewReplacer("{at}", p.at.String(), "{name}", name).Replace(request)
			if _, err := conn.Write([]byte(request)); err != nil {
				t.Fatal(err)
			}
			if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			answer := make([]byte, 4096)
			n, err := conn.Read(answer)
			for err == nil && strings.HasPrefix(string(answer[:n]), "SIP/2.0 100") {
				n, err = conn.Read(answer)
			}
			if err != nil || !strings.HasPrefix(string(answer[:n]), "SIP/2.0 400 ") {
				t.Errorf("%v: %s", err, answer[:n])
			}
		})
	}
}
