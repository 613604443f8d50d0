package pipe_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/faxgate/faxgate/line/pipe"
)

func encode(t testing.TB, frames ...pipe.Frame) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := pipe.NewWriter(&buf)
	for _, f := range frames {
		if err := w.Write(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestFramesComeOutAsTheyWentIn(t *testing.T) {
	t.Parallel()
	sent := []pipe.Frame{
		{pipe.Start, 0, []byte(`{"role":"sender"}`)},
		{pipe.Packet, 160, pipe.IFP{Seq: 65535, Count: 3, Data: []byte{6}}.Append(nil)},
		{pipe.Audio, 160, bytes.Repeat([]byte{0xff}, pipe.MaxStep)},
		{pipe.Signal, 320, pipe.HDLC{Sent: true, Image: 256, Octets: []byte{0xff, 0x13, 0xbe}}.Append(nil)},
		{pipe.Advance, 8160, nil},
		{pipe.Hangup, 1<<32 - 1, nil},
	}
	r := pipe.NewReader(bytes.NewReader(encode(t, sent...)))
	for _, want := range sent {
		got, err := r.Read()
		if err != nil {
			t.Fatal(err)
		}
		if got.Kind != want.Kind || got.Time != want.Time || !bytes.Equal(got.Data, want.Data) {
			t.Errorf("Read = %c at %d, %d octets; want %c at %d, %d octets",
				got.Kind, got.Time, len(got.Data), want.Kind, want.Time, len(want.Data))
		}
	}
	if _, err := r.Read(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last frame: %v, want io.EOF", err)
	}
}

func TestReaderRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		bytes []byte
		want  error
	}{
		"half a header":          {[]byte{'T', 0, 0}, io.ErrUnexpectedEOF},
		"half a frame":           {encode(t, pipe.Frame{Kind: pipe.Start, Data: []byte("{}")})[:9], io.ErrUnexpectedEOF},
		"no data at all":         {[]byte{'S', 0, 0, 0, 0, 0, 0, 2}, io.ErrUnexpectedEOF},
		"an unknown kind":        {[]byte{'?', 0, 0, 0, 0, 0, 0, 0}, pipe.ErrFrame},
		"data where none belong": {[]byte{'T', 0, 0, 0, 0, 0, 0, 1, 0}, pipe.ErrFrame},
		"too much data":          {[]byte{'A', 0, 0, 0, 0, 0, 0xff, 0xff}, pipe.ErrFrame},
		"an octet that is zero":  {[]byte{'A', 0, 0, 0, 0, 1, 0, 0}, pipe.ErrFrame},
		"time that runs backwards": {append(encode(t, pipe.Frame{Kind: pipe.Advance, Time: 2}),
			encode(t, pipe.Frame{Kind: pipe.Advance, Time: 1})...), pipe.ErrFrame},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := pipe.NewReader(bytes.NewReader(tt.bytes))
			var err error
			for err == nil {
				_, err = r.Read()
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("Read = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestWriterKeepsToTheLimits(t *testing.T) {
	t.Parallel()
	w := pipe.NewWriter(io.Discard)
	for _, f := range []pipe.Frame{
		{Kind: pipe.Audio, Data: make([]byte, pipe.MaxStep+1)},
		{Kind: pipe.Packet, Data: make([]byte, pipe.MaxIFP+4)},
		{Kind: pipe.Signal, Data: make([]byte, pipe.MaxHDLC+4)},
		{Kind: pipe.Done, Data: []byte{0}},
		{Kind: 0},
	} {
		if err := w.Write(f); !errors.Is(err, pipe.ErrFrame) {
			t.Errorf("Write(%c of %d) = %v, want ErrFrame", f.Kind, len(f.Data), err)
		}
	}
}

func TestParseIFPRefuses(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{
		"nothing":         nil,
		"no packet":       {0, 1, 1},
		"never":           {0, 1, 0, 6},
		"too many times":  {0, 1, 9, 6},
		"a packet of 64k": make([]byte, 1<<16),
	} {
		if _, err := pipe.ParseIFP(data); !errors.Is(err, pipe.ErrFrame) {
			t.Errorf("%s: ParseIFP = %v, want ErrFrame", name, err)
		}
	}
}

func TestParseHDLCRefuses(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{
		"nothing":           nil,
		"no frame":          {1, 0, 0},
		"neither direction": {2, 0, 0, 0xff},
		"a long frame":      make([]byte, 4+pipe.MaxHDLC),
	} {
		if _, err := pipe.ParseHDLC(data); !errors.Is(err, pipe.ErrFrame) {
			t.Errorf("%s: ParseHDLC = %v, want ErrFrame", name, err)
		}
	}
}

// FuzzReader: whatever comes in, frames that are read keep to the limits and are
// written back as they were.
func FuzzReader(f *testing.F) {
	f.Add(encode(f, pipe.Frame{Kind: pipe.Start, Data: []byte("{}")}, pipe.Frame{Kind: pipe.Advance, Time: 160}))
	f.Add(encode(f, pipe.Frame{Kind: pipe.Packet, Time: 3, Data: []byte{0, 1, 1, 6}}))
	f.Add(encode(f, pipe.Frame{Kind: pipe.Signal, Time: 3, Data: []byte{1, 0, 9, 0xff, 0x13, 0x84}}))
	f.Add([]byte{'A', 0, 0, 0, 0, 0, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, in []byte) {
		r := pipe.NewReader(bytes.NewReader(in))
		var out []byte
		for {
			frame, err := r.Read()
			if err != nil {
				break
			}
			out = append(out, encode(t, frame)...)
			if p, err := pipe.ParseIFP(frame.Data); err == nil && !slices.Equal(p.Append(nil), frame.Data) {
				t.Errorf("packet %x became %x", frame.Data, p.Append(nil))
			}
			if h, err := pipe.ParseHDLC(frame.Data); err == nil && !slices.Equal(h.Append(nil), frame.Data) {
				t.Errorf("T.30 frame %x became %x", frame.Data, h.Append(nil))
			}
		}
		if !bytes.HasPrefix(in, out) {
			t.Errorf("%x became %x", in, out)
		}
	})
}
