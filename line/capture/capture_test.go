package capture_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/capture"
)

var (
	us    = netip.MustParseAddrPort("192.0.2.1:5060")
	them  = netip.MustParseAddrPort("198.51.100.2:5060")
	began = time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)
)

// recorded is the capture that record made, as octets.
func recorded(t testing.TB, record func(w *capture.Writer)) []byte {
	t.Helper()
	f, err := line.NewFile(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := capture.New(f)
	record(w)
	got, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	b, err := io.ReadAll(got)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// message is a SIP message with SDP; lines begin with "\n" in Go's text.
func message(head, sdp string) []byte {
	text := fmt.Sprintf("%s\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\nFrom: <sip:1@a>;tag=1\nTo: <sip:2@b>;tag=2\nCall-ID: c1\n"+
		"Content-Type: application/sdp\nContent-Length: %d\n\n%s", head, len(sdp)+strings.Count(sdp, "\n"), sdp)
	return []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}

// offer is SDP (RFC 4566) with one medium.
func offer(address, media string) string {
	return "v=0\no=- 1 1 IN IP4 " + address + "\ns=-\nc=IN IP4 " + address + "\nt=0 0\n" + media + "\n"
}

// rtp is a packet of µ-law (RFC 3550 5.1).
func rtp(sequence uint16, payload []byte) []byte {
	b := []byte{0x80, 0}
	b = binary.BigEndian.AppendUint16(b, sequence)
	b = binary.BigEndian.AppendUint32(b, 160*uint32(sequence))
	b = binary.BigEndian.AppendUint32(b, 0xFA)
	return append(b, payload...)
}

// ink is octets of a page, which are found again.
func ink(n int) []byte { return bytes.Repeat([]byte("Ink!"), n)[:n] }

// ifp is a packet of one field (T.38 7.2); kind 0 is V.21, 8 is V.17 at 14400 bit/s.
func ifp(kind byte, octets []byte) []byte {
	b := []byte{0xC0 | kind<<1, 1, 0x80}
	b = binary.BigEndian.AppendUint16(b, uint16(len(octets)-1))
	return append(b, octets...)
}

// udptl is a datagram (T.38 9.1) with older packets behind the primary one.
func udptl(sequence uint16, primary []byte, older ...[]byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, sequence)
	b = append(append(b, byte(len(primary))), primary...)
	b = append(b, 0, byte(len(older)))
	for _, o := range older {
		b = append(append(b, byte(len(o))), o...)
	}
	return b
}

// withParity is a datagram with the parity of packets behind the primary one.
func withParity(sequence uint16, primary []byte, parity ...[]byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, sequence)
	b = append(append(b, byte(len(primary))), primary...)
	b = append(b, 0x80, 1, 3, byte(len(parity)))
	for _, o := range parity {
		b = append(append(b, byte(len(o))), o...)
	}
	return b
}

// dis is what a machine says over V.21, as octets of T.38: the bits of each are turned.
var dis = []byte{0xFF, 0xC8, 0x01, 0x00, 0x72, 0x1F, 0x23, 0x01}

// aCall is one that begins with G.711 and goes on with T.38.
func aCall(w *capture.Writer) {
	at := began
	tick := func() time.Time { at = at.Add(20 * time.Millisecond); return at }
	port := func(a netip.AddrPort, port uint16) netip.AddrPort { return netip.AddrPortFrom(a.Addr(), port) }
	ours, theirs := port(us, 4000), port(them, 6000)
	w.Datagram(capture.SIP, tick(), us, them, message("INVITE sip:2@b SIP/2.0\nCSeq: 1 INVITE\n"+
		`Authorization: Digest username="u", response="5ecre7"`, offer("192.0.2.1", "m=audio 4000 RTP/AVP 0")))
	w.Datagram(capture.SIP, tick(), them, us, message("SIP/2.0 200 OK\nCSeq: 1 INVITE", offer("198.51.100.2", "m=audio 6000 RTP/AVP 0")))
	for i := range uint16(3) {
		w.Datagram(capture.RTP, tick(), ours, theirs, rtp(i, ink(160)))
	}
	w.Datagram(capture.SIP, tick(), them, us, message("INVITE sip:1@a SIP/2.0\nCSeq: 2 INVITE", offer("198.51.100.2", "m=image 6000 udptl t38")))
	w.Datagram(capture.SIP, tick(), us, them, message("SIP/2.0 200 OK\nCSeq: 2 INVITE", offer("192.0.2.1", "m=image 4000 udptl t38")))
	w.Datagram(capture.UDPTL, tick(), theirs, ours, udptl(0, []byte{0x06}))
	w.Datagram(capture.UDPTL, tick(), theirs, ours, udptl(1, ifp(0, dis), []byte{0x06}))
	w.Datagram(capture.UDPTL, tick(), ours, theirs, udptl(0, ifp(8, ink(40)), ifp(0, dis)))
	w.Datagram(capture.UDPTL, tick(), ours, theirs, udptl(1, ifp(8, ink(50)), ifp(8, ink(40)), ifp(0, dis)))
	w.Datagram(capture.UDPTL, tick(), ours, theirs, withParity(2, ifp(8, ink(30)), ink(50), ink(40)))
}

