//go:build spandsp && cgo

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/faxgate/faxgate/child"
	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/pipe"
	"github.com/faxgate/faxgate/line/spandsp"
)

var library = spandsp.Version()

// document is the TIFF. libspandsp wants a path; this one leads to the descriptor that
// faxgate opened, wherever the file is, and if it has no name at all.
const document = "/proc/self/fd/3"

// What a call may use. It needs 10 MB of memory, though Go and the C library reserve
// far more address space, the more so on many cores; a leg of two hours takes one or
// two minutes of processor time; a page has at most some megabytes.
var limits = child.Limits{Addresses: 4 << 30, Memory: 1 << 30, ProcessorTime: 900, FileSize: 256 << 20, Files: 32}

var errProtocol = errors.New("faxgate breaks the protocol")

// serve carries one call, from its Start frame to its result.
func serve(in io.Reader, out io.Writer) error {
	runtime.GOMAXPROCS(1)
	if err := child.Confine(limits); err != nil {
		return fmt.Errorf("confine: %w", err)
	}
	r, w := pipe.NewReader(in), pipe.NewWriter(out)
	call, err := readStart(r)
	if err != nil {
		return err
	}
	session, err := spandsp.New(call, document)
	if err != nil {
		return err
	}
	defer session.Close()
	m := &modem{call: call, session: session, w: w, end: line.Ticks(call.MaxTime)}
	if call.MaxTime == 0 {
		m.end = line.Ticks(line.DefaultMaxTime)
	}
	return m.talk(r)
}

func readStart(r *pipe.Reader) (line.Call, error) {
	f, err := r.Read()
	if err != nil {
		return line.Call{}, fmt.Errorf("start: %w", err)
	}
	var call line.Call
	if f.Kind != pipe.Start || f.Time != 0 {
		return call, fmt.Errorf("%w: the first frame is %c", errProtocol, f.Kind)
	}
	if err := json.Unmarshal(f.Data, &call); err != nil {
		return call, fmt.Errorf("start: %w", err)
	}
	return call, call.Check()
}

// modem is a call in progress.
type modem struct {
	call    line.Call
	session *spandsp.Session
	w       *pipe.Writer
	now     uint32 // where the engine is on the line's clock
	end     uint32 // when the call has lasted long enough
	media   uint32 // when the line was last not quiet
	told    uint32 // the time of the last answer
	why     string // we hung up; empty: we did not
	trained int    // agreements that faxgate has been told of
	shown   int    // pages likewise
	packets int    // that came in since the last answer
	signals int    // frames of T.30 told of since then
	heard   []byte // G.711 that arrived and is not yet used
	over    bool   // the result was written
}

// talk does what the frames say until the call is over. When they end before, so does
// the call: faxgate is gone.
func (m *modem) talk(r *pipe.Reader) error {
	for !m.over {
		f, err := r.Read()
		if errors.Is(err, io.EOF) {
			m.session.HangUp()
			return nil
		}
		if err != nil {
			return err
		}
		if err := m.take(f); err != nil {
			return err
		}
	}
	return nil
}

func (m *modem) take(f pipe.Frame) error {
	if f.Time-m.told > pipe.MaxStep {
		return fmt.Errorf("%w: from %d to %d in one step", errProtocol, m.told, f.Time)
	}
	if err := m.run(f.Time); err != nil {
		return err
	}
	switch f.Kind {
	case pipe.Packet:
		return m.packet(f)
	case pipe.Audio:
		return m.audio(f)
	case pipe.Advance:
		return m.answer(f.Time)
	case pipe.Hangup:
		if m.session.Active() {
			m.session.HangUp()
		}
		return m.answer(f.Time)
	}
	return fmt.Errorf("%w: a frame %c", errProtocol, f.Kind)
}

func (m *modem) packet(f pipe.Frame) error {
	p, err := pipe.ParseIFP(f.Data)
	if err != nil {
		return err
	}
	m.packets++
	if m.call.Transport != line.T38 || m.packets > pipe.MaxPackets {
		return fmt.Errorf("%w: packet %d over %s", errProtocol, m.packets, m.call.Transport)
	}
	m.media = f.Time
	if !m.session.Active() {
		return nil
	}
	m.session.Packet(p.Seq, p.Data)
	return m.send()
}

func (m *modem) audio(f pipe.Frame) error {
	if m.call.Transport == line.T38 || len(m.heard)+len(f.Data) > pipe.MaxStep {
		return fmt.Errorf("%w: %d octets of audio over %s", errProtocol, len(f.Data), m.call.Transport)
	}
	m.media = f.Time
	m.heard = append(m.heard, f.Data...)
	return nil
}

