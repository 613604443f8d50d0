package main_test

import (
	"testing"

	main "github.com/faxgate/faxgate/cmd/faxgate"
)

func TestGarbageHasRoomAtEverySizeOfTheHeap(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for live, want := range map[uint64]int{0: 800, 1: 800, 1 * mib: 800, 4 * mib: 500, 8 * mib: 200, 9 * mib: 150, 14 * mib: 75, 24 * mib: 75, 1000 * mib: 75} {
		if got := main.GarbagePercent(live); got != want {
			t.Errorf("beside %d bytes that live: %d %%, want %d %%", live, got, want)
		}
	}
}
