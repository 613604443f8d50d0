package capture_test

import (
	"testing"

	"github.com/faxgate/faxgate/line/capture"
)

// BenchmarkDatagram is what a packet of G.711 costs a call.
func BenchmarkDatagram(b *testing.B) {
	b.ReportAllocs()
	packet := rtp(0, 1, ink(160))
	recorded(b, func(w *capture.Writer) {
		for b.Loop() {
			w.Datagram(capture.RTP, began, us, them, packet)
		}
	})
}
