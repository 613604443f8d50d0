package convert

import (
	"errors"
	"math"

	"golang.org/x/sys/unix"
)

// keepDescriptors makes what files this program was itself given by whoever started it
// end with it: Go sees to it that what it opens is not handed on, but does not know of them.
func keepDescriptors() error {
	err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) { // Linux before 5.11
		return nil
	}
	return err
}
