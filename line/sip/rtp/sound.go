package rtp

import (
	"bytes"
	"math"
)

// The octets of silence in both laws (ITU-T G.711).
const (
	silentU = 0xFF
	silentA = 0xD5
)

// Silence is a frame of it, for a payload type of G.711.
func Silence(kind byte) []byte {
	octet := byte(silentU)
	if kind == PCMA {
		octet = silentA
	}
	return bytes.Repeat([]byte{octet}, Frame)
}

// Loud reports whether there is more than silence in a frame, of either law.
func Loud(octets []byte) bool {
	for _, b := range octets {
		if loud(b) {
			return true
		}
	}
	return false
}

// tones are the two frequencies of each digit in Hz (ITU-T Q.23).
var tones = map[byte][2]float64{
	'1': {697, 1209}, '2': {697, 1336}, '3': {697, 1477},
	'4': {770, 1209}, '5': {770, 1336}, '6': {770, 1477},
	'7': {852, 1209}, '8': {852, 1336}, '9': {852, 1477},
	'*': {941, 1209}, '0': {941, 1336}, '#': {941, 1477},
}

// Tone is a frame of the sound of a digit, for a payload type of G.711. from is the number
// of its first sample since the digit was pressed.
func Tone(kind, digit byte, from int) []byte {
	const amplitude = 6000 // -9 dBm0 each
	pair, frame := tones[digit], make([]byte, Frame)
	for i := range frame {
		t := 2 * math.Pi * float64(from+i) / 8000
		sample := int(amplitude * (math.Sin(pair[0]*t) + math.Sin(pair[1]*t)))
		if kind == PCMA {
			frame[i] = aLaw(sample)
		} else {
			frame[i] = muLaw(sample)
		}
	}
	return frame
}

// muLaw codes a sample of 16 bits (ITU-T G.711, table 2).
func muLaw(sample int) byte {
	const bias, clip = 0x84, 32635
	sign := 0
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

// aLaw codes a sample of 16 bits (ITU-T G.711, table 1).
func aLaw(sample int) byte {
	sign := 0x80
	if sample < 0 {
		sign, sample = 0, -sample-1
	}
	sample = min(sample>>4, 0x7FF)
	exponent := 0
	for s := sample >> 5; s > 0; s >>= 1 {
		exponent++
	}
	mantissa := sample >> 1
	if exponent > 0 {
		mantissa = sample >> exponent
	}
	return byte(sign|exponent<<4|mantissa&0x0F) ^ 0x55
}
