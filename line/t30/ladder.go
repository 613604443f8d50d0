package t30

import "fmt"

// Ladder reads the frames of one call in their order, either way, and remembers what a
// frame alone does not say. The zero value has read none.
//
//	DIS → DCS → CFR → page → MPS or EOP → MCF     a call
//	      DCS → FTT → DCS → CFR                   training failed, and is repeated
//	page → EOM → DIS → DCS → CFR                  the next page has another shape
//	page → PPS → PPR → some frames → PPS → MCF    ECM (Annex A)
type Ladder struct {
	last     block // that the sender ended last, with all its frames
	trained  bool  // there was a DCS since the call or the shape of pages began
	retrains int
	retries  int
	open     bool
}

// Read takes the next frame, and gives its detail: what there is to know besides its
// name. Empty: nothing. Passwords and what makers say to their own machines are not shown.
func (l *Ladder) Read(f Frame) (detail string) {
	l.count(f)
	switch fif := f.fif(); f.fcf() {
	case fcfDIS, fcfDTC:
		return capabilities(fif)
	case fcfDCS:
		return command(fif)
	case fcfCTC:
		return bits(fif).speed()
	case fcfCSI, fcfCIG, fcfTSI, fcfSUB:
		return station(fif)
	case fcfPPS:
		return l.block(f)
	case fcfPPR:
		return l.request(fif)
	}
	return ""
}

// count keeps the numbers that are the call's.
func (l *Ladder) count(f Frame) {
	switch field := f.fcf(); {
	case field == fcfDCS && !l.trained:
		l.trained = true
	case field == fcfDCS || field == fcfCTC:
		l.retrains++
	case field == fcfPPR:
		l.retries++
	case f.changesShape():
		l.trained = false
	}
	switch {
	case f.Sent && f.endsPage():
		l.open = true
	case !f.Sent && f.answersPage():
		l.open = false
	}
}

// block is the detail of a PPS. A block that is sent again in part counts only that part.
func (l *Ladder) block(f Frame) string {
	b, ok := blockOf(f.fif())
	if !ok {
		return ""
	}
	if b.page != l.last.page || b.block != l.last.block || b.frames > l.last.frames {
		l.last = b
	}
	if f.Sent {
		return b.describe(b.frames)
	}
	return b.describe(f.Image)
}

// request is the detail of a PPR.
func (l *Ladder) request(fif []byte) string {
	frames := l.last.frames
	if frames == 0 {
		frames = 256
	}
	return fmt.Sprintf("%d of %d frames bad", damaged(fif, frames), frames)
}

// Retrains is how often training was repeated for the sake of the line: by a DCS that
// follows neither the beginning nor an EOM, as after FTT, RTN, RTP or no answer, and by a
// CTC (A.4.3), which lowers the speed in the middle of a page.
func (l *Ladder) Retrains() int { return l.retrains }

// Retries is how often the receiver asked for parts of a page again (PPR, A.4.4).
func (l *Ladder) Retries() int { return l.retries }

// Unanswered reports whether we have sent the command that ends a page, and heard nothing
// about that page since: it may have arrived.
func (l *Ladder) Unanswered() bool { return l.open }
