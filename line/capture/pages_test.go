package capture_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/line/capture"
)

func withoutPages(t testing.TB, file []byte) []byte {
	t.Helper()
	var copied bytes.Buffer
	if err := capture.WithoutPages(&copied, bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	return copied.Bytes()
}

// What remains is the call as Wireshark shows it, without one octet of the page.
func TestWithoutPages(t *testing.T) {
	t.Parallel()
	file := recorded(t, aCall)
	copied := withoutPages(t, file)
	for _, page := range []string{"Ink", "nk!", "k!I", "!In"} {
		if !bytes.Contains(file, []byte(page)) || bytes.Contains(copied, []byte(page)) {
			t.Errorf("%q is in the capture, and in the copy", page)
		}
	}
	fields := []string{
		"frame.number", "frame.interface_name", "frame.time_epoch", "ip.src", "ip.dst", "udp.srcport", "udp.length", "sip.Call-ID", "rtp.seq", "rtp.p_type",
		"rtp.timestamp", "t38.seq_number", "t38.t30_indicator", "t38.t30_data", "t38.field_type", "t38.error_recovery",
	}
	if was, is := tshark(t, file, "frame", fields...), tshark(t, copied, "frame", fields...); !slices.Equal(was, is) || len(is) != 12 {
		t.Errorf("tshark sees %q\nwant %q", is, was)
	}
	if bad := tshark(t, copied, "ip.checksum.status != 1 or udp.checksum.status != 1 or _ws.malformed", "frame.number"); len(bad) > 0 {
		t.Errorf("tshark complains of %q", bad)
	}
	if got := tshark(t, copied, "rtp", "rtp.payload"); !slices.Equal(got, slices.Repeat([]string{strings.Repeat("ff", 160)}, 3)) {
		t.Errorf("the sound is %q", got)
	}
	said := bytes.Count(file, dis)
	if got := bytes.Count(copied, dis); got != said || said != 3 {
		t.Errorf("what the machines said is there %d times, want %d", got, said)
	}
	if again := withoutPages(t, copied); !bytes.Equal(again, copied) {
		t.Error("a copy of the copy is another one")
	}
}

// copyOf is what becomes of one packet.
func copyOf(t *testing.T, kind capture.Kind, payload []byte) []byte {
	t.Helper()
	copied := withoutPages(t, recorded(t, func(w *capture.Writer) { w.Datagram(kind, began, us, them, payload) }))
	const packet = 8 + 20 + 20 + 8 // block, its header, IP, UDP
	return copied[head+packet:][:len(payload)]
}

// head is what stands before the first packet: the section, and interfaces with names of 3,
// 3 and 5 letters.
const head = 28 + 32 + 32 + 36

func TestWhatBecomesOfRTP(t *testing.T) {
	t.Parallel()
	header := rtp(7, nil)
	with := func(first, kind byte, rest ...byte) []byte {
		b := bytes.Clone(header)
		b[0], b[1] = first, kind
		return append(b, rest...)
	}
	for name, tt := range map[string]struct{ in, want []byte }{
		"µ-law":                         {with(0x80, 0, 1, 2, 3), with(0x80, 0, 0xff, 0xff, 0xff)},
		"A-law, marked":                 {with(0x80, 0x88, 1, 2, 3), with(0x80, 0x88, 0xd5, 0xd5, 0xd5)},
		"a digit":                       {with(0x80, 101, 5, 0x8a, 3, 0x20), with(0x80, 101, 5, 0x8a, 3, 0x20)},
		"something else":                {with(0x80, 96, 1, 2, 3), with(0x80, 96, 0, 0, 0)},
		"sources":                       {with(0x81, 0, 9, 9, 9, 9, 1), with(0x81, 0, 9, 9, 9, 9, 0xff)},
		"an extension":                  {with(0x90, 0, 9, 9, 0, 1, 1, 2, 3, 4, 5), with(0x90, 0, 9, 9, 0, 1, 0, 0, 0, 0, 0xff)},
		"padding":                       {with(0xa0, 0, 1, 0, 2), with(0xa0, 0, 0xff, 0xff, 2)},
		"an extension that is too long": {with(0x90, 0, 9, 9, 0, 9, 1), make([]byte, 17)},
		"no room for sources":           {with(0x8f, 0, 1), make([]byte, 13)},
		"another version":               {with(0x40, 0, 1), make([]byte, 13)},
		"half a header":                 {[]byte{0x80, 0, 1}, make([]byte, 3)},
		"nothing":                       {nil, nil},
	} {
		if got := copyOf(t, capture.RTP, tt.in); !bytes.Equal(got, tt.want) {
			t.Errorf("%s: %x became %x, want %x", name, tt.in, got, tt.want)
		}
	}
}

func TestWhatBecomesOfUDPTL(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte{7}, 200)
	for name, tt := range map[string]struct{ in, want string }{
		"an indicator":                {"0000 01 06 00 00", "0000 01 06 00 00"},
		"V.21":                        {"0001 06 c001 80 0000 55 00 00", ""},
		"the image":                   {"0001 07 d001 80 0001 aabb 00 00", "0001 07 d001 80 0001 0000 00 00"},
		"two fields, one without":     {"0001 08 d002 80 0001 aabb 20 00 00", "0001 08 d002 80 0001 0000 20 00 00"},
		"no HDLC":                     {"0001 07 d001 e0 0001 aabb 00 00", "0001 07 d001 e0 0001 0000 00 00"},
		"redundancy":                  {"0001 01 06 00 02 07 d001 80 0001 aabb 01 06", "0001 01 06 00 02 07 d001 80 0001 0000 01 06"},
		"parity":                      {"0001 01 06 80 01 03 02 02 aabb 01 cc", "0001 01 06 80 01 03 02 02 0000 01 00"},
		"octets behind the end":       {"0001 01 06 00 00 aabb", "0001 01 06 00 00 0000"},
		"behind an indicator":         {"0001 03 06aabb 00 00", "0001 03 000000 00 00"},
		"behind the fields":           {"0001 09 d001 80 0001 aabb ccdd 00 00", "0001 09 0000 00 0000 0000 0000 00 00"},
		"a field that is too long":    {"0001 07 d001 80 00ff aabb 00 00", "0001 07 0000 00 0000 0000 00 00"},
		"no fields":                   {"0001 03 50aabb 00 00", "0001 03 000000 00 00"},
		"a later version's modem":     {"0001 04 e001aabb 00 00", "0001 04 00000000 00 00"},
		"a later version's sign":      {"0001 02 2040 00 00", "0001 02 2040 00 00"},
		"a packet that is too long":   {"0001 7f aabb", "0000 00 0000"},
		"in pieces":                   {"0001 c1 aabb", "0000 00 0000"},
		"half a length":               {"0001 81", "0000 00"},
		"nothing but a number":        {"0001", "0000"},
		"half a number":               {"aa", "00"},
		"more packets than there are": {"0001 01 06 00 7f 01 06", "0000 00 00 00 00 00 00"},
		"a long packet":               {"0001 80cd d001 80 00c7" + hex.EncodeToString(long) + "00 00", "0001 80cd d001 80 00c7" + strings.Repeat("00", 200) + "00 00"},
	} {
		in, want := octets(t, tt.in), octets(t, tt.want)
		if tt.want == "" {
			want = in
		}
		if got := copyOf(t, capture.UDPTL, in); !bytes.Equal(got, want) {
			t.Errorf("%s: %x became %x, want %x", name, in, got, want)
		}
	}
}

