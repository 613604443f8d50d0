//go:build !linux

package engine

import (
	"os"

	"github.com/faxgate/faxgate/line"
)

// NewDocument is an empty document for a receiver, without a name, open for reading and
// writing: a file in dir (line.NewFile).
func NewDocument(dir string) (*os.File, error) { return line.NewFile(dir) }
