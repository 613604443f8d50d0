package udptl_test

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/faxgate/faxgate/line/sip/udptl"
)

// sequence sends packets from the number first on and gives the last datagram.
func sequence(s *udptl.Sender, first uint16, packets ...[]byte) (last []byte) {
	for i, ifp := range packets {
		last = s.Datagram(nil, first+uint16(i), ifp)
	}
	return last
}

func TestSenderWrites(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte{7}, 128)
	six := [][]byte{{1}, {2}, {3}, {4}, {5}, {6}}
	for name, tt := range map[string]struct {
		sender  udptl.Sender
		first   uint16
		packets [][]byte
		want    []byte
	}{
		"a packet":        {udptl.Sender{}, 0, six[:1], []byte{0, 0, 1, 1, 0, 0}},
		"no older ones":   {udptl.Sender{}, 0, six, []byte{0, 5, 1, 6, 0, 0}},
		"an empty packet": {udptl.Sender{}, 0, [][]byte{nil}, []byte{0, 0, 1, 0, 0, 0}},
		"an empty packet again": {udptl.Sender{Redundancy: 1}, 0, [][]byte{nil, {6}},
			[]byte{0, 1, 1, 6, 0, 1, 1, 0}},
		"what there is at the start": {udptl.Sender{Redundancy: 3}, 0, six[:2], []byte{0, 1, 1, 2, 0, 1, 1, 1}},
		"older packets, newest first": {udptl.Sender{Redundancy: 3}, 0, six,
			[]byte{0, 5, 1, 6, 0, 3, 1, 5, 1, 4, 1, 3}},
		"numbers that wrap": {udptl.Sender{Redundancy: 2}, 65534, six[:3], []byte{0, 0, 1, 3, 0, 2, 1, 2, 1, 1}},
		"a length of two octets": {udptl.Sender{Redundancy: 1}, 0, [][]byte{long, long},
			slices.Concat([]byte{0, 1, 0x80, 128}, long, []byte{0, 1, 0x80, 128}, long)},
		"as many as fit": {udptl.Sender{Redundancy: 3, MaxDatagram: 11}, 0, six,
			[]byte{0, 5, 1, 6, 0, 2, 1, 5, 1, 4}},
		"the packet, though it does not fit": {udptl.Sender{Redundancy: 3, MaxDatagram: 4}, 0, six,
			[]byte{0, 5, 1, 6, 0, 0}},
		"nothing older of a negative number": {udptl.Sender{Redundancy: -1}, 0, six, []byte{0, 5, 1, 6, 0, 0}},
		"FEC at the start":                   {udptl.Sender{FEC: true}, 0, six[:3], []byte{0, 2, 1, 3, 0x80, 1, 0, 0}},
		"FEC of three": {udptl.Sender{FEC: true}, 0, [][]byte{{1}, {2, 0x10}, {4}, {8}},
			[]byte{0, 3, 1, 8, 0x80, 1, 3, 1, 2, 7, 0x10}},
		"FEC of six": {udptl.Sender{FEC: true}, 0, [][]byte{{1}, {2}, {4}, {8}, {0x10}, {0x20}, {0}},
			[]byte{0, 6, 1, 0, 0x80, 1, 3, 2, 1, 0x15, 1, 0x2a}},
		"FEC of nine": {udptl.Sender{FEC: true, Redundancy: 3}, 65530,
			[][]byte{{9}, {1}, {2}, {4}, {8}, {0x10}, {0x20}, {0x40}, {0x80}, {0xff}, {0}},
			[]byte{0, 4, 1, 0, 0x80, 1, 3, 3, 1, 0x49, 1, 0x92, 1, 0xdb}},
		"as much FEC as fits": {udptl.Sender{FEC: true, MaxDatagram: 13}, 0,
			[][]byte{{1}, {2}, {4}, {8}, {0x10}, {0x20}, {0x40}, {0x80}, {0xff}, {0}},
			[]byte{0, 9, 1, 0, 0x80, 1, 3, 2, 1, 0xa8, 1, 0xaf}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := sequence(&tt.sender, tt.first, tt.packets...); !bytes.Equal(got, tt.want) {
				t.Errorf("Datagram = %x, want %x", got, tt.want)
			}
		})
	}
}

func TestSenderForgetsWhatDoesNotPrecede(t *testing.T) {
	t.Parallel()
	s := udptl.Sender{Redundancy: 3}
	sequence(&s, 0, []byte{1}, []byte{2})
	if got, want := s.Datagram(nil, 7, []byte{3}), []byte{0, 7, 1, 3, 0, 0}; !bytes.Equal(got, want) {
		t.Errorf("Datagram = %x, want %x", got, want)
	}
}

func TestSenderAppends(t *testing.T) {
	t.Parallel()
	s := udptl.Sender{Redundancy: 1, MaxDatagram: 8}
	sequence(&s, 0, []byte{1})
	if got, want := s.Datagram([]byte("before"), 1, []byte{2}), "before\x00\x01\x01\x02\x00\x01\x01\x01"; string(got) != want {
		t.Errorf("Datagram = %q, want %q", got, want)
	}
}

func TestSenderDoesNotSendWhatIsTooLong(t *testing.T) {
	t.Parallel()
	s := udptl.Sender{Redundancy: 3}
	if got := s.Datagram(nil, 0, make([]byte, udptl.MaxIFP+1)); got != nil {
		t.Errorf("Datagram = %d octets", len(got))
	}
}

func TestSenderHasALimitOfOlderPackets(t *testing.T) {
	t.Parallel()
	for _, s := range []udptl.Sender{{Redundancy: math.MaxInt}, {FEC: true}} {
		var last []byte
		for seq := range uint16(100) {
			last = s.Datagram(last[:0], seq, bytes.Repeat([]byte{1}, udptl.MaxIFP))
		}
		d, err := udptl.Parse(last)
		if n := len(d.Older) + len(d.Parity); err != nil || n != 3 && n != udptl.MaxOlder {
			t.Errorf("%d older packets, %v", n, err)
		}
	}
}
