//go:build spandsp && cgo

package sip_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"text/template"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/sip"
	"github.com/faxgate/faxgate/page/pagetest"
)

// Here the other end is SIPp, whose stack is not ours: it checks what we send by its
// scenarios, in testdata/sipp, and says things that our own end would not.

// scenario is one of the files of testdata/sipp, which are templates, with their values.
type scenario struct {
	name   string
	values map[string]string
}

// peer is a SIPp.
type peer struct {
	at        netip.AddrPort
	transport sip.Transport
	dir       string // of the scenario, and of what SIPp writes
	over      chan struct{}
	failure   error // when it is over
	output    bytes.Buffer
}

// strangers counts the addresses that were given to peers: each has its own.
var strangers atomic.Uint32

// newPeer is a SIPp that does not run yet, at an address of its own.
func newPeer(t *testing.T, transport sip.Transport) *peer {
	t.Helper()
	n := strangers.Add(1)
	ip := netip.AddrFrom4([4]byte{127, 0, byte(1 + n/200), byte(1 + n%200)})
	return newPeerAt(t, netip.AddrPortFrom(ip, 5060), transport)
}

func newPeerAt(t *testing.T, at netip.AddrPort, transport sip.Transport) *peer {
	return &peer{at: at, transport: transport, dir: t.TempDir(), over: make(chan struct{})}
}

