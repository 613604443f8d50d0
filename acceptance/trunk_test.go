//go:build spandsp && cgo

package acceptance_test

import (
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The numbers of two offices, each with a server of its own.
const (
	tokyo    = "+81312345678"
	montreal = "+15145550100"
)

// office is a server with a trunk to another one.
type office struct {
	*Mailbox
	sip string // where it is called
}

// sipAddress is an address of the loopback net with a port that nobody listens at.
func sipAddress(t *testing.T, host string) string {
	t.Helper()
	l, err := net.ListenPacket("udp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.LocalAddr().String()
}

// offices are two servers on two addresses, which reach each other over SIP.
func offices(t *testing.T, t38 string) (a, b office) {
	t.Helper()
	a.sip, b.sip = sipAddress(t, "127.0.0.11"), sipAddress(t, "127.0.0.12")
	for _, o := range []struct {
		*office
		number, other string
	}{{&a, tokyo, b.sip}, {&b, montreal, a.sip}} {
		s := Start(t, Options{Env: []string{"FAXGATE_SIP_LISTEN=udp://" + o.sip, "FAXGATE_COUNTRY=JP"}})
		o.Mailbox = s.Mailbox(t)
		s.Admin(t, "trunk", "add", "--name", "the other office", "--host", o.other, "--number", o.number, "--t38", t38)
		o.Number = o.number
	}
	for _, o := range []office{a, b} {
		for end := time.Now().Add(patience); !o.trunkIsUp(t); time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("the trunk is not up:\n%s", o.Log(t))
			}
		}
	}
	return a, b
}

// trunkIsUp asks the server.
func (o office) trunkIsUp(t *testing.T) bool {
	t.Helper()
	return decode[struct{ Trunks struct{ Up int } }](t, o.Call(t, http.MethodGet, "/readyz", "")).Trunks.Up == 1
}

// Two servers fax each other over the network in real time: what arrives is what was sent,
// and the record tells how.
func TestTwoOfficesFaxEachOther(t *testing.T) {
	t.Parallel()
	a, b := offices(t, "auto")
	ids := a.Send(t, []string{montreal, "+15145559999"}, a.Upload(t, "letter.txt", []byte("お世話になっております。\n")))
	a.AwaitEmpty(t)
	b.AwaitFaxes(t, tokyo, 1)
	if got := a.Sent(t, ids[montreal]); got.Status != "success" || got.Pages != 1 {
		t.Fatalf("sent: %+v\n%s", got, a.Get(t, "/v3/accounts/self/faxes/"+ids[montreal]).Body)
	}
	if got := a.Sent(t, ids["+15145559999"]); got.Status != "failed_unallocated_number" {
		t.Errorf("a number that nobody has: %+v", got)
	}
	came := b.Faxes(t, "inbox")[0]
	if came.Status != "success" || came.From != tokyo || came.To != montreal {
		t.Errorf("received: %+v", came)
	}
	samePixels(t, b.File(t, came.ID, "tiff"), a.File(t, ids[montreal], "tiff"))
	record := a.Get(t, "/v3/accounts/self/faxes/"+ids[montreal]).Body
	for _, want := range []string{`"transport":"t38"`, `"INVITE"`, `"DCS"`, `"MCF"`, `"code":"ok"`} {
		if !strings.Contains(record, want) {
			t.Errorf("the record lacks %s: %s", want, record)
		}
	}
	wantCapture(t, a, ids[montreal])
}

// wantCapture asks for the packets of a fax, and a stranger to the project reads them.
func wantCapture(t *testing.T, o office, id string) {
	t.Helper()
	file := o.dir + "/call.pcapng"
	o.Admin(t, "trace", id, "-o", file)
	out, err := exec.Command("tshark", "-r", file, "-T", "fields", "-e", "_ws.col.Protocol").CombinedOutput()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, out)
	}
	for _, protocol := range []string{"SIP/SDP", "RTP", "T.38"} {
		if !strings.Contains(string(out), protocol) {
			t.Errorf("tshark finds no %s", protocol)
		}
	}
}

// A trunk that nobody answers at says so, and the server stays ready.
func TestTrunkThatIsDownIsToldOf(t *testing.T) {
	t.Parallel()
	down := sipAddress(t, "127.0.0.13")
	s := Start(t, Options{Env: []string{"FAXGATE_SIP_LISTEN=udp://" + sipAddress(t, "127.0.0.14")}})
	m := s.Mailbox(t)
	m.Admin(t, "trunk", "add", "--name", "gone", "--host", down, "--number", tokyo)
	m.Number = tokyo
	r := m.submit(t, map[string]any{"from": tokyo, "to": []string{montreal}, "files": []string{m.Upload(t, "letter.txt", letter())}, "return_ids": true})
	wantStatus(t, r, http.StatusCreated)
	id := decode[struct{ IDs map[string]string }](t, r).IDs[montreal]
	m.AwaitEmpty(t)
	if got := m.Sent(t, id); got.Status != "failed_normal_temporary_failure" {
		t.Errorf("sent: %+v", got)
	}
	if body := m.Get(t, "/v3/accounts/self/faxes/"+id).Body; !strings.Contains(body, `"code":"trunk_unreachable"`) {
		t.Errorf("the record does not say that the trunk was not reached: %s", body)
	}
	wantStatus(t, m.Call(t, http.MethodGet, "/readyz", ""), http.StatusOK)
	m.AdminRefuses(t, "trunk", "test", "gone")
}
