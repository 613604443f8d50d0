//go:build spandsp && cgo

package capture_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/capture"
	"github.com/faxgate/faxgate/line/engine"
	"github.com/faxgate/faxgate/page"
)

// stripes is a fax of one page, open for reading.
func stripes(t *testing.T) *os.File {
	t.Helper()
	p, err := page.New(page.Geometry{Width: page.WidthA4, Rows: 1100, Resolution: page.Fine})
	if err != nil {
		t.Fatal(err)
	}
	for y := range p.Rows {
		for x := y % 97; x < p.Width-10; x += 40 + y%13 {
			p.Blacken(y, x, x+1+y%7)
		}
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "sent.tiff"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := page.WriteTIFF(f, page.Document{p.Code()}); err != nil {
		t.Fatal(err)
	}
	return f
}

// faxes starts both ends of a call.
func faxes(t *testing.T, transport line.Transport) (sender, receiver *engine.Session) {
	t.Helper()
	path := filepath.Join(t.TempDir(), engine.Program)
	if out, err := exec.Command("go", "build", "-tags", "spandsp", "-o", path, "github.com/faxgate/faxgate/cmd/faxmodem").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	e := &engine.Engine{Path: path, StepTimeout: time.Minute}
	start := func(role line.Role, document *os.File) *engine.Session {
		s, err := e.Start(line.Call{Role: role, Transport: transport, StationID: "+1 500 555 0100"}, document)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
	received, err := engine.NewDocument(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer received.Close()
	return start(line.Sender, stripes(t)), start(line.Receiver, received)
}

// wire carries what one end says, and has it recorded.
type wire struct {
	w        *capture.Writer
	from, to netip.AddrPort
	older    [][]byte
	audio    uint16
	said     [][]byte // what was sent of the page
}

func (w *wire) carry(sent []engine.Sent, to *engine.Session) {
	for _, s := range sent {
		at := began.Add(line.Elapsed(s.Time))
		if s.Audio != nil {
			to.Audio(s.Audio)
			w.said = append(w.said, s.Audio)
			w.w.Datagram(capture.RTP, at, w.from, w.to, rtp(w.audio, s.Audio))
			w.audio++
			continue
		}
		ifp := slices.Clone(s.Packet.Data)
		to.Packet(s.Packet.Seq, ifp)
		if ifp[0]&0x40 != 0 && ifp[0]>>1&0x0F != 0 && len(ifp) > 20 {
			w.said = append(w.said, ifp[5:])
		}
		w.w.Datagram(capture.UDPTL, at, w.from, w.to, udptl(s.Packet.Seq, ifp, w.older...))
		w.older = append([][]byte{ifp}, w.older[:min(len(w.older), 2)]...)
	}
}

// aFax records a whole fax as it goes over the line, and gives what was sent of its page.
func aFax(t *testing.T, transport line.Transport) (file []byte, said [][]byte) {
	t.Helper()
	a, b := faxes(t, transport)
	media := map[line.Transport]string{line.T38: "m=image %d udptl t38", line.ULaw: "m=audio %d RTP/AVP 0"}[transport]
	file = recorded(t, func(w *capture.Writer) {
		ours, theirs := netip.AddrPortFrom(us.Addr(), 4000), netip.AddrPortFrom(them.Addr(), 6000)
		w.Datagram(capture.SIP, began, us, them, message("INVITE sip:2@b SIP/2.0\nCSeq: 1 INVITE", offer("192.0.2.1", fmt.Sprintf(media, 4000))))
		w.Datagram(capture.SIP, began, them, us, message("SIP/2.0 200 OK\nCSeq: 1 INVITE", offer("198.51.100.2", fmt.Sprintf(media, 6000))))
		out, back := wire{w: w, from: ours, to: theirs}, wire{w: w, from: theirs, to: ours}
		for !a.Over() || !b.Over() {
			fromA, fromB := a.Advance(160), b.Advance(160)
			out.carry(fromA, b)
			back.carry(fromB, a)
		}
		said = out.said
	})
	if r := b.Result(); r.Outcome != line.OK || len(said) < 100 {
		t.Fatalf("Result = %+v, %d packets of the page", r, len(said))
	}
	t.Logf("%d octets, %d packets of the page", len(file), len(said))
	return file, said
}

// Of a whole fax, the copy has what the machines said, and nothing of the page.
func TestFaxWithoutItsPage(t *testing.T) {
	t.Parallel()
	for _, transport := range []line.Transport{line.T38, line.ULaw} {
		t.Run(string(transport), func(t *testing.T) {
			t.Parallel()
			file, page := aFax(t, transport)
			copied := withoutPages(t, file)
			looked := 0
			for _, said := range page {
				word := said[len(said)/2:][:8]
				if plain(word) || !bytes.Contains(file, word) {
					continue
				}
				if looked++; bytes.Contains(copied, word) {
					t.Fatalf("%x of the page is in the copy", word)
				}
			}
			if looked < len(page)/2 {
				t.Errorf("only %d packets of %d were looked for", looked, len(page))
			}
			if transport == line.T38 {
				sameTalk(t, file, copied)
			}
		})
	}
}

// sameTalk compares the frames of T.30 but those of the page, which are blank in the copy.
func sameTalk(t *testing.T, file, copied []byte) {
	t.Helper()
	sees := func(file []byte) []string {
		return tshark(t, file, "t30.FacsimileControl > 0 and t30.FacsimileControl < 96 or t30.FacsimileControl > 97",
			"t38.seq_number", "t30.FacsimileControl", "t30.fif.number", "t30.t4.frame_count")
	}
	was, is := sees(file), sees(copied)
	t.Logf("tshark sees %q", is)
	if !slices.Equal(was, is) || len(is) < 6 {
		t.Errorf("tshark sees %q, want %q", is, was)
	}
}

// plain reports whether octets say nothing: silence, fill, or a pattern.
func plain(word []byte) bool {
	return binary.BigEndian.Uint32(word) == binary.BigEndian.Uint32(word[4:]) || bytes.Count(word, word[:1]) > 4
}
