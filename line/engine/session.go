package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/faxgate/faxgate/line"
	"github.com/faxgate/faxgate/line/pipe"
	"github.com/faxgate/faxgate/line/t30"
)

// Sent is something that the engine wants sent to the other end.
type Sent struct {
	Time   uint32   // when, on the line's clock; never before that of the one before
	Packet pipe.IFP // T.38
	Audio  []byte   // G.711: 160 octets, 20 ms
}

// Session is one call in one process. One goroutine uses it.
//
//	for !s.Over() {
//		s.Packet(…) or s.Audio(…)      // what arrived
//		sent, err := s.Advance(160)    // 20 ms later
//	}
//	r := s.Result()
//
// A process that crashes, hangs or talks nonsense ends the call; it is no error of
// Advance, for there is nothing that a line can do but hang up.
type Session struct {
	call    line.Call
	p       *process
	r       *pipe.Reader
	w       *pipe.Writer
	timeout time.Duration

	now     uint32
	packets int // given since the last Advance
	octets  int // of audio, likewise
	sent    []Sent
	steps   []line.Progress
	events  []line.Event
	ladder  t30.Ladder
	retries int           // of the pages that were confirmed
	agreed  line.Progress // the last Trained
	pages   []line.Page
	result  line.Result
	over    bool
}

// What a process can make us remember: pages of a call, and stages of one step.
const (
	maxPages = 10000
	maxSteps = 64
)

func newSession(call line.Call, p *process, timeout time.Duration) (*Session, error) {
	s := &Session{call: call, p: p, r: pipe.NewReader(p.out), w: pipe.NewWriter(p.in), timeout: timeout}
	data, err := json.Marshal(call)
	if err == nil {
		err = s.w.Write(pipe.Frame{Kind: pipe.Start, Data: data})
	}
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("start %s: %w", Program, err)
	}
	return s, nil
}

// Now is the time on the line's clock: the sum of what was advanced.
func (s *Session) Now() uint32 { return s.now }

// Over reports whether the call has ended. Then Result has its end.
func (s *Session) Over() bool { return s.over }

// Confirmed are the pages confirmed until now.
func (s *Session) Confirmed() []line.Page { return s.pages }

// Progress is what the last Advance or HangUp brought: the stages Trained and Confirmed.
// The slice is valid until the next one.
func (s *Session) Progress() []line.Progress { return s.steps }

// Events is what the last Advance or HangUp brought of the ladder: the frames of T.30 that
// were sent or received, but not those of the pages themselves. Their times count from the
// session's start, on the line's clock. After the first DCS, either way, it is too late
// to go from G.711 to T.38, for the machines are training (T.30 phase B). The slice is valid
// until the next one.
func (s *Session) Events() []line.Event { return s.events }

// Result is what became of the call. Until it is over, the outcome is empty.
func (s *Session) Result() line.Result { return s.result }

// Packet gives the engine an IFP packet that arrived under UDPTL's number seq. One
// that cannot be right is dropped, as are those that come too thick.
func (s *Session) Packet(seq uint16, ifp []byte) {
	if s.over || len(ifp) == 0 || len(ifp) > pipe.MaxIFP || s.packets == pipe.MaxPackets {
		return
	}
	s.packets++
	s.write(pipe.Packet, pipe.IFP{Seq: seq, Count: 1, Data: ifp}.Append(nil))
}

// Audio gives the engine G.711 that arrived, in the call's law. What exceeds a second
// since the last Advance is dropped.
func (s *Session) Audio(g711 []byte) {
	g711 = g711[:min(len(g711), pipe.MaxStep-s.octets)]
	if s.over || len(g711) == 0 {
		return
	}
	s.octets += len(g711)
	s.write(pipe.Audio, g711)
}

// Advance lets ticks pass, at most pipe.MaxStep, and gives what the engine wants sent
// meanwhile; the slice is valid until the next call. When the
// process crashes or does not answer in time, the call is over.
func (s *Session) Advance(ticks uint32) []Sent {
	s.now += min(ticks, pipe.MaxStep)
	return s.exchange(pipe.Advance)
}

// HangUp ends the call from this side, as after a BYE. What was confirmed stays.
func (s *Session) HangUp() line.Result {
	s.exchange(pipe.Hangup)
	return s.result
}

// Close ends the call, if it is not over, and the process.
func (s *Session) Close() {
	if !s.over {
		s.HangUp()
	}
	_ = s.p.end(s.timeout) // the result has been told
}

// write adds a frame at the present time. When the pipe is broken, exchange sees it.
func (s *Session) write(kind pipe.Kind, data []byte) {
	if err := s.w.Write(pipe.Frame{Kind: kind, Time: s.now, Data: data}); errors.Is(err, pipe.ErrFrame) {
		s.crashed(err)
	}
}

// exchange sends what was written and a frame that is answered, and reads the answer.
func (s *Session) exchange(kind pipe.Kind) []Sent {
	s.sent, s.steps, s.events, s.packets, s.octets = s.sent[:0], s.steps[:0], s.events[:0], 0, 0
	if s.over {
		return nil
	}
	err := s.p.deadline(time.Now().Add(s.timeout))
	if err == nil {
		s.write(kind, nil)
		err = s.w.Flush()
	}
	for done := false; err == nil && !done; {
		done, err = s.read()
	}
	if err != nil {
		s.crashed(err)
	}
	return s.sent
}