// run lets time pass, in steps, up to a time. Audio goes in whole steps; what is left
// of one waits.
func (m *modem) run(to uint32) error {
	for m.now < to && m.session.Active() {
		step := min(to-m.now, spandsp.Step)
		switch {
		case m.call.Transport == line.T38:
			m.session.Tick(int(step))
			m.now += step
			if err := m.send(); err != nil {
				return err
			}
		case step < spandsp.Step:
			return nil
		default:
			if err := m.sound(); err != nil {
				return err
			}
		}
		m.watch()
	}
	return nil
}

// How long the line may be quiet. T.30's own timers for an end that has gone, T0 and T5,
// run for 60 s; but damaged calls can leave libspandsp in a state without any. On T.38
// a packet either way counts, for the sender of a page hears nothing meanwhile. On G.711
// we always send, and a machine that suppresses silence may send nothing during a block
// of 64 KiB at 2400 bit/s.
const (
	quietT38  = 75 * line.SampleRate
	quietG711 = 5 * 60 * line.SampleRate
)

// watch hangs up on calls that would not end by themselves.
func (m *modem) watch() {
	var quiet uint32 = quietG711
	if m.call.Transport == line.T38 {
		quiet = quietT38
	}
	switch {
	case !m.session.Active():
		return
	case m.now >= m.end:
		m.why = fmt.Sprintf("the call reached its limit of %s", line.Elapsed(m.end))
	case m.now-min(m.media, m.now) > quiet:
		m.why = fmt.Sprintf("the line was quiet for %s", line.Elapsed(quiet))
	default:
		return
	}
	m.session.HangUp()
}

// sound does one step of audio.
func (m *modem) sound() error {
	var out [spandsp.Step]byte
	n := min(len(m.heard), spandsp.Step)
	m.session.Audio(m.heard[:n], &out)
	m.heard = append(m.heard[:0], m.heard[n:]...)
	err := m.w.Write(pipe.Frame{Kind: pipe.Audio, Time: m.now, Data: out[:]})
	m.now += spandsp.Step
	if err != nil {
		return err
	}
	return m.signal()
}

// send writes the packets that the engine has for the other end, and what was said in them.
func (m *modem) send() error {
	for seq, count, ifp, ok := m.session.NextPacket(); ok; seq, count, ifp, ok = m.session.NextPacket() {
		m.media = m.now
		p := pipe.IFP{Seq: seq, Count: min(count, pipe.MaxCount), Data: ifp}
		if err := m.w.Write(pipe.Frame{Kind: pipe.Packet, Time: m.now, Data: p.Append(nil)}); err != nil {
			return err
		}
	}
	return m.signal()
}

// signal tells of the frames of T.30 that the last step sent or received. Those that are
// too many for a step of faxgate's are passed over: they are no fax machine's.
func (m *modem) signal() error {
	for sent, image, octets, ok := m.session.NextFrame(); ok; sent, image, octets, ok = m.session.NextFrame() {
		if m.signals++; m.signals > pipe.MaxSignals {
			continue
		}
		h := pipe.HDLC{Sent: sent, Image: image, Octets: octets}
		if err := m.w.Write(pipe.Frame{Kind: pipe.Signal, Time: m.now, Data: h.Append(nil)}); err != nil {
			return err
		}
	}
	return nil
}

// answer ends a step: what was agreed and the pages confirmed in it, then Done, or the
// call's Result.
func (m *modem) answer(at uint32) error {
	m.told, m.packets, m.signals = at, 0, 0
	if times, agreed := m.session.Trained(); times > m.trained {
		m.trained = times
		if err := m.write(pipe.Trained, agreed); err != nil {
			return err
		}
	}
	for _, page := range m.session.Pages()[m.shown:] {
		if err := m.write(pipe.Page, page); err != nil {
			return err
		}
		m.shown++
	}
	if m.session.Active() {
		if err := m.w.Write(pipe.Frame{Kind: pipe.Done, Time: m.now}); err != nil {
			return err
		}
		return m.w.Flush()
	}
	m.over = true
	if err := m.write(pipe.Result, m.result()); err != nil {
		return err
	}
	return m.w.Flush()
}

// result is the session's, without the pages: they have been told of.
func (m *modem) result() line.Result {
	r := m.session.Result()
	r.Time = line.Elapsed(m.now)
	if m.why != "" {
		r.Detail = m.why
	}
	if m.now >= m.end && r.Outcome == line.Dropped {
		r.Outcome = line.TooLong
	}
	r.Pages = nil
	return r
}

// write writes a frame of JSON, with the time that the engine has reached.
func (m *modem) write(kind pipe.Kind, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return m.w.Write(pipe.Frame{Kind: kind, Time: m.now, Data: data})
}
