// Package capture writes down the packets of one call, so that Wireshark opens them: SIP
// (RFC 3261), RTP (RFC 3550) and UDPTL (ITU-T T.38 9.1), each in a packet of IPv4 or IPv6
// made anew around its content. What came over TLS stands there as TCP, deciphered.
//
// The file is pcapng (draft-ietf-opsawg-pcapng), its packets begin with the IP header
// (LINKTYPE_RAW). It has three interfaces, sip, rtp and udptl, which are no devices: they
// say what a packet is, so that WithoutPages need not guess it. How many packets of each
// are missing stands at the end (Interface Statistics Block).
//
//	sip ⎫                 bounded          a goroutine
//	rtp ⎬──▶ Writer ──▶ memory ──▶ file ──▶ WithoutPages ──▶ a copy to be shown
//	udptl ⎭  never waits
//
// No password can be found out by what is written (Clean).
package capture

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"sync"
	"time"
)

// Kind is what a packet carries, and the number of its interface.
type Kind int

// The kinds of packets.
const (
	SIP Kind = iota
	RTP
	UDPTL
	kinds
)

// names are those of the interfaces.
var names = [kinds]string{"sip", "rtp", "udptl"}

const (
	// MaxSize is how large a capture grows, in octets: 45 minutes of G.711. What comes then
	// is dropped.
	MaxSize = 64 << 20
	// MaxPending is how much waits for the disk, in octets: ten seconds of G.711. What comes
	// then is dropped.
	MaxPending = 256 << 10

	batch    = 32 << 10 // is written at once, for there are many calls
	trailing = 256      // octets are kept for the end of the file
)

// Writer writes a capture. Any number of goroutines may use it, and none of them waits for
// the disk. A nil Writer writes nothing.
type Writer struct {
	file *os.File
	wake chan struct{} // there is a batch; closed: there will be no other
	done chan struct{} // everything is written, or err says why not
	err  error         // of the goroutine, until done

	mu      sync.Mutex
	pending []byte
	spare   []byte // to be used when pending is being written
	size    int    // of the file with what is pending
	packets [kinds]uint64
	dropped [kinds]uint64
	last    time.Time
	streams map[flow]uint32
	closed  bool
}

// New writes a capture to f, which is empty (line.NewFile) and now the Writer's. It must be
// closed.
func New(f *os.File) *Writer {
	w := &Writer{file: f, wake: make(chan struct{}, 1), done: make(chan struct{}), streams: map[flow]uint32{}}
	w.pending = appendHead(nil)
	w.size = len(w.pending)
	go w.drain()
	return w
}

// drain writes what is pending until the writer is closed.
func (w *Writer) drain() {
	defer close(w.done)
	for range w.wake {
		w.flush()
	}
	w.flush()
}

func (w *Writer) flush() {
	w.mu.Lock()
	full := w.pending
	w.pending = w.spare[:0]
	w.mu.Unlock()
	if w.err == nil {
		_, w.err = w.file.Write(full)
	}
	w.mu.Lock()
	w.spare = full
	w.mu.Unlock()
}

// Datagram writes a packet that went over UDP, or one of SIP. One whose addresses are not of
// the same family, or that is longer than UDP's, is dropped.
func (w *Writer) Datagram(kind Kind, at time.Time, from, to netip.AddrPort, payload []byte) {
	if w == nil {
		return
	}
	if kind == SIP {
		payload = Clean(payload)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f, ok := flowOf(from, to)
	if size := f.ip() + udpHeader + len(payload); ok && size <= maxPacket && w.room(size) {
		w.begin(kind, at, size)
		w.pending = f.appendUDP(w.pending, payload)
		w.end(size)
		return
	}
	w.drop(kind)
}

// Stream writes a part of a SIP conversation over TCP or TLS, best one whole message: of a
// header that is cut in two, Clean knows only the first half.
func (w *Writer) Stream(at time.Time, from, to netip.AddrPort, payload []byte) {
	if w == nil {
		return
	}
	payload = Clean(payload)
	w.mu.Lock()
	defer w.mu.Unlock()
	f, ok := flowOf(from, to)
	for len(payload) > 0 {
		part := payload[:min(len(payload), maxSegment)]
		payload = payload[len(part):]
		size := f.ip() + tcpHeader + len(part)
		if !ok || !w.room(size) {
			w.drop(SIP)
		} else {
			w.begin(SIP, at, size)
			w.pending = f.appendTCP(w.pending, w.streams[f]+1, w.streams[f.back()]+1, part)
			w.end(size)
		}
		w.streams[f] += uint32(len(part)) // what was dropped is seen to be missing
	}
}

// room reports whether a packet of that size finds place.
func (w *Writer) room(size int) bool {
	block := packetBlock(size)
	return !w.closed && len(w.pending)+block <= MaxPending && w.size+block <= MaxSize-trailing
}

// drop counts a packet that is not written.
func (w *Writer) drop(kind Kind) {
	if !w.closed {
		w.dropped[kind]++
	}
}

// begin writes what stands before a packet, end what stands behind it.
func (w *Writer) begin(kind Kind, at time.Time, size int) {
	w.pending = appendPacket(w.pending, kind, at, size)
	w.packets[kind]++
	w.last = at
}

func (w *Writer) end(size int) {
	w.pending = appendPacketEnd(w.pending, size)
	w.size += packetBlock(size)
	if len(w.pending) < batch {
		return
	}
	select {
	case w.wake <- struct{}{}:
	default: // it is awake
	}
}

// Close writes what is left and gives the file, at its beginning; it is the caller's. It
// waits for the disk. After an error, such as that of a full disk, there is no file. A nil
// Writer has none either, and no error.
func (w *Writer) Close() (*os.File, error) {
	if w == nil {
		return nil, nil
	}
	if !w.finish() {
		return nil, os.ErrClosed
	}
	<-w.done
	err := w.err
	if err == nil {
		_, err = w.file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, w.file.Close())
	}
	return w.file, nil
}

// finish adds the statistics, and lets nothing in behind them; ok is false the second time.
func (w *Writer) finish() (ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.closed = true
	for kind := range kinds {
		w.pending = appendStatistics(w.pending, kind, w.last, w.packets[kind], w.dropped[kind])
	}
	close(w.wake)
	return true
}
