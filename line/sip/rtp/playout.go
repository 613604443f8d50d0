package rtp

import "time"

const (
	slots    = 64                    // frames that the buffer can hold: 1.28 s
	delay    = 5                     // frames that it holds before it begins: 100 ms
	most     = delay + 6             // frames in it above which the clocks have drifted
	conceal  = 5                     // frames in a row that are repeated; what is longer is silence
	frameFor = 20 * time.Millisecond // of a frame
)

// Stats are what became of the packets of the other end.
type Stats struct {
	Received  int
	Lost      int // frames that were not there when it was their time
	Late      int // packets that came after their time
	Duplicate int
	Skipped   int // frames left out, or given twice, for the two clocks drift
	Jitter    time.Duration
}

// Playout puts the frames of packets in their order, and gives one each 20 ms, 100 ms after
// it came; whoever takes two at a time has 80 ms of that left. It does not stretch time.
// When a frame is missing, it gives the one before again, for a modem rides over that more
// often than over silence. The zero value is ready. One goroutine uses it.
type Playout struct {
	Stats

	began   bool
	playing bool
	ssrc    uint32
	base    uint32 // the timestamp of the frame that is next
	frames  [slots]frame
	head    int // where in frames the next one stands
	held    int // frames in the buffer, from base on
	missing int // frames in a row that were not there
	last    [Frame]byte
	clock   int // frames since the first packet, for the jitter
	first   uint32
	seqs    [slots]uint16 // the last numbers, to know what came again
	seqSeen [slots]bool
}

type frame struct {
	filled int // octets of it that are there
	data   [Frame]byte
}

// Put takes a packet of G.711.
func (p *Playout) Put(packet Packet) {
	offset := int32(packet.Timestamp - p.base) //nolint:gosec // a difference in the circle of 32 bits
	idle := !p.playing && p.held == 0          // it was silent, and is no longer
	if !p.began || idle || packet.SSRC != p.ssrc || offset >= slots*Frame || offset < -slots*Frame {
		p.begin(packet)
		offset = 0
	}
	if p.again(packet.Seq) {
		p.Duplicate++
		return
	}
	p.Received++
	p.jitter(packet.Timestamp)
	p.fill(int(offset), packet.Payload)
}

// begin begins anew with a packet: its frame is played after the delay.
func (p *Playout) begin(packet Packet) {
	p.began, p.playing, p.ssrc, p.base = true, false, packet.SSRC, packet.Timestamp
	p.held, p.missing = 0, conceal+1
	clear(p.frames[:])
	clear(p.seqSeen[:])
	p.clock, p.first = 0, packet.Timestamp
}

// again reports whether a packet has come before.
func (p *Playout) again(seq uint16) bool {
	at := seq % slots
	if p.seqSeen[at] && p.seqs[at] == seq {
		return true
	}
	p.seqs[at], p.seqSeen[at] = seq, true
	return false
}

// fill puts octets into their frames. offset is where they begin, in samples from base.
func (p *Playout) fill(offset int, payload []byte) {
	if offset < 0 {
		if -offset >= len(payload) {
			p.Late++
			return
		}
		payload, offset = payload[-offset:], 0
	}
	for len(payload) > 0 {
		n := offset / Frame
		if n >= slots {
			return
		}
		at := &p.frames[p.slot(n)]
		took := copy(at.data[offset%Frame:], payload)
		at.filled = min(at.filled+took, Frame) // packets may overlap
		payload, offset = payload[took:], offset+took
		p.held = max(p.held, n+1)
	}
}

// slot is where frame n from base stands.
func (p *Playout) slot(n int) int { return (p.head + n) % slots }

// jitter notes how far a packet is from its time.
func (p *Playout) jitter(timestamp uint32) {
	due := time.Duration(int32(timestamp-p.first)) * time.Second / 8000 //nolint:gosec // a difference
	if off := (time.Duration(p.clock)*frameFor - due).Abs(); off < time.Second {
		p.Jitter = max(p.Jitter, off)
	}
}

// Next gives the next frame of 160 octets, and is called each 20 ms. ok is false when
// there is nothing to be heard: the other end has not begun, or is silent for longer. The
// frame is valid until the next call.
func (p *Playout) Next() (octets []byte, ok bool) {
	p.clock++
	if !p.playing {
		if p.held < delay {
			return nil, false
		}
		p.playing = true
	}
	if p.held > most && p.quiet() {
		p.shift() // the other end's clock is faster than ours
		p.Skipped++
	}
	at := &p.frames[p.slot(0)]
	if at.filled >= Frame {
		p.missing, p.last = 0, at.data
		p.shift()
		return p.last[:], true
	}
	if p.held == 0 { // nothing is there at all: wait for the next frame rather than run ahead
		return p.absent()
	}
	if at.filled > 0 { // the rest of it is lost
		copy(at.data[at.filled:], p.last[at.filled:])
		p.last = at.data
	}
	if p.missing <= conceal {
		p.Lost++
	}
	p.shift()
	return p.absent()
}

// absent is what is heard for a frame that is missing.
func (p *Playout) absent() ([]byte, bool) {
	p.missing++
	if p.missing > conceal {
		p.playing = p.held > 0 // else it begins anew with the next packet
		return nil, false
	}
	return p.last[:], true
}

// shift moves on by a frame.
func (p *Playout) shift() {
	p.frames[p.slot(0)].filled = 0
	p.base += Frame
	p.head = (p.head + 1) % slots
	p.held = max(p.held-1, 0)
}

// quiet reports whether the next frame may be left out: it says nothing, or the buffer is
// so full that there is no choice.
func (p *Playout) quiet() bool {
	if p.held > most+delay*4 {
		return true
	}
	at := &p.frames[p.slot(0)]
	for _, b := range at.data[:at.filled] {
		if loud(b) {
			return false
		}
	}
	return true
}

// loud reports whether an octet of G.711 is no silence in either law: their smallest
// magnitudes are 0x7F and 0xFF in µ-law, 0x55 and 0xD5 in A-law.
func loud(b byte) bool {
	u, a := b&0x7F, b&0x7F^0x55
	return u < 0x7F-8 && a > 8
}
