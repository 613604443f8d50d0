package udptl_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/faxgate/faxgate/line/sip/udptl"
)

// walked is what WalkIFP tells: a word for each data field, its type of data, its type
// and its data.
func walked(ifp []byte) (string, error) {
	var words []string
	err := udptl.WalkIFP(ifp, func(t udptl.DataType, f udptl.FieldType, data []byte) {
		words = append(words, fmt.Sprintf("%d/%d:%x", t, f, data))
	})
	return strings.Join(words, " "), err
}

func TestWalkIFP(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte{0xab}, 300)
	for name, tt := range map[string]struct {
		ifp  []byte
		want string
	}{
		"no signal":                       {[]byte{0}, ""},
		"V.21 preamble":                   {[]byte{6}, ""},
		"an indicator of a later version": {[]byte{0x20, 0x40}, ""},
		"data without fields":             {[]byte{0x40}, ""},
		"no field at all":                 {[]byte{0xc0, 0}, ""},
		"an octet of V.21":                {[]byte{0xc0, 1, 0x80, 0, 0, 0xff}, "0/0:ff"},
		"the end of a frame, and of V.21": {[]byte{0xc0, 1, 0x40}, "0/4:"},
		"data, then the end of a frame":   {[]byte{0xc0, 2, 0x80, 0, 1, 0xff, 0xc8, 0x20}, "0/0:ffc8 0/2:"},
		"two ends share an octet":         {[]byte{0xc0, 2, 0x24}, "0/2: 0/4:"},
		"data in the second half of an octet": {[]byte{0xc0, 3, 0x28, 0, 0, 0xff, 0x10},
			"0/2: 0/0:ff 0/1:"},
		"a page without ECM, V.17 14400": {[]byte{0xd0, 1, 0xe0, 0, 1, 1, 2}, "8/6:0102"},
		"training ends, V.29 9600":       {[]byte{0xc8, 1, 0xf0, 0, 0, 0}, "4/7:00"},
		"a length of two octets":         {append([]byte{0xd0, 1, 0x80, 1, 0x2b}, long...), fmt.Sprintf("8/0:%x", long)},
		"data of V.34":                   {[]byte{0xe0, 0xc0, 1, 0x80, 0, 0, 7}, "12/0:07"},
		"zeros of a recovered packet":    {[]byte{0xc0, 1, 0x80, 0, 0, 0xff, 0, 0, 0}, "0/0:ff"},
		"zeros of a recovered indicator": {[]byte{6, 0, 0}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := walked(tt.ifp); err != nil || got != tt.want {
				t.Errorf("WalkIFP = %s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestWalkIFPRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		ifp  []byte
		want string // what is told before
	}{
		"nothing":                    {nil, ""},
		"an indicator with data":     {[]byte{0x86, 1, 0x10}, ""},
		"half an extended indicator": {[]byte{0x20}, ""},
		"a large extension":          {[]byte{0x70, 0}, ""},
		"a type nobody knows":        {[]byte{0xd2, 1, 0x80, 0, 0, 1}, ""},
		"no count":                   {[]byte{0xc0}, ""},
		"a field too few":            {[]byte{0xc0, 2, 0x80, 0, 0, 0xff}, "0/0:ff"},
		"half a length":              {[]byte{0xc0, 1, 0x80, 0}, ""},
		"data too short":             {[]byte{0xc0, 1, 0x80, 0, 2, 0xff}, ""},
		"more fields than fit":       {[]byte{0xc0, 0x7f, 0x20}, ""},
		"fields in fragments":        {[]byte{0xc0, 0xc1, 0x20}, ""},
		"something behind the end":   {[]byte{0xc0, 1, 0x80, 0, 0, 0xff, 0, 1}, "0/0:ff"},
		"something after silence":    {[]byte{0, 1}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := walked(tt.ifp); !errors.Is(err, udptl.ErrMalformed) || got != tt.want {
				t.Errorf("WalkIFP = %s, %v, want %s and ErrMalformed", got, err, tt.want)
			}
		})
	}
}

// The data are parts of the packet: whoever removes the page from it writes there.
func TestPageCanBeRemovedFromAPacket(t *testing.T) {
	t.Parallel()
	ifp := []byte{0xd0, 2, 0x80, 0, 1, 7, 8, 0x20}
	err := udptl.WalkIFP(ifp, func(kind udptl.DataType, _ udptl.FieldType, data []byte) {
		if kind != udptl.V21 {
			clear(data)
		}
	})
	if want := []byte{0xd0, 2, 0x80, 0, 1, 0, 0, 0x20}; err != nil || !bytes.Equal(ifp, want) {
		t.Errorf("%x is left, %v, want %x", ifp, err, want)
	}
}

// FuzzWalkIFP: whatever comes in, fields lie in the packet one after the other, and there
// are no more than two in an octet.
func FuzzWalkIFP(f *testing.F) {
	for _, seed := range [][]byte{{6}, {0xc0, 3, 0x28, 0, 0, 0xff, 0x10}, {0xe0, 0xc0, 1, 0x80, 0, 0, 7}, {0xc0, 0x80, 2, 0x24}} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, ifp []byte) {
		fields, octets := 0, 0
		err := udptl.WalkIFP(ifp, func(kind udptl.DataType, field udptl.FieldType, data []byte) {
			fields++
			octets += len(data)
			if field > udptl.T4NonECMSigEnd || data != nil && len(data) == 0 || cap(data) != len(data) {
				t.Errorf("%x has a field %d/%d:%x", ifp, kind, field, data)
			}
		})
		if err != nil && !errors.Is(err, udptl.ErrMalformed) || fields > 2*len(ifp) || octets > len(ifp) {
			t.Errorf("%x has %d fields of %d octets, %v", ifp, fields, octets, err)
		}
	})
}