// read takes one frame of the answer; done says that it was the last.
func (s *Session) read() (done bool, err error) {
	f, err := s.r.Read()
	if err != nil {
		return false, err
	}
	switch f.Kind {
	case pipe.Packet, pipe.Audio:
		return false, s.send(f)
	case pipe.Signal:
		return false, s.signal(f)
	case pipe.Trained:
		return false, s.train(f)
	case pipe.Page:
		return false, s.confirm(f)
	case pipe.Done:
		return true, nil
	case pipe.Result:
		return true, s.finish(f)
	}
	return false, fmt.Errorf("%w: %c from %s", pipe.ErrFrame, f.Kind, Program)
}

// send keeps what is to be sent. A process that floods is broken.
func (s *Session) send(f pipe.Frame) error {
	if len(s.sent) >= 2*pipe.MaxPackets {
		return fmt.Errorf("%w: %d packets in one step", pipe.ErrFrame, len(s.sent))
	}
	data := append([]byte(nil), f.Data...)
	sent := Sent{Time: f.Time, Audio: data}
	if f.Kind == pipe.Packet {
		ifp, err := pipe.ParseIFP(data)
		if err != nil {
			return err
		}
		sent = Sent{Time: f.Time, Packet: ifp}
	}
	s.sent = append(s.sent, sent)
	return nil
}

// signal takes a frame of T.30.
func (s *Session) signal(f pipe.Frame) error {
	if len(s.events) >= pipe.MaxSignals {
		return fmt.Errorf("%w: %d T.30 frames in one step", pipe.ErrFrame, len(s.events))
	}
	h, err := pipe.ParseHDLC(f.Data)
	if err != nil {
		return err
	}
	said := t30.Frame(h)
	s.events = append(s.events, line.Event{
		At: line.Elapsed(f.Time), Layer: line.T30, Sent: said.Sent, Name: said.Name(), Detail: s.ladder.Read(said),
	})
	return nil
}

// train takes what the machines agreed on.
func (s *Session) train(f pipe.Frame) error {
	var told line.Progress
	if err := json.Unmarshal(f.Data, &told); err != nil {
		return err
	}
	s.agreed = line.Progress{
		Stage: line.Trained, Transport: s.call.Transport, Rate: told.Rate, ECM: told.ECM,
		StationID: line.CleanStationID(told.StationID), Total: told.Total,
	}
	return s.tell(s.agreed)
}

// tell keeps a step for Progress. There cannot be many of them in a second.
func (s *Session) tell(p line.Progress) error {
	if len(s.steps) >= maxSteps {
		return fmt.Errorf("%w: %d stages in one step", pipe.ErrFrame, len(s.steps))
	}
	s.steps = append(s.steps, p)
	return nil
}

func (s *Session) confirm(f pipe.Frame) error {
	var page line.Page
	if err := json.Unmarshal(f.Data, &page); err != nil {
		return err
	}
	if len(s.pages) == maxPages {
		return fmt.Errorf("%w: more than %d pages", pipe.ErrFrame, maxPages)
	}
	page.Retries = s.ladder.Retries() - s.retries
	s.retries = s.ladder.Retries()
	s.pages = append(s.pages, page)
	confirmed := s.agreed
	confirmed.Stage, confirmed.Transport, confirmed.Page = line.Confirmed, s.call.Transport, len(s.pages)
	return s.tell(confirmed)
}

// finish takes the result. The process reads what strangers send, so its word is
// checked like theirs.
func (s *Session) finish(f pipe.Frame) error {
	var r line.Result
	if err := json.Unmarshal(f.Data, &r); err != nil {
		return err
	}
	if !r.Outcome.Known() {
		return fmt.Errorf("%w: outcome %q", pipe.ErrFrame, r.Outcome)
	}
	if err := s.p.end(s.timeout); err != nil {
		return err
	}
	r.Transport, r.SIP, r.Simulated, r.Pages = s.call.Transport, 0, false, s.pages
	r.StationID = line.CleanStationID(r.StationID)
	r.Time = line.Elapsed(s.now)
	r.Retrains, r.Unsure = s.ladder.Retrains(), s.unsure(r) && s.ladder.Unanswered()
	s.result, s.over = r, true
	return nil
}

// unsure reports whether a page may have arrived that was not confirmed. It cannot before
// the machines agreed, nor when there is no other page. A process that crashed may have
// taken with it what it had sent; of others it is known (t30.Ladder).
func (s *Session) unsure(r line.Result) bool {
	left := r.Outcome != line.OK && (s.agreed.Total == 0 || len(s.pages) < s.agreed.Total)
	return s.call.Role == line.Sender && s.agreed.Stage == line.Trained && left
}

// crashed ends the call because of the process. The pages confirmed before are in the
// document.
func (s *Session) crashed(err error) {
	if s.over {
		return
	}
	s.over = true
	patience := s.timeout
	if !errors.Is(err, io.EOF) && !errors.Is(err, syscall.EPIPE) {
		patience = 0 // it is alive, and not to be listened to
	}
	if ended := s.p.end(patience); ended != nil && !errors.Is(err, ended) {
		err = errors.Join(ended, err)
	}
	s.result = line.Result{
		Outcome: line.EngineCrashed, Transport: s.call.Transport, Pages: s.pages,
		Time: line.Elapsed(s.now), Detail: err.Error(), Retrains: s.ladder.Retrains(),
	}
	s.result.Unsure = s.unsure(s.result)
}
