package sip

import (
	"time"

	"github.com/faxgate/faxgate/line/sip/rtp"
)

// keypad dials an extension after the answer: as telephone events (RFC 4733) where the
// other end knows them, else as tones in the sound (ITU-T Q.23).
type keypad struct {
	digits string
	step   int // since the answer
}

const (
	listenFirst = int(time.Second / Step)            // whoever answers begins to listen
	pressed     = int(100 * time.Millisecond / Step) // each digit
	released    = int(100 * time.Millisecond / Step) // and the pause after it
	listenThen  = int(500 * time.Millisecond / Step) // until the fax begins
)

func newKeypad(digits string) *keypad { return &keypad{digits: digits} }

// now is the digit of this step and for how many steps it has been pressed; zero: none is.
func (k *keypad) now() (digit byte, steps int) {
	at := k.step - listenFirst
	if at < 0 {
		return 0, 0
	}
	n, within := at/(pressed+released), at%(pressed+released)
	if n >= len(k.digits) || within >= pressed {
		return 0, 0
	}
	return k.digits[n], within + 1
}

func (k *keypad) over() bool {
	return k.step >= listenFirst+len(k.digits)*(pressed+released)+listenThen
}

// dialOn is a step in which an extension is dialled. Then the fax begins.
func (c *call) dialOn() {
	x, ok := c.carrier.(*audio)
	if !ok {
		c.digits = nil
		return
	}
	x.hear(nil, 1)
	digit, steps := c.digits.now()
	switch {
	case digit == 0:
		x.frame(rtp.Silence(x.out.Type), c.send)
	case x.events != 0:
		end := steps == pressed
		c.send(x.out.Event(nil, x.events, digit-'0', steps, end, false))
		if end { // a lost end would press for ever
			c.send(x.out.Event(nil, x.events, digit-'0', steps, true, true))
			c.send(x.out.Event(nil, x.events, digit-'0', steps, true, true))
		}
	default:
		x.frame(rtp.Tone(x.out.Type, digit, (steps-1)*rtp.Frame), c.send)
	}
	c.quiet = 0
	c.digits.step++
	if c.digits.over() {
		c.digits = nil
		c.start(x.law)
	}
}
