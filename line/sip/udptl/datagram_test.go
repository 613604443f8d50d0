package udptl_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/faxgate/faxgate/line/sip/udptl"
)

func TestDatagramIsTakenApart(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte{7}, 300)
	for name, tt := range map[string]struct {
		datagram []byte
		want     udptl.Datagram
	}{
		"a packet alone":          {[]byte{0xff, 0xfe, 1, 6, 0, 0}, udptl.Datagram{Seq: 65534, Primary: []byte{6}}},
		"an empty packet":         {[]byte{0, 1, 1, 0, 0, 0}, udptl.Datagram{Seq: 1, Primary: []byte{0}}},
		"an empty one, otherwise": {[]byte{0, 1, 0, 0, 0}, udptl.Datagram{Seq: 1, Primary: []byte{}}},
		"older packets": {[]byte{0, 9, 1, 6, 0, 3, 2, 1, 2, 0, 1, 5},
			udptl.Datagram{Seq: 9, Primary: []byte{6}, Older: [][]byte{{1, 2}, {}, {5}}}},
		"a length of two octets": {slices.Concat([]byte{0, 9, 0x81, 0x2c}, long, []byte{0, 0}),
			udptl.Datagram{Seq: 9, Primary: long}},
		"parities": {[]byte{0, 9, 1, 6, 0x80, 1, 3, 2, 2, 1, 2, 1, 5},
			udptl.Datagram{Seq: 9, Primary: []byte{6}, FEC: true, Span: 3, Parity: [][]byte{{1, 2}, {5}}}},
		"parities, not yet": {[]byte{0, 0, 1, 6, 0x80, 1, 0, 0}, udptl.Datagram{Primary: []byte{6}, FEC: true}},
		"padding":           {[]byte{0, 9, 1, 6, 0, 0, 3, 0}, udptl.Datagram{Seq: 9, Primary: []byte{6}, Trailing: []byte{3, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := udptl.Parse(tt.datagram)
			if err != nil {
				t.Fatal(err)
			}
			if !sameDatagram(got, tt.want) {
				t.Errorf("Parse = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func sameDatagram(a, b udptl.Datagram) bool {
	return a.Seq == b.Seq && a.FEC == b.FEC && a.Span == b.Span && bytes.Equal(a.Primary, b.Primary) &&
		slices.EqualFunc(a.Older, b.Older, bytes.Equal) && slices.EqualFunc(a.Parity, b.Parity, bytes.Equal) &&
		bytes.Equal(a.Trailing, b.Trailing)
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, datagram := range map[string][]byte{
		"nothing":                      nil,
		"half a number":                {0},
		"a number alone":               {0, 1},
		"half a packet":                {0, 1, 2, 6},
		"no word of error recovery":    {0, 1, 1, 6},
		"no count":                     {0, 1, 1, 6, 0},
		"an older packet too few":      {0, 1, 1, 6, 0, 2, 1, 6},
		"half an older packet":         {0, 1, 1, 6, 0, 1, 2, 6},
		"half a length":                {0, 1, 0x81},
		"a length in fragments":        append([]byte{0, 1, 0xc1}, make([]byte, 1<<14)...),
		"a packet of 1025 octets":      slices.Concat([]byte{0, 1, 0x84, 1}, make([]byte, 1025), []byte{0, 0}),
		"33 older packets":             append([]byte{0, 1, 1, 6, 0, 33}, make([]byte, 33)...),
		"no span":                      {0, 1, 1, 6, 0x80},
		"a span of two octets":         {0, 1, 1, 6, 0x80, 2, 0, 3, 0},
		"a negative span":              {0, 1, 1, 6, 0x80, 1, 0xff, 0},
		"a parity too few":             {0, 1, 1, 6, 0x80, 1, 3, 2, 1, 6},
		"an older packet of fragments": {0, 1, 1, 6, 0, 1, 0xff},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := udptl.Parse(datagram); !errors.Is(err, udptl.ErrMalformed) || got.Primary != nil {
				t.Errorf("Parse = %+v, %v, want ErrMalformed", got, err)
			}
		})
	}
}

// Whoever removes the page from a recorded datagram writes zeros where Parse says.
func TestWhatIsParsedIsPartOfTheDatagram(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ datagram, want []byte }{
		{[]byte{0, 9, 1, 6, 0, 2, 2, 1, 2, 1, 5}, []byte{0, 9, 1, 0, 0, 2, 2, 0, 0, 1, 0}},
		{[]byte{0, 9, 1, 6, 0x80, 1, 3, 1, 2, 1, 2, 7}, []byte{0, 9, 1, 0, 0x80, 1, 3, 1, 2, 0, 0, 0}},
	} {
		d, err := udptl.Parse(tt.datagram)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range slices.Concat([][]byte{d.Primary, d.Trailing}, d.Older, d.Parity) {
			clear(part)
			if cap(part) != len(part) {
				t.Errorf("%x can grow into what follows", part)
			}
		}
		if !bytes.Equal(tt.datagram, tt.want) {
			t.Errorf("%x is left, want %x", tt.datagram, tt.want)
		}
	}
}

// FuzzParse: what is taken apart can be put together again, and keeps to the limits.
func FuzzParse(f *testing.F) {
	f.Add([]byte{0, 9, 1, 6, 0, 3, 2, 1, 2, 0, 1, 5})
	f.Add([]byte{0, 9, 1, 6, 0x80, 1, 3, 2, 2, 1, 2, 1, 5, 0})
	f.Add(append([]byte{0, 9, 0x80, 0x80}, make([]byte, 130)...))
	f.Fuzz(func(t *testing.T, in []byte) {
		d, err := udptl.Parse(in)
		if err != nil {
			return
		}
		lists := slices.Concat(d.Older, d.Parity)
		if len(lists) > udptl.MaxOlder || d.Span < 0 || d.Span > 127 {
			t.Errorf("%x has %d older packets, span %d", in, len(lists), d.Span)
		}
		size := len(d.Trailing)
		for _, part := range append(lists, d.Primary) {
			if len(part) > udptl.MaxIFP {
				t.Errorf("%x has a packet of %d octets", in, len(part))
			}
			size += len(part)
		}
		if size > len(in) {
			t.Errorf("%d octets came of %d", size, len(in))
		}
		again, err := udptl.Parse(join(d))
		if err != nil || !sameDatagram(again, d) {
			t.Errorf("%x became %x, %v", in, join(d), err)
		}
	})
}

// join puts a datagram together, with lengths of two octets where one would do.
func join(d udptl.Datagram) []byte {
	out := packed([]byte{byte(d.Seq >> 8), byte(d.Seq)}, d.Primary)
	list := d.Older
	if d.FEC {
		out, list = append(out, 0x80, 1, byte(d.Span)), d.Parity
	} else {
		out = append(out, 0)
	}
	out = append(out, byte(len(list)))
	for _, ifp := range list {
		out = packed(out, ifp)
	}
	return append(out, d.Trailing...)
}

func packed(buf, ifp []byte) []byte {
	return append(append(buf, 0x80|byte(len(ifp)>>8), byte(len(ifp))), ifp...)
}
