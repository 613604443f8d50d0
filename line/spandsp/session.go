//go:build spandsp && cgo

package spandsp

/*
#cgo pkg-config: spandsp
#cgo CFLAGS: -O2 -Wall -Wextra -Wno-unused-parameter
#cgo LDFLAGS: -ltiff -ldl
#include <stdlib.h>
#include "engine.h"
*/
import "C"

import (
	"errors"
	"unsafe"

	"github.com/faxgate/faxgate/line"
)

// Step is the length of one step of audio, in samples and in G.711 octets: 20 ms.
const Step = C.FG_STEP

// MaxIFP is the longest IFP packet that is sent, in octets.
const MaxIFP = C.FG_MAX_IFP

// ErrRefused means that the library does not take such a call.
var ErrRefused = errors.New("libspandsp refuses the call")

// Version names the library that was compiled in.
func Version() string { return C.GoString(C.fg_version()) }

// Session is one call's T.30 terminal. Close it when the call is over.
type Session struct {
	call   line.Call
	engine *C.fg_engine
	pages  []line.Page
}

// New opens a terminal for call, which has been checked. file is the path of the TIFF
// that a sender sends, or that a receiver writes.
func New(call line.Call, file string) (*Session, error) {
	path, ident := C.CString(file), C.CString(call.StationID)
	defer C.free(unsafe.Pointer(path))
	defer C.free(unsafe.Pointer(ident))
	rate := call.MaxRate
	if rate == 0 {
		rate = 14400
	}
	engine := C.fg_new(&C.fg_call{
		sender:    C.bool(call.Role == line.Sender),
		transport: transports[call.Transport],
		file:      path,
		ident:     ident,
		ecm:       C.bool(!call.WithoutECM),
		max_rate:  C.int(rate),
	})
	if engine == nil {
		return nil, ErrRefused
	}
	return &Session{call: call, engine: engine}, nil
}

var transports = map[line.Transport]C.int{line.T38: C.FG_T38, line.ULaw: C.FG_ULAW, line.ALaw: C.FG_ALAW}

// Packet hands over an IFP packet that arrived under UDPTL's number seq.
func (s *Session) Packet(seq uint16, ifp []byte) {
	C.fg_packet_in(s.engine, (*C.uint8_t)(unsafe.SliceData(ifp)), C.int(len(ifp)), C.uint16_t(seq))
	s.collect()
}

// Tick lets time pass on T.38: a call of Step samples or fewer sends at most one packet.
func (s *Session) Tick(samples int) {
	C.fg_tick(s.engine, C.int(samples))
	s.collect()
}

// Audio is one Step on G.711: in arrived, out is to be sent. When in is shorter, the
// rest went missing.
func (s *Session) Audio(in []byte, out *[Step]byte) {
	in = in[:min(len(in), Step)]
	C.fg_audio(s.engine, (*C.uint8_t)(unsafe.SliceData(in)), C.int(len(in)), (*C.uint8_t)(&out[0]))
	s.collect()
}

// NextPacket is a packet to be sent that the last Packet or Tick led to; ok is false
// when there is no other. The data is valid until the session is used again.
func (s *Session) NextPacket() (seq uint16, count int, ifp []byte, ok bool) {
	p := C.fg_next_packet(s.engine)
	if p == nil {
		return 0, 0, nil, false
	}
	return uint16(p.seq), int(p.count), unsafe.Slice((*byte)(&p.data[0]), int(p.len)), true
}

// NextFrame is a frame of T.30 that the last step sent or received, and how many frames of
// a page (FCD) went the same way before it; ok is false when there is no other. Of a long
// one only the beginning is kept. The data is valid until the session is used again.
func (s *Session) NextFrame() (sent bool, image int, octets []byte, ok bool) {
	f := C.fg_next_frame(s.engine)
	if f == nil {
		return false, 0, nil, false
	}
	return bool(f.sent), int(f.image), unsafe.Slice((*byte)(&f.data[0]), int(f.len)), true
}

// collect takes over the pages that the last step confirmed.
func (s *Session) collect() {
	for p := C.fg_next_page(s.engine); p != nil; p = C.fg_next_page(s.engine) {
		s.pages = append(s.pages, line.Page{
			Width: int(p.width), Length: int(p.length), XDPM: int(p.x_dpm), YDPM: int(p.y_dpm),
			BadRows: int(p.bad_rows), LongestBad: int(p.longest_bad), Octets: int(p.octets),
		})
	}
}

// Pages are those confirmed until now.
func (s *Session) Pages() []line.Page { return s.pages }

// Trained is how often the machines have agreed how to send a page, and on what at last.
func (s *Session) Trained() (times int, p line.Progress) {
	f := s.facts()
	return int(f.trained), line.Progress{
		Stage:     line.Trained,
		Transport: s.call.Transport,
		Rate:      int(f.rate),
		ECM:       bool(f.ecm),
		StationID: stationID(&f),
		Total:     int(f.total),
	}
}

// Active reports whether T.30 goes on.
func (s *Session) Active() bool { return bool(s.facts().active) }

func (s *Session) facts() C.fg_facts {
	var f C.fg_facts
	C.fg_facts_of(s.engine, &f)
	return f
}

// stationID is what the other end calls itself.
func stationID(f *C.fg_facts) string { return line.CleanStationID(C.GoString(&f.ident[0])) }

// HangUp ends T.30 at once and closes the TIFF.
func (s *Session) HangUp() { C.fg_hang_up(s.engine) }

// Result is what became of the call; final when the session is not active.
func (s *Session) Result() line.Result {
	f := s.facts()
	r := line.Result{
		Transport: s.call.Transport,
		T30:       line.T30Code(f.completion),
		Rate:      int(f.rate),
		ECM:       bool(f.ecm),
		Total:     int(f.total),
		Pages:     s.pages,
		StationID: stationID(&f),
	}
	complete := bool(f.last_is_eop)
	if s.call.Role == line.Sender {
		complete = r.Total > 0 && len(r.Pages) >= r.Total
	}
	r.Outcome = line.Classify(s.call.Role, r.T30, len(r.Pages), complete)
	switch {
	case bool(f.unreadable):
		r.Outcome, r.Detail = line.StorageFailed, "a received page could not be read back"
	case bool(f.overflow):
		r.Detail = "the engine's packet queue overflowed"
	}
	return r
}

// Close frees the terminal.
func (s *Session) Close() {
	C.fg_free(s.engine)
	s.engine = nil
}
