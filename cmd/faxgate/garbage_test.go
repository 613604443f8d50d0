package main_test

import (
	"testing"

	main "github.com/faxgate/faxgate/cmd/faxgate"
)

func TestTheHeapHasRoomForGarbageAtEverySize(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for live, want := range map[int64]int64{0: 28 * mib, 10 * mib: 28 * mib, 20 * mib: 36 * mib, 20*mib + 1: 36 * mib, 1000 * mib: 1506 * mib} {
		if got := main.HeapLimit(live); got != want {
			t.Errorf("with %d bytes alive the limit is %d, want %d", live, got, want)
		}
	}
}