func TestWiresharkReadsTheCall(t *testing.T) {
	t.Parallel()
	file := recorded(t, aCall)
	want := []string{
		"sip INVITE", "sip 200", "rtp 0", "rtp 1", "rtp 2", "sip INVITE", "sip 200",
		"udptl 0", "udptl 1", "udptl 0", "udptl 1", "udptl 2",
	}
	var got []string
	for _, l := range tshark(t, file, "sip or rtp or t38", "frame.interface_name", "sip.Method", "sip.Status-Code", "rtp.seq", "t38.seq_number") {
		got = append(got, strings.Join(strings.Fields(l), " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("tshark sees %q\nwant %q", got, want)
	}
	if bad := tshark(t, file, "ip.checksum.status != 1 or udp.checksum.status != 1 or _ws.malformed or _ws.expert", "frame.number", "_ws.expert.message"); len(bad) > 0 {
		t.Errorf("tshark complains of %q", bad)
	}
	if got := tshark(t, file, "frame.number == 1", "frame.time_epoch", "ip.src", "udp.srcport", "ip.dst"); got[0] != "1767323045.698901000 192.0.2.1 5060 198.51.100.2" {
		t.Errorf("the first packet is %q", got)
	}
	if bytes.Contains(file, []byte("5ecre7")) {
		t.Error("the answer to the challenge is in the capture")
	}
}

func TestStreamsAreTCP(t *testing.T) {
	t.Parallel()
	request, answer := message("INVITE sip:2@b SIP/2.0\nCSeq: 1 INVITE", offer("192.0.2.1", strings.Repeat("a=x\n", 12000))), message("SIP/2.0 200 OK\nCSeq: 1 INVITE", "")
	for name, ends := range map[string][2]string{"TLS, deciphered": {"192.0.2.1:40000", "198.51.100.2:5061"}, "IPv4": {"192.0.2.1:5060", "198.51.100.2:5060"}, "IPv6": {"[2001:db8::1]:5060", "[2001:db8::2]:5060"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := netip.MustParseAddrPort(ends[0]), netip.MustParseAddrPort(ends[1])
			file := recorded(t, func(w *capture.Writer) {
				for range 2 {
					w.Stream(began, a, b, request)
					w.Stream(began, b, a, answer)
				}
			})
			got := strings.Join(tshark(t, file, "sip", "sip.Method", "sip.Status-Code"), ", ")
			if got != "INVITE, 200, INVITE, 200" {
				t.Errorf("tshark sees %s", got)
			}
			if bad := tshark(t, file, "tcp.checksum.status != 1 or tcp.analysis.flags or _ws.malformed", "frame.number", "_ws.expert.message"); len(bad) > 0 {
				t.Errorf("tshark complains of %q", bad)
			}
		})
	}
}

func TestDatagramsOverIPv6(t *testing.T) {
	t.Parallel()
	file := recorded(t, func(w *capture.Writer) {
		for n := range 3 { // an odd number of octets too
			w.Datagram(capture.SIP, began, netip.MustParseAddrPort("[fe80::1%eth0]:5060"), netip.MustParseAddrPort("[fe80::2]:5060"), append(message("SIP/2.0 200 OK\nCSeq: 1 INVITE", ""), ink(n)...))
		}
		w.Datagram(capture.SIP, began, netip.MustParseAddrPort("[::]:5060"), netip.MustParseAddrPort("[::ffff:192.0.2.9]:5060"), message("SIP/2.0 200 OK\nCSeq: 1 INVITE", ""))
	})
	if got := tshark(t, file, "sip and udp.checksum.status == 1", "ipv6.src", "ip.src"); !slices.Equal(got, []string{"fe80::1", "fe80::1", "fe80::1", "0.0.0.0"}) {
		t.Errorf("tshark sees %q", got)
	}
}

// dropped is what stands at the end of a capture: how many packets of each interface did
// not get into it.
func dropped(t *testing.T, file []byte) (n [3]uint64) {
	t.Helper()
	const statistics = 52
	for i := range n {
		block := file[len(file)-(3-i)*statistics:]
		if binary.LittleEndian.Uint32(block) != 5 || binary.LittleEndian.Uint32(block[8:]) != uint32(i) {
			t.Fatalf("%x are no statistics of interface %d", block[:statistics], i)
		}
		n[i] = binary.LittleEndian.Uint64(block[36:])
	}
	return n
}

func TestWhatDoesNotFitIsCounted(t *testing.T) {
	t.Parallel()
	six := netip.MustParseAddrPort("[2001:db8::1]:5060")
	file := recorded(t, func(w *capture.Writer) {
		w.Datagram(capture.RTP, began, us, six, rtp(1, nil))
		w.Datagram(capture.RTP, began, us, netip.AddrPort{}, rtp(1, nil))
		w.Datagram(capture.UDPTL, began, us, them, make([]byte, 65508))
		w.Stream(began, us, six, message("INVITE sip:2@b SIP/2.0", ""))
		w.Datagram(capture.UDPTL, began, us, them, make([]byte, 65507))
	})
	if got := dropped(t, file); got != [3]uint64{1, 2, 1} {
		t.Errorf("%d packets are missing, want 1 of SIP, 2 of RTP and 1 of UDPTL", got)
	}
	if got := tshark(t, file, "frame", "frame.len"); !slices.Equal(got, []string{"65535"}) {
		t.Errorf("tshark sees packets of %q", got)
	}
}

// A disk that stalls makes nobody wait: here it is a pipe that nobody reads.
func TestNobodyWaitsForTheDisk(t *testing.T) {
	t.Parallel()
	r, disk, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w := capture.New(disk)
	const packets = 5000
	for i := range uint16(packets) {
		w.Datagram(capture.RTP, began, us, them, rtp(i, make([]byte, 160)))
	}
	read := make(chan []byte)
	go func() {
		file, _ := io.ReadAll(r)
		read <- file
	}()
	if f, err := w.Close(); f != nil || err == nil { // a pipe has no beginning to go back to
		t.Errorf("Close = %v, %v", f, err)
	}
	file := <-read
	missing := dropped(t, file)[capture.RTP]
	if got := len(tshark(t, file, "rtp or udp", "frame.number")); missing == 0 || got+int(missing) != packets {
		t.Errorf("%d packets are written and %d missing, of %d", got, missing, packets)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := capture.New(full)
	aCall(w)
	if f, err := w.Close(); f != nil || err == nil {
		t.Errorf("Close = %v, %v; want an error", f, err)
	}
	if err := full.Close(); err == nil {
		t.Error("the file is open still")
	}
}

func TestCaptureHasALimit(t *testing.T) {
	t.Parallel()
	file := recorded(t, func(w *capture.Writer) {
		payload := make([]byte, 60000)
		for range 2 * capture.MaxSize / len(payload) {
			w.Datagram(capture.UDPTL, began, us, them, payload)
		}
	})
	if len(file) > capture.MaxSize || dropped(t, file)[capture.UDPTL] == 0 {
		t.Errorf("%d octets, %d packets are missing", len(file), dropped(t, file))
	}
}

func TestManyMayRecord(t *testing.T) {
	t.Parallel()
	file := recorded(t, func(w *capture.Writer) {
		var all sync.WaitGroup
		for _, kind := range []capture.Kind{capture.SIP, capture.RTP, capture.UDPTL} {
			all.Go(func() {
				for i := range uint16(100) {
					w.Datagram(kind, began, us, them, rtp(i, nil))
				}
			})
		}
		all.Wait()
	})
	if got := dropped(t, file); got != [3]uint64{} {
		t.Errorf("%d packets are missing", got)
	}
	if got := len(tshark(t, file, "udp", "frame.number")); got != 300 {
		t.Errorf("tshark sees %d packets, want 300", got)
	}
}

func TestNoWriterWritesNothing(t *testing.T) {
	t.Parallel()
	var w *capture.Writer
	aCall(w)
	w.Stream(began, us, them, []byte("x"))
	if f, err := w.Close(); f != nil || err != nil {
		t.Errorf("Close = %v, %v", f, err)
	}
}

func TestNothingComesAfterTheEnd(t *testing.T) {
	t.Parallel()
	f, err := line.NewFile(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := capture.New(f)
	if f, err = w.Close(); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	aCall(w)
	if again, err := w.Close(); again != nil || err == nil {
		t.Errorf("closed twice: %v, %v", again, err)
	}
	if file, err := io.ReadAll(f); err != nil || dropped(t, file) != [3]uint64{} {
		t.Errorf("%d octets, %v", len(file), err)
	}
}
