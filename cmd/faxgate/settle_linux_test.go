package main_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	main "github.com/faxgate/faxgate/cmd/faxgate"
)

func TestOnlyWhatIsNothingButTheProgramIsReleased(t *testing.T) {
	t.Parallel()
	smaps := `00400000-012a6000 r-xp 00000000 fe:00 4211  /opt/fax gate/faxgate
Size:              15000 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd ex mr mw me sd
012a6000-0276d000 r--p 00ea6000 fe:00 4211  /opt/fax gate/faxgate
Anonymous:             4 kB
Swap:                  0 kB
0276d000-02ec0000 r--p 0236d000 fe:00 4211  /opt/fax gate/faxgate
Anonymous:             0 kB
Swap:                  8 kB
02ec0000-04f0f000 rw-p 02ac0000 fe:00 4211  /opt/fax gate/faxgate
Anonymous:             0 kB
7f000000-7f001000 r--p 00000000 fe:00 4212  /usr/share/zoneinfo/faxgate
Anonymous:             0 kB
7f002000-7f003000 rw-p 00000000 00:00 0
Anonymous:             0 kB
7ff22000-7ff43000 r-xp 00000000 fe:00 4211  /opt/fax gate/faxgate
Anonymous:             0 kB
`
	got, err := main.ProgramMappings(strings.NewReader(smaps), "/opt/fax gate/faxgate")
	want := [][2]uintptr{{0x400000, 0x12a6000}, {0x7ff22000, 0x7ff43000}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("released: %x, %v, want %x", got, err, want)
	}
}

// No other test runs meanwhile: they would bring back what is let go.
func TestAReleasedProgramGoesOnAndWeighsLess(t *testing.T) {
	before := filePages(t)
	if err := main.ReleaseProgram(); err != nil {
		t.Fatal(err)
	}
	if after := filePages(t); after >= before {
		t.Errorf("%d KiB of files are mapped, before it were %d", after, before)
	}
}

// filePages is how much of files the process has mapped, in KiB.
func filePages(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "RssFile:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib
}
