//go:build !(spandsp && cgo)

package main

import (
	"errors"
	"io"
)

// library is the T.30 engine's name. Empty: there is none.
const library = ""

func serve(io.Reader, io.Writer) error { return errors.ErrUnsupported }
