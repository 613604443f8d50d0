// Package pipe is what faxgate and cmd/faxmodem say to each other on faxmodem's
// standard input and output: frames of one fax call, with the time on the line's
// clock (8000 ticks a second, from 0 at the start of the call).
//
// A frame is 8 octets of header, then its data:
//
//	octet 0      kind, a letter
//	octets 1-4   time, big-endian
//	octet 5      zero
//	octets 6-7   length of the data, big-endian, at most MaxData
//
// faxgate has the clock; faxmodem does nothing by itself:
//
//	faxgate                          faxmodem
//	Start   the call, JSON      ──▶
//	Packet  an IFP that arrived ──▶  every frame first takes the engine to its time
//	Audio   G.711 that arrived  ──▶
//	Advance                     ──▶
//	                            ◀──  Packet, Audio: to be sent, with their times
//	                            ◀──  Signal: a frame of T.30 was sent or received
//	                            ◀──  Trained: the machines agreed how to send a page
//	                            ◀──  Page: the receiver confirmed one
//	                            ◀──  Done: the answer to Advance …
//	                            ◀──  … or Result, when the call is over: the last frame
//	Hangup                      ──▶
//	                            ◀──  (as after Advance) Result
//
// faxmodem writes only after Advance or Hangup, and the time between two of these is
// at most MaxStep, so that neither side can block the other. End of input is a Hangup
// that nobody waits for. Times never run backwards; faxmodem's may lag behind the
// Advance by less than the 160 ticks of one step of audio. Whoever breaks a rule is hung up
// on: neither side trusts the other's lengths.
package pipe

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/faxgate/faxgate/line"
)

// Kind is what a frame is about.
type Kind byte

// The kinds of frames.
const (
	Start   Kind = 'S' // JSON of line.Call, at time 0
	Packet  Kind = 'P' // an IFP packet (T.38 8), see IFP
	Audio   Kind = 'A' // G.711 octets; the time is that of the first
	Advance Kind = 'T' // no data
	Hangup  Kind = 'H' // no data
	Signal  Kind = 'F' // a frame of T.30 (5.3), see HDLC
	Trained Kind = 'C' // JSON of line.Progress, at the stage line.Trained
	Page    Kind = 'G' // JSON of line.Page
	Done    Kind = 'D' // no data
	Result  Kind = 'R' // JSON of line.Result, without its pages
)

// The limits of the protocol.
const (
	// MaxData is the longest data of a frame, in octets.
	MaxData = MaxStep
	// MaxStep is the longest time that one Advance may span, in ticks: a second.
	MaxStep = line.SampleRate
	// MaxIFP is the longest IFP packet, in octets. The largest seen has 59.
	MaxIFP = 1024
	// MaxPackets is how many packets may come in between two Advances.
	MaxPackets = 200
	// MaxHDLC is the longest frame of T.30 that is told of whole, in octets.
	MaxHDLC = 64
	// MaxSignals is how many frames of T.30 faxmodem tells of between two Advances, and
	// no more: V.21 takes 0.1 s for the shortest.
	MaxSignals = 64
)

const header = 8

// ErrFrame is wrapped by whatever is wrong with a frame.
var ErrFrame = errors.New("malformed frame")

// Frame is one frame.
type Frame struct {
	Kind Kind
	Time uint32 // ticks since the call began
	Data []byte // a frame that was read: valid until the next is
}

// limit is the length that the data of a kind may have.
func (k Kind) limit() (longest int, known bool) {
	switch k {
	case Start, Result, Trained, Page:
		return MaxData, true
	case Packet:
		return ifpHeader + MaxIFP, true
	case Signal:
		return hdlcHeader + MaxHDLC, true
	case Audio:
		return MaxStep, true
	case Advance, Hangup, Done:
		return 0, true
	}
	return 0, false
}

// check says what is wrong with a frame of that kind and length.
func (k Kind) check(length int) error {
	longest, known := k.limit()
	switch {
	case !known:
		return fmt.Errorf("%w: kind %#x", ErrFrame, byte(k))
	case length > longest:
		return fmt.Errorf("%w: %c of %d octets", ErrFrame, byte(k), length)
	}
	return nil
}

// Reader reads frames. It holds no more than one of them.
type Reader struct {
	r    *bufio.Reader
	last uint32
	data [MaxData]byte
}

// NewReader reads frames from r.
func NewReader(r io.Reader) *Reader { return &Reader{r: bufio.NewReaderSize(r, 16<<10)} }

// Read reads the next frame. The error is io.EOF between two frames,
// io.ErrUnexpectedEOF within one, and ErrFrame for one that breaks a rule.
func (r *Reader) Read() (Frame, error) {
	var head [header]byte
	if _, err := io.ReadFull(r.r, head[:]); err != nil {
		return Frame{}, err
	}
	length := int(binary.BigEndian.Uint16(head[6:]))
	if head[5] != 0 {
		return Frame{}, fmt.Errorf("%w: octet 5 is %#x", ErrFrame, head[5])
	}
	f := Frame{Kind: Kind(head[0]), Time: binary.BigEndian.Uint32(head[1:])}
	if err := f.Kind.check(length); err != nil {
		return Frame{}, err
	}
	if f.Time < r.last {
		return Frame{}, fmt.Errorf("%w: time %d after %d", ErrFrame, f.Time, r.last)
	}
	r.last = f.Time
	f.Data = r.data[:length]
	if _, err := io.ReadFull(r.r, f.Data); err != nil {
		return Frame{}, noEOF(err)
	}
	return f, nil
}

// noEOF is err, for a place where the input must not end.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Writer writes frames; they leave with Flush.
type Writer struct{ w *bufio.Writer }

// NewWriter writes frames to w.
func NewWriter(w io.Writer) *Writer { return &Writer{bufio.NewWriterSize(w, 64<<10)} }

// Write adds a frame. One that breaks a rule is not written; the error is ErrFrame.
func (w *Writer) Write(f Frame) error {
	if err := f.Kind.check(len(f.Data)); err != nil {
		return err
	}
	var head [header]byte
	head[0] = byte(f.Kind)
	binary.BigEndian.PutUint32(head[1:], f.Time)
	binary.BigEndian.PutUint16(head[6:], uint16(len(f.Data)))
	if _, err := w.w.Write(head[:]); err != nil {
		return err
	}
	_, err := w.w.Write(f.Data)
	return err
}

// Flush sends what was written.
func (w *Writer) Flush() error { return w.w.Flush() }