func octets(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What no Writer wrote is not copied: nobody knows what is in it.
func TestWithoutPagesRefuses(t *testing.T) {
	t.Parallel()
	file := recorded(t, aCall)
	spoilt := func(at int, value uint32) []byte {
		b := bytes.Clone(file)
		binary.LittleEndian.PutUint32(b[at:], value)
		return b
	}
	for name, file := range map[string][]byte{
		"nothing":                        nil,
		"another file":                   []byte(strings.Repeat("II*\x00", 100)),
		"half a head":                    file[:head-4],
		"half a packet":                  file[:head+50],
		"another byte order":             spoilt(8, 0x4D3C2B1A),
		"an interface of another name":   spoilt(28+8+8+4, 0x00707472),
		"a block of another kind":        spoilt(head, 10),
		"a block of no length":           spoilt(head+4, 0),
		"a block of great length":        spoilt(head+4, 1<<30),
		"a block with two lengths":       spoilt(head+4, 64),
		"a packet of no interface":       spoilt(head+8, 3),
		"a packet longer than its block": spoilt(head+20, 60000),
		"a packet that is not UDP":       bytes.ReplaceAll(file, []byte{64, 17}, []byte{64, 6}),
	} {
		if err := capture.WithoutPages(new(bytes.Buffer), bytes.NewReader(file)); !errors.Is(err, capture.ErrFormat) {
			t.Errorf("%s: WithoutPages = %v, want ErrFormat", name, err)
		}
	}
}

// FuzzWithoutPages: of a packet, whatever it is, the length stays, and the page does not; of
// a file, whatever it is, a copy can be copied.
func FuzzWithoutPages(f *testing.F) {
	f.Add(rtp(1, ink(160)), []byte{})
	f.Add(udptl(1, ifp(8, ink(40)), ifp(0, dis), ifp(8, ink(9))), recorded(f, aCall))
	f.Add(withParity(2, ifp(8, ink(30)), ink(50), ink(40)), []byte{0x0a, 0x0d, 0x0d, 0x0a})
	f.Fuzz(func(t *testing.T, packet, file []byte) {
		packet = packet[:min(len(packet), 65000)]
		was := recorded(t, func(w *capture.Writer) {
			w.Datagram(capture.RTP, began, us, them, packet)
			w.Datagram(capture.UDPTL, began, us, them, packet)
			w.Datagram(capture.RTP, began, us, them, rtp(1, packet))
			w.Datagram(capture.UDPTL, began, us, them, udptl(1, ifp(8, ink(40))))
		})
		is := withoutPages(t, was)
		if len(is) != len(was) || bytes.Contains(is, []byte("Ink!")) && !bytes.Contains(packet, []byte("Ink!")) {
			t.Errorf("%d octets became %d", len(was), len(is))
		}
		var copied, again bytes.Buffer
		if capture.WithoutPages(&copied, bytes.NewReader(file)) != nil {
			return
		}
		if err := capture.WithoutPages(&again, bytes.NewReader(copied.Bytes())); err != nil || !bytes.Equal(copied.Bytes(), again.Bytes()) {
			t.Errorf("a copy cannot be copied: %v", err)
		}
	})
}
