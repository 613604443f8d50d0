package dashboard_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/capture"
	faxpage "github.com/faxgate/faxgate/page"
)

// number is a telephone number that the other end writes into its messages.
const number = "+81312345678"

// ring lets a call of so many steps come in, with its packets, and gives the fax's page.
func (s *site) ring(t *testing.T, r line.Result, steps ...line.Event) string {
	t.Helper()
	owner := fax.Actor{OrganizationID: s.org.ID, AccountID: s.owner.ID, Administers: true}
	numbers, err := s.Numbers.List(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	receiver := &fax.Receiver{Store: s.db, Blobs: s.blobs, Now: s.clock.Now, NewID: auth.NewID, Log: slog.New(slog.DiscardHandler)}
	reception, outcome := receiver.Accept(t.Context(), line.Incoming{To: numbers[0].Number, From: number})
	if outcome != line.OK {
		t.Fatal(outcome)
	}
	r.Trace = &line.Trace{Began: s.clock.Now(), Events: steps, Capture: packets(t, s.clock.Now())}
	reception.Done(r, document(t))
	return attribute(s.signedIn(t).get(t, "/faxes").all(".fax-party a")[0], "href")
}

// document is a fax TIFF of two pages.
func document(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "fax.tiff"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := (twoPages{}).Convert(t.Context(), f, nil, faxpage.Options{}); err != nil {
		t.Fatal(err)
	}
	return f
}

// packets is a capture of a SIP message and a packet of sound.
func packets(t *testing.T, at time.Time) *os.File {
	t.Helper()
	f, err := line.NewFile(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := capture.New(f)
	us, them := netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("198.51.100.2:5060")
	w.Datagram(capture.SIP, at, them, us, []byte("BYE sip:1@a SIP/2.0\r\nFrom: <sip:"+number+"@b>;tag=1\r\nCSeq: 2 BYE\r\n\r\n"))
	w.Datagram(capture.RTP, at, them, us, append([]byte{0x80, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, bytes.Repeat([]byte("Ink!"), 40)...))
	got, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// partly is a call that broke off after its first page.
func partly() line.Result {
	return line.Result{
		Outcome: line.Partial, T30: line.T30CallDropped, Transport: line.ULaw, T38: line.SwitchRefused, Rate: 9600, Retrains: 2,
		Pages:   []line.Page{{Width: 1728, Length: 2287, BadRows: 5, LongestBad: 3, Octets: 4000}},
		Traffic: line.Traffic{Sent: 900, Received: 12345, Lost: 3, Recovered: 0, Late: 1, Jitter: 30 * time.Millisecond},
	}
}

// The ladder shows each step as a picture, and as a table for who does not see it.
func TestTheLadderOfACall(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	path := s.ring(t, partly(),
		line.Event{Layer: line.SIP, Name: "INVITE", Detail: "PCMU, <script>PCMA"},
		line.Event{At: 20 * time.Millisecond, Layer: line.SIP, Sent: true, Name: "200 OK"},
		line.Event{At: 100 * time.Millisecond, Layer: line.Media, Name: "pcmu"},
		line.Event{At: 3*time.Second + 456*time.Millisecond, Layer: line.T30, Sent: true, Name: "DIS", Detail: strings.Repeat("V.17 ", 40)},
	)
	p := s.signedIn(t).get(t, path).want(t, http.StatusOK)
	p.contains(t, "The call broke off after page 1.", "At the other end", "Worth it", "Ask the sender for the remaining pages",
		"refused by the other end", "900 sent, 12,345 received; 3 lost, 0 recovered, 1 late; jitter 30 ms", "Agreed anew",
		"Flight recorder: 4 steps", "Recorded until")
	if p.text("svg.ladder title") == "" || attribute(p.all("svg.ladder")[0], "role") != "img" || !p.has("details.recorder[open]") {
		t.Error("the picture has no name, or is not seen")
	}
	for selector, want := range map[string]int{"svg .sip": 2, "svg .t30": 1, "svg .media rect": 1, ".steps-table tbody tr": 4, ".figures tbody td": 5} {
		if got := len(p.all(selector)); got != want {
			t.Errorf("%s: %d, want %d", selector, got, want)
		}
	}
	if got, want := p.text(".steps-table tbody tr:last-child"), "3.46 sent T.30 DIS V.17"; !strings.HasPrefix(strings.Join(strings.Fields(got), " "), want) {
		t.Errorf("the last step is %q, want %q", got, want)
	}
	if got := p.text("svg .t30 .name"); !strings.HasSuffix(got, "…") {
		t.Errorf("the picture has the whole detail: %q", got)
	}
	if got := p.text("svg .media .name"); got != "G.711 µ-law" {
		t.Errorf("the media are called %q", got)
	}
}

// Of a call of a hundred pages the picture has the beginning and the end.
func TestALongLadderIsDrawnInPart(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	steps := slices.Repeat([]line.Event{{Layer: line.T30, Name: "MCF"}}, 500)
	p := s.signedIn(t).get(t, s.ring(t, partly(), steps...))
	if drawn, rows := len(p.all("svg .at")), len(p.all(".steps-table tbody tr")); drawn != 60 || rows != 500 {
		t.Errorf("%d steps are drawn, %d are in the table", drawn, rows)
	}
	p.contains(t, "440 steps are in the table alone")
}

func TestTheTimeOfATraceIsOver(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	path := s.ring(t, partly(), line.Event{Layer: line.SIP, Name: "INVITE"})
	s.clock.Advance(fax.TraceAge + time.Hour)
	if _, err := s.db.Purge(t.Context(), s.clock.Now(), 500); err != nil {
		t.Fatal(err)
	}
	b := s.signedIn(t)
	b.get(t, path).contains(t, "The call broke off after page 1.", "was deleted after 30 days")
	b.get(t, path+"/attempts/1/capture").want(t, http.StatusNotFound).contains(t, "nothing is recorded any more")
}

// The packets are for administrators, without pages, and every download is recorded.
func TestAdministratorsGetThePackets(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	path := s.ring(t, partly(), line.Event{Layer: line.SIP, Name: "INVITE"})
	b := s.signedIn(t)
	link := b.get(t, path).all("a[href$='/capture']")
	if len(link) != 1 {
		t.Fatalf("%d links to the packets", len(link))
	}
	p := b.get(t, attribute(link[0], "href")).want(t, http.StatusOK)
	if !strings.HasPrefix(p.body, "\x0a\x0d\x0d\x0a") || !strings.Contains(p.body, number) || strings.Contains(p.body, "Ink!") {
		t.Errorf("it is no capture, or has the page: %q", p.body)
	}
	if got := p.header.Get("Content-Disposition"); !strings.HasSuffix(got, "-1.pcapng") {
		t.Errorf("it is called %q", got)
	}
	b.get(t, "/audit").contains(t, "Packets of a call taken", "attempt 1, without pages")
	for _, none := range []string{"0", "2", "x"} {
		b.get(t, path+"/attempts/"+none+"/capture").want(t, http.StatusNotFound)
	}
	b.get(t, "/faxes/unknown/attempts/1/capture").want(t, http.StatusNotFound)
	admin, _ := s.member(t, "admin@clinic.example", auth.Admin)
	admin.get(t, path+"/attempts/1/capture").want(t, http.StatusNotFound) // it is not in that mailbox
	admin.get(t, "/members/"+s.owner.ID+path+"/attempts/1/capture").want(t, http.StatusOK)
	s.browser().get(t, path+"/attempts/1/capture").want(t, http.StatusSeeOther)
}

func TestMembersGetNoPackets(t *testing.T) {
	t.Parallel()
	s := newSite(t, options{})
	b, acc := s.member(t, "member@clinic.example", auth.Member)
	owner := s.caller(t)
	numbers, err := s.Numbers.List(t.Context(), fax.Actor{OrganizationID: s.org.ID, AccountID: owner.Account.ID, Administers: true})
	if err != nil {
		t.Fatal(err)
	}
	by := fax.Actor{OrganizationID: s.org.ID, AccountID: owner.Account.ID, Administers: true}
	if err := s.Numbers.Assign(t.Context(), by, numbers[0].Number, acc.ID); err != nil {
		t.Fatal(err)
	}
	s.ring(t, partly(), line.Event{Layer: line.SIP, Name: "INVITE"})
	path := attribute(b.get(t, "/faxes").all(".fax-party a")[0], "href")
	p := b.get(t, path).want(t, http.StatusOK)
	if !p.has("svg.ladder") || p.has("a[href$='/capture']") {
		t.Error("a member sees no ladder, or the way to the packets")
	}
	b.get(t, path+"/attempts/1/capture").want(t, http.StatusForbidden)
}
