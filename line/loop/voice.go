package loop

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/faxgate/faxgate/line"
)

// talk lets a person answer: the engine hears "hello?", again and again, and no fax
// machine.
func (c *call) talk(ctx context.Context) line.Result {
	s, err := c.sender()
	if err != nil {
		return c.failed(err)
	}
	defer s.Close()
	c.progress(line.Progress{Stage: line.Answered, Transport: c.transport()})
	t := c.record().sender
	voice := hello()
	for at := 0; !s.Over(); at = (at + stride) % len(voice) {
		if ctx.Err() != nil {
			s.HangUp()
			break
		}
		s.Audio(voice[at : at+stride])
		s.Advance(stride)
		keep(t, s.Events())
	}
	r := s.Result()
	r.Trace = t
	return r
}

// sound is a part of a word: resonances of the mouth in Hz, and for how long.
type sound struct {
	formants     [3]float64
	milliseconds int
	whispered    bool // breath instead of the voice
}

// word is "hello", by the formants of a man's vowels (Peterson and Barney, 1952).
var word = []sound{
	{[3]float64{500, 1700, 2400}, 80, true},
	{[3]float64{530, 1840, 2480}, 140, false},
	{[3]float64{360, 1100, 2600}, 90, false},
	{[3]float64{500, 850, 2400}, 290, false},
}

// pause is how long the person listens before saying it again: 3.4 s, which makes a
// period of 4 s, twenty strides.
const pause = 3400 * line.SampleRate / 1000

// A man's voice, at its loudest 17 dB below a full sine.
const (
	pitch    = 115 // Hz
	loudness = 60000
)

// hello is one period of a person at a telephone, in G.711 µ-law.
func hello() []byte {
	p := person{chance: rand.New(rand.NewPCG(1, 1))}
	for _, s := range word {
		p.say(s)
	}
	for range pause {
		p.said = append(p.said, muLaw(8*p.chance.NormFloat64())) // the room
	}
	return p.said
}

// person has vocal cords and a mouth.
type person struct {
	mouth  [3]resonator
	since  int // samples since the last pulse of the cords
	chance *rand.Rand
	said   []byte
}

// say sends the pulses of the cords, or breath, through a resonator for each formant.
func (p *person) say(s sound) {
	for i, f := range s.formants {
		p.mouth[i].tune(f, 60+f/20)
	}
	for range s.milliseconds * line.SampleRate / 1000 {
		x, y := p.breathe(s.whispered), 0.0
		for i := range p.mouth {
			y += p.mouth[i].sound(x)
		}
		p.said = append(p.said, muLaw(loudness*y))
	}
}

// breathe is the next sample of what comes into the mouth.
func (p *person) breathe(whispered bool) float64 {
	p.since++
	switch {
	case whispered:
		return p.chance.NormFloat64() / 8
	case p.since >= line.SampleRate/pitch:
		p.since = 0
		return 1
	}
	return 0
}

// resonator lets a frequency pass, and rings on it.
type resonator struct{ a, b, y1, y2, gain float64 }

// tune sets the frequency and its bandwidth in Hz.
func (r *resonator) tune(frequency, bandwidth float64) {
	radius := math.Exp(-math.Pi * bandwidth / line.SampleRate)
	r.a = 2 * radius * math.Cos(2*math.Pi*frequency/line.SampleRate)
	r.b = -radius * radius
	r.gain = 1 - radius
}

func (r *resonator) sound(x float64) float64 {
	y := r.gain*x + r.a*r.y1 + r.b*r.y2
	r.y1, r.y2 = y, r.y1
	return y
}

// muLaw codes a sample of 16 bits (ITU-T G.711, table 2).
func muLaw(x float64) byte {
	const bias, clip = 0x84, 32635
	sign, sample := 0, int(x)
	if sample < 0 {
		sign, sample = 0x80, -sample
	}
	sample = min(sample, clip) + bias
	exponent := 7
	for mask := 0x4000; sample&mask == 0 && exponent > 0; mask >>= 1 {
		exponent--
	}
	return ^byte(sign | exponent<<4 | sample>>(exponent+3)&0x0F)
}
