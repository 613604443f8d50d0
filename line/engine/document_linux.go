package engine

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/faxgate/faxgate/line"
)

// NewDocument is an empty document for a receiver, without a name, open for reading and
// writing. It is in memory, for a disk that stalls for a second breaks the call: pages are
// read back before they are confirmed. What faxmodem may write (child.Limits) holds here
// too. Where the kernel has no memory files, it is a file in dir (line.NewFile).
func NewDocument(dir string) (*os.File, error) {
	fd, err := unix.MemfdCreate("fax", unix.MFD_CLOEXEC)
	if err != nil {
		return line.NewFile(dir)
	}
	return os.NewFile(uintptr(fd), "fax"), nil
}