// plays starts SIPp with a scenario, as who calls or, without an address to call, as who
// is called: then it returns when SIPp hears.
func (p *peer) plays(t *testing.T, s scenario, calls netip.AddrPort) {
	t.Helper()
	file := filepath.Join(p.dir, "scenario.xml")
	if err := os.WriteFile(file, s.text(t, p.at), 0o600); err != nil {
		t.Fatal(err)
	}
	mode := "u1"
	if p.transport == sip.TCP {
		mode = "t1"
	}
	ip := p.at.Addr().String()
	if p.at.Addr().Is6() {
		ip = "[" + ip + "]"
	}
	args := []string{
		"-sf", file, "-i", ip, "-p", fmt.Sprint(p.at.Port()), "-t", mode, "-m", "1", "-nostdin", "-nd",
		"-timeout", "40s", "-timeout_error", "-recv_timeout", "20000", "-key", "blank", " ",
		"-trace_err", "-error_file", filepath.Join(p.dir, "errors"), "-trace_msg", "-message_file", filepath.Join(p.dir, "messages"),
	}
	if id := s.values["id"]; id != "" { // it goes on with a call
		args = append(args, "-cid_str", id)
	}
	if calls.IsValid() {
		args = append(args, calls.String())
	}
	command := exec.Command("sipp", args...)
	command.Dir, command.Stdout, command.Stderr = p.dir, &p.output, &p.output
	command.Env = append(os.Environ(), "TERM=dumb")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.failure = command.Wait()
		close(p.over)
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill() // it is over already if all went well
		<-p.over
	})
	for !calls.IsValid() && !hears(t, p.at, p.transport) {
		select {
		case <-p.over:
			p.fails(t)
			t.FailNow()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// text is the scenario as SIPp reads it.
func (s scenario) text(t *testing.T, at netip.AddrPort) []byte {
	t.Helper()
	values := map[string]string{"at": at.String()}
	maps.Copy(values, s.values)
	dir := filepath.Join("testdata", "sipp")
	parsed, err := template.New("").Option("missingkey=error").ParseFiles(filepath.Join(dir, "parts.xml"), filepath.Join(dir, s.name+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	b := *bytes.NewBufferString("<?xml version=\"1.0\"?>\n")
	if err := parsed.ExecuteTemplate(&b, s.name+".xml", values); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hears reports whether somebody listens at an address, as the kernel lists it.
func hears(t *testing.T, at netip.AddrPort, transport sip.Transport) bool {
	t.Helper()
	file := string(transport)
	a := at.Addr().AsSlice()
	if at.Addr().Is6() {
		file += "6"
	}
	var local strings.Builder
	for word := a; len(word) > 0; word = word[4:] { // words of the machine, which has the last octet first
		fmt.Fprintf(&local, "%02X%02X%02X%02X", word[3], word[2], word[1], word[0])
	}
	fmt.Fprintf(&local, ":%04X ", at.Port())
	table, err := os.ReadFile("/proc/net/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(table, []byte(local.String()))
}

// ends waits for SIPp to end, and for its word that all was as the scenario says.
func (p *peer) ends(t *testing.T) {
	t.Helper()
	select {
	case <-p.over:
	case <-time.After(patience):
		t.Fatal("SIPp does not end")
	}
	if p.failure != nil {
		p.fails(t)
	}
}

// fails tells what SIPp saw.
func (p *peer) fails(t *testing.T) {
	t.Helper()
	errors, _ := os.ReadFile(filepath.Join(p.dir, "errors")) // none if it did not begin
	if len(errors) == 0 {
		errors = p.output.Bytes()
	}
	t.Errorf("SIPp: %v\n%s\n%s", p.failure, errors, p.messages())
}

// messages are those that SIPp has sent and received.
func (p *peer) messages() string {
	text, _ := os.ReadFile(filepath.Join(p.dir, "messages")) // none if it did not begin
	return string(text)
}

// count is how many messages have a line that matches.
func (p *peer) count(pattern string) int {
	return len(regexp.MustCompile("(?m)"+pattern).FindAllString(p.messages(), -1))
}

// greets answers the OPTIONS by which a line asks a new trunk how it is, in place of SIPp,
// which would take it for its call.
func (p *peer) greets(t *testing.T, begin func()) {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(p.at))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	begin()
	buf := make([]byte, 4096)
	n, from, err := conn.ReadFromUDPAddrPort(buf)
	if err == nil {
		_, err = conn.WriteToUDPAddrPort(greeting(buf[:n]), from)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// greeting is the 200 to a request.
func greeting(request []byte) []byte {
	answer := "SIP/2.0 200 OK\r\n"
	for _, h := range strings.SplitAfter(string(request), "\r\n") {
		for _, name := range []string{"Via:", "From:", "To:", "Call-ID:", "CSeq:"} {
			if strings.HasPrefix(h, name) {
				answer += h
			}
		}
	}
	return []byte(answer + "Content-Length: 0\r\n\r\n")
}

// stands is how a trunk of the end stands.
func (e *end) stands(id string) sip.State {
	for _, s := range e.States() {
		if s.TrunkID == id {
			return s
		}
	}
	return sip.State{}
}

// waits waits until a trunk stands as is wanted.
func (e *end) waits(t *testing.T, id string, as func(sip.State) bool) sip.State {
	t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(5 * time.Millisecond) {
		if s := e.stands(id); as(s) {
			return s
		}
	}
	t.Fatalf("the trunk stands at %+v", e.stands(id))
	return sip.State{}
}

// reaches makes the peers the trunks of the end, in their order.
func (e *end) reaches(t *testing.T, settings func(*sip.Trunk), peers ...*peer) {
	t.Helper()
	var all []sip.Trunk
	for i, p := range peers {
		trunk := sip.Trunk{
			ID: fmt.Sprintf("sipp-%d", i+1), Name: "SIPp", Host: p.at.String(), Transport: p.transport,
			Numbers: []string{ourNumber}, T38: sip.T38Auto,
		}
		if settings != nil {
			settings(&trunk)
		}
		all = append(all, trunk)
		p.greets(t, func() { e.SetTrunks(all) })
		e.waits(t, trunk.ID, func(s sip.State) bool { return s.Reach == sip.Reachable })
	}
	e.trunk = all[0]
}

// plain is the pace of telephone calls. No step is late, however busy the machine.
type plain struct{}

// Ticker implements sip.Clock.
func (plain) Ticker() sip.Ticker { return plainTicker{time.NewTicker(sip.Step)} }

type plainTicker struct{ *time.Ticker }

func (p plainTicker) C() <-chan time.Time     { return p.Ticker.C }
func (plainTicker) Due() (int, time.Duration) { return 1, 0 }
func (plainTicker) Done(bool)                 {}

// calling is a call of ours to SIPp.
type calling struct {
	scenario
	settings func(*sip.Trunk)
	change   func(*sip.Config)
	prepare  func(*sip.Line)
	ours     string     // our address; empty: 127.0.0.1
	hangUp   line.Stage // at which the person at our end has had enough; empty: never
}

// calls makes the call, and waits until both have ended it.
func (c calling) calls(t *testing.T) (line.Result, *peer) {
	t.Helper()
	p := newPeer(t, sip.UDP)
	if c.ours == "" {
		c.ours = "127.0.0.1"
	} else {
		p = newPeerAt(t, netip.AddrPortFrom(netip.MustParseAddr(c.ours), 15062), sip.UDP)
	}
	us := listening(t, c.ours, plain{}, endOptions{change: c.change})
	if c.prepare != nil {
		c.prepare(us.Line)
	}
	us.reaches(t, c.settings, p)
	p.plays(t, c.scenario, netip.AddrPort{})
	r := us.dials(t, c.hangUp, us.trunk.ID)
	p.ends(t)
	return r, p
}

// dials calls over trunks, and hangs up at a stage.
func (e *end) dials(t *testing.T, hangUp line.Stage, trunks ...string) line.Result {
	t.Helper()
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	r, err := e.Send(ctx, line.Outgoing{
		From: ourNumber, To: theirNumber, Trunks: trunks, Document: pagetest.TIFF(t, pagetest.Text(t, 100)),
		Call: line.Call{StationID: ourNumber},
	}, func(p line.Progress) {
		if p.Stage == hangUp {
			enough()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Trace.Close)
	return r
}
